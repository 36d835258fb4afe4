"""Kill switches: the gateways are told first, by a file; then the engine is asked."""

from __future__ import annotations

import asyncio
from typing import Final, Literal, Self

from pydantic import model_validator
from starlette.responses import Response

from tradeoms.app.identity import SystemClock
from tradeoms.app.kill_folder import Thrown, new_id
from tradeoms.app.wire import Outcome
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.domain.reference.entitlement import may_throw
from tradeoms.projections import queries_lists as q
from tradeoms.projections.resources_control import KillSwitchResource, kill_switch_resource
from tradeoms.projections.resources_text import encode
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show, made_id
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint
from tradeoms.rest.errors import ProblemError, problem
from tradeoms.rest.fields import Body, Code, Filter, Reason
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("kill switch")
#: The gateways are closed already; the caller need not wait for an engine that hangs.
_ENGINE_WITHIN_S: Final = 3.0
_JSON: Final = "application/json"


class KillScopeBody(Body):
    """What is stopped: exactly one of these."""

    firm: Literal[True] | None = None
    fund: Code | None = None
    trader: Code | None = None
    destination: Code | None = None
    security: Filter | None = None
    """Our id, the symbol, or any identifier (`AAPL.XNAS`)."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1 or None in self.model_dump(exclude_unset=True).values():
            message = "exactly one of firm, fund, trader, destination, security"
            raise ValueError(message)
        return self

    def read(self) -> tuple[KillScope, str]:
        """Kind and value."""
        ((name, value),) = self.model_dump(exclude_unset=True).items()
        return KillScope(name), "" if value is True else str(value)


class KillBody(Body):
    """Stops new orders and replaces in a scope; cancels always pass."""

    scope: KillScopeBody
    reason: Reason
    cancel_open: bool = True
    """Ask for the cancellation of everything that is open in the scope."""


class ReleaseSwitchBody(Body):
    """Why it is over."""

    reason: Reason


class KillQuery(ListQuery):
    """Narrows the list."""

    status: Literal["active", "released"] | None = None


@endpoint(
    routes, "POST", "/kill-switch", permission="ThrowKillSwitch", body=KillBody,
    answer=KillSwitchResource, status=201, key="optional",
)  # fmt: skip
async def throw_kill_switch(call: Call) -> Response:
    """Stop new risk at once.

    The gateways obey before the engine is asked. 202 where the engine did not answer: it records
    the switch as soon as it runs again, and `GET /kill-switch` shows it from then on.
    """
    asked: KillBody = call.body
    kind, value = asked.scope.read()
    user = call.principal.user
    if not may_throw(user, kind, value):
        detail = f"{user.id} may not throw a kill switch for {kind} {value}".rstrip()
        raise problem("not_permitted", detail, pointer="user", value=user.id)
    now = SystemClock().now()
    thrown = Thrown(
        id=new_id(now), kind=kind, value=value, cancel_open=asked.cancel_open, reason=asked.reason,
        thrown_by=user.id, thrown_at=now,
    )  # fmt: skip
    call.services.kills.write(thrown)
    outcome = await _tell_engine(call, thrown)
    if outcome is None:
        return Response(encode(_unrecorded(thrown)), status_code=202, media_type=_JSON)
    made = made_id(outcome)
    if made != thrown.id:  # the key was used before: that switch is the answer
        call.services.kills.remove(thrown.id)
    subject = subject_of(q.KILL_SWITCHES, "kill_switch", made)
    return await call.show_changed(outcome, subject, status=201)


async def _tell_engine(call: Call, thrown: Thrown) -> Outcome | None:
    """The engine's answer, `None` where it gave none; what it refuses is taken back."""
    fields = {
        "switch_id": thrown.id, "kind": thrown.kind, "value": thrown.value,
        "reason": thrown.reason, "cancel_open": thrown.cancel_open,
    }  # fmt: skip
    try:
        async with asyncio.timeout(_ENGINE_WITHIN_S):
            return await call.submit("ThrowKillSwitch", b.encode_fields(fields))
    except TimeoutError:
        return None
    except ProblemError as error:
        if error.code in ("engine_unavailable", "busy"):
            return None
        call.services.kills.remove(thrown.id)
        raise


def _unrecorded(thrown: Thrown) -> KillSwitchResource:
    switch = KillSwitch(
        id=thrown.id, kind=thrown.kind, value=thrown.value, cancel_open=thrown.cancel_open,
        reason=thrown.reason, thrown_by=thrown.thrown_by, thrown_at=thrown.thrown_at,
        offline=True, created_at=thrown.thrown_at, updated_at=thrown.thrown_at,
    )  # fmt: skip
    return kill_switch_resource(switch, seq=0)


@endpoint(
    routes, "GET", "/kill-switch", permission="read", query=KillQuery,
    answer=PageOf(KillSwitchResource),
)  # fmt: skip
async def get_kill_switches(call: Call) -> Response:
    """List kill switches, active and past, newest first; everyone who signed in sees them all."""
    return await list_of(call, q.KILL_SWITCHES, status=call.query.status)


@endpoint(
    routes, "POST", "/kill-switch/{switch_id}/release", permission="ReleaseKillSwitch",
    body=ReleaseSwitchBody, answer=KillSwitchResource, key="optional",
)  # fmt: skip
async def release_kill_switch(call: Call) -> Response:
    """Let new risk pass again; another person than who threw it."""
    switch_id = call.request.path_params["switch_id"]
    subject = subject_of(q.KILL_SWITCHES, "kill_switch", switch_id)
    return await act_and_show(call, "ReleaseKillSwitch", subject, switch_id=switch_id)
