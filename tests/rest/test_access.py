"""Who may what: every role on every route, keys, cookies and their end (reliability A15 to A20)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from tests.rest.node import PASSWORD, PEOPLE, Node, key_of, post
from tradeoms.domain.catalog import COMMANDS
from tradeoms.rest.permissions import PUBLIC, roles_of

Fresh = Callable[[], str]
ME: Final = "/api/v1/me"
#: One person of each role, who sees every fund.
ONE_OF_EACH: Final = {
    role: next(user for user, (held, funds) in PEOPLE.items() if held is role and funds == ("*",))
    for role, _ in PEOPLE.values()
}


@pytest.fixture(scope="module")
def operations(node: Node) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of the OpenAPI."""
    described = node.as_("pm").get("/api/v1/openapi.json").json()
    return [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.fixture
def nobody(node: Node) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with node.nobody() as client:
        yield client


def test_every_route_declares_its_permission(
    operations: list[tuple[str, str, dict[str, Any]]],
) -> None:
    assert len(operations) > 60
    for method, path, operation in operations:
        permission = operation.get("x-permission")
        assert permission is not None, f"{method} {path} is open"
        assert operation["x-roles"] == sorted(role.value for role in roles_of(permission))
        assert permission != PUBLIC or path == "/api/v1/login"


def test_every_route_is_described(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    for method, path, operation in operations:
        where = f"{method} {path}"
        assert operation["summary"], where
        assert "default" in operation["responses"], where
        named = set(re.findall(r"\{(\w+)\}", path))
        told = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert named == told, where
        if method in ("POST", "PATCH"):
            assert "requestBody" in operation, where


def test_every_reference_of_the_openapi_resolves(node: Node) -> None:
    text = node.as_("pm").get("/api/v1/openapi.json").text
    described = node.as_("pm").get("/api/v1/openapi.json").json()
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in described["components"]["schemas"], name


def test_a15_each_role_gets_no_further_than_its_permissions(
    node: Node, nobody: httpx.Client, operations: list[tuple[str, str, dict[str, Any]]]
) -> None:
    for method, path, operation in operations:
        if operation["x-permission"] == PUBLIC or path == "/api/v1/stream":
            continue
        target = re.sub(r"\{\w+\}", "none_such", path)
        for role, user in ONE_OF_EACH.items():
            answer = node.as_(user).request(method, target, json={"colour": 1})
            allowed = role.value in operation["x-roles"]
            case = f"{role} {method} {path}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code < 500, case
            assert answer.status_code != 401, case
            assert (answer.status_code == 403) == (not allowed), case
        assert nobody.request(method, target, json={}).status_code == 401, path


def test_every_command_of_a_route_is_one_of_the_catalogue(
    operations: list[tuple[str, str, dict[str, Any]]],
) -> None:
    named = {operation["x-permission"] for _, _, operation in operations}
    commands = {name for name in named if name[0].isupper()}
    assert commands <= set(COMMANDS)
    assert set(COMMANDS) - commands <= {
        "OpenSignIn", "RenewSignIn", "LoadPositions",
        "RecordFundRun", "ReportRunOverdue", "RecordKillSwitch", "RecordUndelivered", "ReleaseDue",
        "BookDue",
        "SettleCopies",
        "DoubtInstructions",
        "LapseCrosses",
        "PlaceBlock",  # POST /placements, as CreatePlacement
    }  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer x", "Basic cG06cG0=", "Bearer toms_", "Bearer toms_kpm_",
        "Bearer toms_kpm_wrong", "Bearer toms__x", "Bearer toms_nobody_" + "0" * 64,
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJwbSJ9.", "Bearer toms_kpm\xff_x",
    ],
)  # fmt: skip
def test_a16_wrong_credentials_are_all_alike(node: Node, header: str) -> None:
    with node.nobody() as nobody:
        answer = nobody.get(ME, headers={b"Authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a15_headers_that_claim_a_role_are_nothing(node: Node) -> None:
    claims = {"X-Role": "admin", "X-User": "admin", "X-Forwarded-User": "admin"}
    assert node.as_("pm").get("/api/v1/users", headers=claims).status_code == 403
    assert node.as_("pm").get("/api/v1/users?role=admin").status_code == 403


def test_a24_no_answer_shows_a_hash_or_a_secret(node: Node) -> None:
    for path in ("users", "keys"):
        text = node.as_("admin").get(f"/api/v1/{path}").text
        assert "argon2" not in text
        assert "sha256" not in text
    assert key_of("pm").rpartition("_")[2] not in (node.data / "rest.log").read_text()


def test_the_journal_is_only_for_those_who_see_every_fund(node: Node) -> None:
    assert node.as_("auditor").get("/api/v1/audit/events").status_code == 200
    for path in ("events", "verify"):
        assert node.as_("auditor-b").get(f"/api/v1/audit/{path}").status_code == 403


def _login(client: httpx.Client, user: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/api/v1/login", json={"username": user, "password": password})


def test_a17_a_cookie_signs_in_until_the_person_signs_out(node: Node) -> None:
    with node.nobody() as browser:
        told = _login(browser, "trader")
        assert told.status_code == 200, told.text
        cookie = told.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        token = browser.cookies["tradeoms"]
        me = browser.get(ME).json()
        assert (me["id"], me["channel"]) == ("trader", "ui")
        headers = {"X-CSRF-Token": me["csrf_token"]}
        assert browser.post("/api/v1/logout", headers=headers).status_code == 204
        browser.cookies.set("tradeoms", token)
        assert browser.get(ME).status_code == 401


def test_a17_each_sign_in_has_a_token_of_its_own(node: Node) -> None:
    with node.nobody() as browser:
        browser.cookies.set("tradeoms", "planted")
        _login(browser, "trader")
        tokens = {cookie.value for cookie in browser.cookies.jar} - {"planted"}
        assert len(tokens) == 1
        assert len(tokens.pop() or "") >= 43


def test_a18_a_cookie_alone_changes_nothing(node: Node) -> None:
    with node.nobody() as browser:
        me = _login(browser, "operations").json()
        path, body = "/api/v1/destinations", {"destinations": [{"name": "X1"}]}
        for header in ({}, {"X-CSRF-Token": "wrong"}):
            answer = browser.post(path, json=body, headers=header)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        good = {"X-CSRF-Token": me["csrf_token"]}
        assert browser.post(path, json=body, headers=good).status_code == 200


def test_a17_a_person_switched_off_is_out_within_a_second(node: Node, fresh_id: Fresh) -> None:
    user = fresh_id()
    admin = node.as_("admin")
    row = {"id": user, "name": "Gone", "grants": [{"role": "auditor"}], "password": PASSWORD}
    assert post(admin, "/api/v1/users", {"users": [row]}).status_code == 200
    made = post(admin, "/api/v1/keys", {"user": user, "label": "x", "days": 1})
    assert made.status_code == 201
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    with node.nobody() as browser, node.nobody() as program:
        assert _login(browser, user).status_code == 200
        assert browser.get(ME).status_code == 200
        assert program.get(ME, headers=headers).status_code == 200
        post(admin, "/api/v1/users", {"users": [{**row, "active": False}]})
        assert browser.get(ME).status_code == 401
        assert program.get(ME, headers=headers).status_code == 401


def test_a17_a_revoked_key_is_worth_nothing(node: Node) -> None:
    admin = node.as_("admin")
    key = post(admin, "/api/v1/keys", {"user": "auditor", "label": "x", "days": 1}).json()
    with node.nobody() as program:
        headers = {"Authorization": f"Bearer {key['key']}"}
        assert program.get(ME, headers=headers).status_code == 200
        assert post(admin, f"/api/v1/keys/{key['id']}/revoke", {}).status_code == 200
        assert program.get(ME, headers=headers).status_code == 401


def test_a20_guessing_is_slowed_down_alike_for_known_and_unknown_people(
    node: Node, fresh_id: Fresh
) -> None:
    unknown = fresh_id()
    with node.nobody() as browser:
        for user in ("risk", unknown):
            answers = [_login(browser, user, "wrong password here") for _ in range(6)]
            codes = [answer.json()["code"] for answer in answers]
            assert codes == ["credentials_wrong"] * 5 + ["too_many_attempts"]
            assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a20_an_unknown_person_takes_as_long_as_a_wrong_password(
    node: Node, fresh_id: Fresh
) -> None:
    """Both compute one Argon2id hash; without it the answer would come within a millisecond."""
    with node.nobody() as browser:
        began = time.perf_counter()
        _login(browser, fresh_id(), "wrong password here")
        unknown = time.perf_counter() - began
    assert unknown > 0.005


def test_a19_a_key_in_the_address_is_refused(node: Node) -> None:
    with node.nobody() as nobody:
        assert nobody.get(f"{ME}?access_token={key_of('pm')}").status_code == 401


def test_figures_are_for_this_machine_or_the_signed_in(node: Node) -> None:
    with node.nobody() as nobody:
        local = nobody.get("/metrics")
        assert local.status_code == 200
        assert "tradeoms_requests_total" in local.text
        assert nobody.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_health_is_public(node: Node) -> None:
    with node.nobody() as nobody:
        assert nobody.get("/healthz").json() == {"status": "alive"}
        assert nobody.get("/readyz").json()["status"] == "ready"
        assert nobody.get("/readyz/leader").json()["status"] == "leading"
