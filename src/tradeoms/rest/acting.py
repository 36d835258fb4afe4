"""Asks the engine to do something with one thing, and shows what became of it."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from tradeoms.app.wire import Outcome
from tradeoms.rest.bodies import command_body
from tradeoms.rest.endpoint import Call, Subject, show_outcome


class _Made(msgspec.Struct):
    id: str


_made: Final = msgspec.json.Decoder(_Made).decode


async def act(
    call: Call, kind: str, subject: Subject, *, status: int = 200, **names: object
) -> Response:
    """Carry out ``kind`` with the fields of the body and of ``names``; the engine's own answer."""
    body = command_body(call.body, **names)
    return show_outcome(await call.submit(kind, body, subject=subject), status=status)


async def act_and_show(call: Call, kind: str, subject: Subject, **names: object) -> Response:
    """Carry out ``kind`` as `act` does, and show ``subject`` as it is afterwards."""
    body = command_body(call.body, **names)
    return await call.show_changed(await call.submit(kind, body, subject=subject), subject)


def made_id(outcome: Outcome) -> str:
    """The id of what an accepted command made."""
    return _made(outcome.answer).id
