"""FIX sessions: how they are, and what operations may do to them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.app.wire import SessionState
from tradeoms.domain.session.state import ActionStatus
from tradeoms.projections import queries_lists as q
from tradeoms.projections.paging import Cut, cut_rows
from tradeoms.projections.resources_sessions import SessionActionResource
from tradeoms.rest.acting import act_and_show
from tradeoms.rest.bodies import encode_fields
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import (
    Call,
    ListQuery,
    PageQuery,
    endpoint,
    show,
    show_outcome,
    show_page,
)
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Code, Filter, Reason
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("fix")


class SessionResource(SessionState, tag=False, frozen=True, kw_only=True):
    """How a FIX session is, as its gateway last told; `messages` are the newest, either way."""

    id: str


class ActionQuery(ListQuery):
    """Narrows the list."""

    status: ActionStatus | None = None
    session: Filter | None = None


class ReasonBody(Body):
    """Why."""

    reason: Reason


class NumberBody(Body):
    """A sequence number, and why."""

    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Reason


class ListBody(ReasonBody):
    """A list that went out (ListID, 66), and why."""

    list_id: Code


class SequenceBody(NumberBody):
    """The next number of what we expect (`in`) or of what we send (`out`)."""

    direction: Literal["in", "out"] = "in"


_told: Final = msgspec.json.Decoder(list[SessionState])


@endpoint(
    routes, "GET", "/fix/sessions", permission="read_sessions", query=PageQuery,
    answer=PageOf(SessionResource),
)  # fmt: skip
async def get_sessions(call: Call) -> Response:
    """List FIX sessions by name as they are now, without their messages and news."""
    found = [_without_messages(one) for one in await _sessions(call)]
    cut = Cut(call.query.after, call.query.limit)
    return show_page(cut_rows(found, lambda one: one.id, cut))


@endpoint(
    routes, "GET", "/fix/sessions/{session}", permission="read_sessions", answer=SessionResource
)
async def get_session(call: Call) -> Response:
    """Show a FIX session with its newest messages, passwords masked.

    Messages and news speak of every fund, so only those see them who may see all funds.
    """
    name = call.request.path_params["session"]
    found = next((one for one in await _sessions(call) if one.id == name), None)
    if found is None:
        raise problem("session_unknown", "no such session", pointer="/session", value=name)
    if call.principal.scope.funds is not None:
        found = _without_messages(found)
    return show(found)


def _without_messages(session: SessionResource) -> SessionResource:
    return msgspec.structs.replace(session, messages=(), news=())


async def _sessions(call: Call) -> list[SessionResource]:
    outcome = await call.submit("FixSessions", b"{}")
    return [
        SessionResource(
            id=told.session, **{name: getattr(told, name) for name in told.__struct_fields__}
        )
        for told in _told.decode(outcome.answer)
    ]


async def _act(call: Call, action: str) -> Response:
    fields = {
        **call.body.model_dump(),
        "session": call.request.path_params["session"],
        "action": action,
    }
    return show_outcome(await call.submit("ActOnSession", encode_fields(fields)), status=202)


def _offer(action: str, body: type[Body], summary: str) -> None:
    """The route of one action; all are alike: 202, and `GET /fix/actions` tells the outcome."""

    async def act(call: Call) -> Response:
        return await _act(call, action)

    act.__doc__ = summary
    act.__name__ = f"session_{action}"
    path = f"/fix/sessions/{{session}}/{action.replace('_', '-')}"
    endpoint(
        routes, "POST", path, permission="ActOnSession", body=body, answer={"type": "object"},
        status=202, key="optional",
    )(act)  # fmt: skip


_offer("logon", ReasonBody, "Let the session log on; this also releases one that is halted.")
_offer("logout", ReasonBody, "Log the session out, until somebody logs it on.")
_offer("set_sequence", SequenceBody, "Set the next MsgSeqNum, once another person approves it.")
_offer("request_resend", NumberBody, "Ask the counterparty for its messages from a number on.")
_offer("hold_outbound", ReasonBody, "Have new orders and replaces wait; cancels still leave.")
_offer("reconcile", ReasonBody, "Ask how every open order stands; differences become breaks.")
_offer("list_status", ListBody, "Ask how a list stands; the answer is in the session's news.")
_offer("execute_list", ListBody, "Let a list be executed that waits for it.")
_offer("release_outbound", ReasonBody, "Let waiting orders and replaces leave.")


@endpoint(
    routes, "GET", "/fix/actions", permission="read_sessions", query=ActionQuery,
    answer=PageOf(SessionActionResource),
)  # fmt: skip
async def get_actions(call: Call) -> Response:
    """List what people did to FIX sessions and what came of it, newest first."""
    asked: ActionQuery = call.query
    return await list_of(call, q.SESSION_ACTIONS, status=asked.status, session=asked.session)


async def _decide(call: Call, kind: str) -> Response:
    action_id = call.request.path_params["action_id"]
    subject = subject_of(q.SESSION_ACTIONS, "session_action", action_id)
    return await act_and_show(call, kind, subject, action_id=action_id)


@endpoint(
    routes, "POST", "/fix/actions/{action_id}/approve", permission="ApproveSessionAction",
    body=ReasonBody, answer=SessionActionResource, key="optional",
)  # fmt: skip
async def approve_action(call: Call) -> Response:
    """Let an action go ahead; another person than who asked, within fifteen minutes."""
    return await _decide(call, "ApproveSessionAction")


@endpoint(
    routes, "POST", "/fix/actions/{action_id}/refuse", permission="RefuseSessionAction",
    body=ReasonBody, answer=SessionActionResource, key="optional",
)  # fmt: skip
async def refuse_action(call: Call) -> Response:
    """Say no to an action that waits, or take one's own back."""
    return await _decide(call, "RefuseSessionAction")
