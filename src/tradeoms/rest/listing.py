"""Answers a list: one page as JSON, or all of it as CSV.

CSV follows RFC 4180, in UTF-8. A text that a spreadsheet would take for a formula gets an
apostrophe before it (OWASP ASVS 5.0, 1.2.10); numbers stay numbers. What is not a plain value is
JSON.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from tradeoms.app.identity import SystemClock
from tradeoms.projections.paging import PAGE_MAX, Cut, Page
from tradeoms.projections.resources_text import encode
from tradeoms.rest.endpoint import Call, show_page
from tradeoms.rest.errors import problem

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_CSV: Final = "text/csv"
_clock: Final = SystemClock()

PageOf = Callable[[Cut], Awaitable[Page[Any]]]  # Any: the list's own resource


class RightsChanged(Exception):
    """The caller may see something else than when the export began; it is cut off."""


async def show_list(call: Call, query: Callable[..., Page[Any]], *args: object) -> Response:
    """Answer with what ``query`` finds; it takes a connection, ``args`` and a cut.

    Any: as `PageOf`.
    """
    past = _past(call)

    async def page_of(cut: Cut) -> Page[Any]:  # Any: as `PageOf`
        found: Page[Any]  # Any: as above
        if past is None:
            found = await call.read(query, *args, cut)
        else:
            found = await call.services.read_at(past, query, *args, cut)
        return found

    if not _wants_csv(call):
        return show_page(await page_of(Cut(call.query.after, call.query.limit)))
    first = await page_of(Cut(call.query.after, PAGE_MAX))
    name = call.request.url.path.rpartition("/")[2]
    return StreamingResponse(
        _lines(call, first, page_of),
        media_type=f"{_CSV}; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _past(call: Call) -> datetime | None:
    """The instant that the list is wanted of, unless it is the present."""
    asked = call.query.as_of
    if asked is None:
        return None
    at = datetime.fromisoformat(asked)
    if at > _clock.now():
        raise problem(
            "as_of_in_future", "give an instant that is over", pointer="as_of", value=asked
        )
    return at


def _wants_csv(call: Call) -> bool:
    asked = call.query.format
    if asked is not None:
        return bool(asked == "csv")
    return call.request.headers.get("accept", "").partition(",")[0].startswith(_CSV)


async def _lines(call: Call, page: Page[Any], page_of: PageOf) -> AsyncIterator[bytes]:
    """The header, then page after page; a caller who loses a right on the way gets no end.

    Whoever sees every fund never gets a share, and no column that says so.
    """
    whole = call.principal.scope.funds is None
    fields = msgspec.structs.fields(call.item)
    names = [field.name for field in fields if field.name != "share" or not whole]
    yield _write([names])
    while True:
        yield _write([_cell(getattr(row, name)) for name in names] for row in page.data)
        if page.next is None:
            return
        principal = await call.services.auth.principal(call.request, used=False)
        if (principal.scope, principal.roles) != (call.principal.scope, call.principal.roles):
            raise RightsChanged
        page = await page_of(Cut(page.next, PAGE_MAX))


def _write(rows: Any) -> bytes:  # Any: an iterable of rows of text
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    """One value as text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return encode(value).decode()
    text = str(value)
    if text.startswith(_FORMULA) and _NUMBER.fullmatch(text) is None:
        return f"'{text}"
    return text
