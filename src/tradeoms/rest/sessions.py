"""FIX sessions: how they are, and what operations may do to them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.app.wire import SessionState
from tradeoms.projections.resources_text import encode
from tradeoms.rest.bodies import encode_fields
from tradeoms.rest.endpoint import Call, endpoint, show_outcome
from tradeoms.rest.fields import Body, Reason
from tradeoms.rest.routes import Routes

routes: Final = Routes("fix")


class SessionResource(SessionState, tag=False, frozen=True, kw_only=True):
    """How a FIX session is, as its gateway last told."""

    id: str


class SessionList(msgspec.Struct):
    """All sessions."""

    data: list[SessionResource]


class ReasonBody(Body):
    """Why."""

    reason: Reason


class NumberBody(Body):
    """A sequence number, and why."""

    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Reason


_told: Final = msgspec.json.Decoder(list[SessionState])


@endpoint(routes, "GET", "/fix/sessions", permission="read_sessions", answer=SessionList)
async def get_sessions(call: Call) -> Response:
    """List FIX sessions."""
    outcome = await call.submit("FixSessions", b"{}")
    sessions = [
        SessionResource(id=told.session, **msgspec.structs.asdict(told))
        for told in _told.decode(outcome.answer)
    ]
    return Response(encode(SessionList(data=sessions)), media_type="application/json")


async def _act(call: Call, action: str) -> Response:
    fields = {
        **call.body.model_dump(),
        "session": call.request.path_params["session"],
        "action": action,
    }
    return show_outcome(await call.submit("ActOnSession", encode_fields(fields)), status=202)


@endpoint(
    routes, "POST", "/fix/sessions/{session}/logon", permission="ActOnSession", body=ReasonBody,
    answer={"type": "object"}, status=202, key="optional",
)  # fmt: skip
async def log_session_on(call: Call) -> Response:
    """Ask the gateway to log the session on."""
    return await _act(call, "logon")


@endpoint(
    routes, "POST", "/fix/sessions/{session}/logout", permission="ActOnSession", body=ReasonBody,
    answer={"type": "object"}, status=202, key="optional",
)  # fmt: skip
async def log_session_out(call: Call) -> Response:
    """Ask the gateway to log the session out."""
    return await _act(call, "logout")


@endpoint(
    routes, "POST", "/fix/sessions/{session}/set-sequence", permission="ActOnSession",
    body=NumberBody, answer={"type": "object"}, status=202, key="optional",
)  # fmt: skip
async def set_session_sequence(call: Call) -> Response:
    """Set the number of the next incoming message."""
    return await _act(call, "set_sequence")


@endpoint(
    routes, "POST", "/fix/sessions/{session}/request-resend", permission="ActOnSession",
    body=NumberBody, answer={"type": "object"}, status=202, key="optional",
)  # fmt: skip
async def request_session_resend(call: Call) -> Response:
    """Ask the counterparty for its messages from a number on."""
    return await _act(call, "request_resend")
