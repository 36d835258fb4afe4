"""How often one may ask, and how long a browser stays signed in (reliability A17, A30, K18)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.rest.node import PASSWORD, Node, order_body, post, running_node

ME: Final = "/api/v1/me"
RATE: Final = 5
IDLE_S: Final = 2
LIFE_S: Final = 8
PATIENCE_S: Final = 30


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("strict")
    with running_node(
        folder, requests_per_second=RATE, sign_in_idle_s=IDLE_S, sign_in_life_s=LIFE_S
    ) as node:
        yield node


def until_limited(client: httpx.Client) -> httpx.Response:
    for _ in range(100):
        answer = client.get(ME)
        if answer.status_code != 200:
            return answer
    pytest.fail("a hundred requests were served")


def test_a30_who_asks_too_often_is_told_when_to_come_back(strict: Node) -> None:
    answer = until_limited(strict.as_("auditor"))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    told = answer.json()
    assert (told["code"], told["outcome"], told["retryable"]) == ("rate_limited", "rejected", True)
    assert strict.as_("risk").get(ME).status_code == 200
    end = time.monotonic() + PATIENCE_S
    while strict.as_("auditor").get(ME).status_code == 429:
        assert time.monotonic() < end


def test_a30_a_cancel_is_never_limited(strict: Node) -> None:
    order = strict.create("pm", "rate-1")
    client = strict.as_("pm")
    until_limited(client)
    late = post(client, "/api/v1/orders", order_body("rate-2"), key="rate-2")
    assert late.status_code == 429
    path = f"/api/v1/orders/{order['id']}/cancel"
    answers = [post(client, path, {"reason": "stop"}).status_code for _ in range(3 * RATE)]
    assert answers[0] == 202
    assert 429 not in answers


@contextlib.contextmanager
def signed_in(node: Node, user: str) -> Iterator[httpx.Client]:
    with node.nobody() as client:
        answer = post(client, "/api/v1/login", {"username": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield client


def test_a17_a_browser_that_is_not_used_is_signed_out(strict: Node) -> None:
    """The stream asks every few seconds whether it may go on; that is no use of the browser."""
    with signed_in(strict, "operations") as client:
        began = time.monotonic()
        with client.stream("GET", "/api/v1/stream", params={"topics": "orders"}) as stream:
            for _ in stream.iter_lines():
                assert time.monotonic() - began < PATIENCE_S
        assert client.get(ME).status_code == 401


def test_a17_a_browser_in_use_stays_until_its_life_is_over(strict: Node) -> None:
    with signed_in(strict, "trader") as client:
        began = time.monotonic()
        while (answer := client.get(ME)).status_code in (200, 429):
            assert time.monotonic() - began < PATIENCE_S
            time.sleep(1 / RATE)
        assert answer.status_code == 401
        assert time.monotonic() - began > 2 * IDLE_S
