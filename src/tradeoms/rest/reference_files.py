"""Files over HTTP: the text of a CSV or YAML file, read as the command line reads it.

All of a file is loaded, or nothing and every error of it is told; with `dry_run=true` it is only
told what would happen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec.structs import replace
from pydantic import Field
from starlette.responses import Response

from tradeoms.imports.files import Kind, known_securities, read
from tradeoms.imports.rows import RowError, place_of
from tradeoms.projections.resources_text import encode
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.errors import ErrorItem, ProblemError
from tradeoms.rest.fields import Body, Date
from tradeoms.rest.reference import DryRunQuery, Loaded
from tradeoms.rest.routes import Routes

routes: Final = Routes("imports")
_ERRORS_MAX: Final = 100
_loaded: Final = msgspec.json.Decoder(Loaded).decode


class FileBody(Body):
    """A file."""

    text: Annotated[str, Field(min_length=1)]
    """What stands in it."""
    format: Literal["csv", "tsv", "yaml"] = "csv"
    as_of: Date | None = None
    """Day of positions in a file without a column `as_of`."""


class ImportAnswer(msgspec.Struct):
    """What was loaded, or would have been; `warnings` did not stop it."""

    rows: int
    seq: int
    dry_run: bool
    warnings: list[str]


def _route(kind: Kind, command: str, what: str) -> Callable[[Call], Awaitable[Response]]:
    """Add the route that loads files of ``kind``; its rows are the fields of ``command``."""

    async def load_file(call: Call) -> Response:
        return await _load(call, kind)

    load_file.__name__ = f"import_{kind.value}"
    load_file.__doc__ = f"Load a file of {what}.\n\nErrors point to `/line/column` of the file."
    return endpoint(
        routes, "POST", f"/imports/{kind.value}", permission=command, body=FileBody,
        query=DryRunQuery, answer=ImportAnswer, key="optional",
    )(load_file)  # fmt: skip


async def _load(call: Call, kind: Kind) -> Response:
    asked: FileBody = call.body
    warnings: list[str] = []

    def parse() -> object:
        return read(
            kind,
            asked.text,
            asked.format,
            known=lambda: known_securities(call.services.database),
            as_of=date.fromisoformat(asked.as_of) if asked.as_of else None,
            warn=warnings.append,
        )

    command = await call.services.in_thread(parse)
    if isinstance(command, list):
        raise ProblemError([_item(error) for error in command[:_ERRORS_MAX]])
    dry_run = call.query.dry_run == "true"
    try:
        outcome = await call.submit(type(command).__name__, encode(command), dry_run=dry_run)
    except ProblemError as error:
        error.errors = [_in_file(item, asked) for item in error.errors]
        raise
    loaded = _loaded(outcome.answer)
    return show(ImportAnswer(rows=loaded.rows, seq=loaded.seq, dry_run=dry_run, warnings=warnings))


def _item(error: RowError) -> ErrorItem:
    pointer = f"/{error.row}/{error.column}" if error.column else f"/{error.row}"
    return ErrorItem(pointer=pointer, code=error.code.value, detail=error.reason, value=error.value)


def _in_file(item: ErrorItem, asked: FileBody) -> ErrorItem:
    """Let what the engine refuses point to the line of the file, where it can be told."""
    field = item.pointer.removeprefix("/")
    found = place_of(asked.text, form=asked.format, field=field, value=item.value)
    return item if found is None else replace(item, pointer=f"/{found[0]}/{found[1]}")


import_funds: Final = _route(Kind.FUNDS, "LoadFunds", "funds")
import_securities: Final = _route(Kind.SECURITIES, "LoadSecurities", "securities")
import_positions: Final = _route(Kind.POSITIONS, "LoadPositions", "positions and cash")
import_prices: Final = _route(Kind.PRICES, "LoadPrices", "marks and exchange rates")
import_destinations: Final = _route(Kind.DESTINATIONS, "LoadDestinations", "destinations")
import_rules: Final = _route(Kind.RULES, "DefineRules", "rules, as drafts")
import_lists: Final = _route(Kind.LISTS, "LoadLists", "lists that rules name")
