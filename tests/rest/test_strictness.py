"""What may come in: sizes, JSON, decimals, names, text, headers (reliability A05 to A10, A23)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator

import httpx
import psutil
import pytest

from tests.rest.node import Node, key_of, order_body, post
from tradeoms.rest.fields import FORMATS

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"


def raw(node: Node, body: bytes, *, key: str = "raw", path: str = ORDERS) -> httpx.Response:
    """POST bytes as they are."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return node.as_("pm").post(path, content=body, headers=headers)


def test_a05_a_body_that_says_it_is_large_is_not_read(node: Node) -> None:
    answer = raw(node, b'{"reason":"' + b"x" * 300_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a05_a_stream_without_length_is_cut_at_the_limit(node: Node) -> None:
    sent = 0

    def stream() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 10_000
            yield b"x" * 10_000

    before = psutil.Process(node.rest.pid).memory_info().rss
    headers = {
        "Authorization": f"Bearer {key_of('pm')}",
        "Content-Type": "application/json",
        "Idempotency-Key": "stream",
    }
    try:
        answer = httpx.post(node.base + ORDERS, content=stream(), headers=headers)
        assert answer.status_code == 413
    except (httpx.WriteError, httpx.RemoteProtocolError):
        pass  # the connection was cut while we were still sending
    assert sent < 10_000_000
    assert psutil.Process(node.rest.pid).memory_info().rss - before < 5_000_000


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nested arrays", b"[" * 10_000),
        ("nested objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        ("long number", b'{"quantity":' + b"9" * 5_000 + b"}"),
        ("truncated", b'{"quantity":'),
        ("not utf-8", b'{"reason":"\xff"}'),
        ("twice", b'{"side":"buy","side":"sell"}'),
        ("twice deep", b'{"allocations":[{"fund":"A","fund":"B"}]}'),
        ("trailing", b"{} {}"),
    ],
)
def test_a06_a08_what_has_no_single_reading_is_400(node: Node, name: str, body: bytes) -> None:
    began = time.process_time()
    answer = raw(node, body)
    assert (name, answer.status_code) == (name, 400), answer.text
    assert time.process_time() - began < 5


def test_a06_a_hundred_thousand_names_are_refused(node: Node) -> None:
    body = json.dumps({f"k{n}": 1 for n in range(20_000)}).encode()
    answer = raw(node, body)
    assert answer.status_code in (413, 422)


@pytest.mark.parametrize(
    "value",
    [
        "NaN", "Infinity", "-Infinity", "-0", "1e400", "1E+1000000", "1_000", "١٢٣", " 5 ",
        "5 ", "+5", "05", ".5", "5.", "", "1,000", "0x10", "1234567890123456", "1.12345678901",
        0.1, 100, True, None, ["5"], {"v": "5"},
    ],
)  # fmt: skip
def test_a07_only_plain_decimal_strings_are_quantities(
    node: Node, fresh_id: Fresh, value: object
) -> None:
    answer = post(node.as_("pm"), ORDERS, order_body(fresh_id(), quantity=value), key=fresh_id())
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/quantity"


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"1e400", b"-0", b"1E5"])
def test_a07_bare_numbers_are_not_decimals(node: Node, fresh_id: Fresh, literal: bytes) -> None:
    body = json.dumps(order_body(fresh_id(), quantity="@")).encode().replace(b'"@"', literal)
    assert raw(node, body, key=fresh_id()).status_code in (400, 422)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"colour": "red"}, "field_unknown"),
        ({"Side": "buy"}, "field_unknown"),
        ({"side": "BUY"}, "word_unknown"),
        ({"side": " buy"}, "word_unknown"),
        ({"order_type": "Limit"}, "word_unknown"),
        ({"submit": "true"}, "invalid"),
        ({"expire_on": "2026-02-30"}, "invalid"),
        ({"expire_on": "20260201"}, "format_invalid"),
        ({"allocations": []}, "too_few"),
        ({"reason": "x" * 501}, "too_long"),
    ],
)
def test_a09_names_and_words_are_exact(
    node: Node, fresh_id: Fresh, change: dict[str, object], code: str
) -> None:
    answer = post(node.as_("pm"), ORDERS, order_body(fresh_id(), **change), key=fresh_id())
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"quantity": "1e3"}, "must be a plain decimal such as 250.10"),
        ({"expire_on": "20260201"}, "must be a date, YYYY-MM-DD"),
        ({"venue": "two words"}, "must be at most 64 letters"),
    ],
)
def test_what_a_text_must_look_like_is_said_in_words(
    node: Node, fresh_id: Fresh, change: dict[str, object], wanted: str
) -> None:
    answer = post(node.as_("pm"), ORDERS, order_body(fresh_id(), **change), key=fresh_id())
    assert answer.json()["code"] == "format_invalid", answer.text
    assert answer.json()["detail"].startswith(wanted)


def test_every_pattern_of_the_contract_can_be_said_in_words(node: Node) -> None:
    """A pattern is in the contract for programs; whoever is refused by it is told in words."""
    text = node.as_("pm").get("/api/v1/openapi.json").text
    patterns = {
        json.loads(found) for found in re.findall(r'"pattern":\s*("(?:[^"\\]|\\.)*")', text)
    }
    assert patterns <= FORMATS.keys()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=10&colour=red", "parameter_unknown"),
        ("limit=10&limit=20", "parameter_twice"),
        ("limit=0", "invalid"),
        ("limit=501", "invalid"),
        ("limit=1e2", "invalid"),
        ("as_of=2026-01-01", "format_invalid"),
        ("as_on=2026-01-01", "parameter_unknown"),
        ("status=Working", "word_unknown"),
        ("sort=name", "word_unknown"),
        ("after=%00", "format_invalid"),
        ("after=AAAA", "cursor_invalid"),
        ("updated_after=2026-01-01T00:00:00", "invalid"),
    ],
)
def test_a09_parameters_are_exact(node: Node, query: str, code: str) -> None:
    answer = node.as_("pm").get(f"{ORDERS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_order_id", "a b"),
        ("client_order_id", "\u0430bc"),  # a Cyrillic letter
        ("client_order_id", "ab\u200d"),  # a joiner without width
        ("client_order_id", "\u202eabc"),  # right to left
        ("reason", "a\u0000b"),
        ("reason", "a\nb"),
        ("reason", "\u202eabc"),
        ("reason", "e\u0301"),  # not in normal form C
    ],
)
def test_a10_names_are_ascii_and_texts_have_no_hidden_marks(
    node: Node, fresh_id: Fresh, field: str, value: str
) -> None:
    body = {**order_body(fresh_id()), field: value}
    answer = post(node.as_("pm"), ORDERS, body, key=fresh_id())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def test_a10_a_lone_surrogate_is_no_text(node: Node, fresh_id: Fresh) -> None:
    body = json.dumps(order_body(fresh_id(), reason="@")).encode().replace(b"@", b"\\ud800")
    assert raw(node, body, key=fresh_id()).status_code in (400, 422)


@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "_", "\\", "a'; DROP TABLE orders; --"])
def test_a12_filters_are_values_and_never_sql(node: Node, text: str) -> None:
    for name in ("text", "security", "portfolio_manager", "fund", "broker", "client_order_id"):
        answer = node.as_("pm").get(ORDERS, params={name: text * 2})
        assert (name, answer.status_code, answer.json()["data"]) == (name, 200, [])


def test_a22_another_content_type_is_refused(node: Node) -> None:
    headers = {"Content-Type": "text/plain", "Idempotency-Key": "k"}
    answer = node.as_("pm").post(ORDERS, content=b"{} ", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_unsupported")


def test_a23_every_answer_carries_the_headers_of_safety(node: Node) -> None:
    for path, status in ((ORDERS, 200), (f"{ORDERS}/ord_no", 404), ("/nothing", 404)):
        answer = node.as_("pm").get(path)
        assert answer.status_code == status
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"]
    assert node.as_("pm").get(ORDERS).headers["Cache-Control"] == "no-store"


def test_a25_a_request_id_of_the_caller_is_kept_only_if_it_is_plain(node: Node) -> None:
    kept = node.as_("pm").get(ORDERS, headers={"X-Request-Id": "my-id-1"})
    assert kept.headers["X-Request-Id"] == "my-id-1"
    odd = node.as_("pm").get(ORDERS, headers={"X-Request-Id": "a\tb<script>"})
    assert odd.headers["X-Request-Id"].startswith("req_")


def test_other_methods_and_paths_are_problems_too(node: Node) -> None:
    wrong = node.as_("pm").delete(ORDERS)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    missing = node.as_("pm").get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "resource_unknown")
