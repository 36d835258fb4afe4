"""Orders from files: text or a workbook in, a report of every row out; and how files are read."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Final, Literal

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.imports.orders import OrderRows, read_orders
from tradeoms.imports.report import Decision, ImportReport, make_report
from tradeoms.imports.rows import RowError
from tradeoms.imports.sheets import sheet_text
from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries_mappings import find_mapping
from tradeoms.projections.resources_desk import ImportMappingResource
from tradeoms.rest.bodies import encode_fields
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.errors import ErrorItem, ProblemError, problem, unknown_resource
from tradeoms.rest.fields import Body, Code, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.reference import DryRunQuery
from tradeoms.rest.routes import Routes

routes: Final = Routes("imports")
_LOCATION: Final = "/api/v1/import-mappings"
_ORDER: Final = re.compile(r"/orders/([0-9]+)/")
_decision: Final = msgspec.json.Decoder(Decision).decode
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


class ImportBody(Body):
    """A file of orders, one row an order."""

    format: Literal["csv", "tsv", "xlsx"]
    """`tsv` is what a spreadsheet puts on the clipboard."""
    text: Annotated[str, Field(max_length=1_000_000)] | None = None
    """A CSV or TSV file."""
    workbook: Annotated[str, Field(max_length=1_000_000)] | None = None
    """An XLSX file in base64; its first sheet is read."""
    mapping: Code | None = None
    """Name of the mapping to read it by; our own column names, if absent."""
    partial: bool = False
    """Enter the sound rows of a file that has others; else it is all or none."""


class MappingBody(Body):
    """How files of orders are read; see `GET /import-mappings`."""

    name: Code
    columns: dict[Text, Text] = Field(default_factory=dict)
    """Our column to the file's name of it."""
    defaults: dict[Text, Text] = Field(default_factory=dict)
    """Our column to its value where the file has none."""
    words: dict[Text, dict[Text, Text]] = Field(default_factory=dict)
    """Our column to what the file's words mean in it: `{"side": {"B": "buy"}}`."""
    ignored: Annotated[list[Text], Field(max_length=500)] = Field(default_factory=list)
    """Columns of the file that are not read."""


@endpoint(
    routes, "POST", "/imports/orders", permission="ImportOrders", body=ImportBody,
    query=DryRunQuery, answer=ImportReport, key="optional",
)  # fmt: skip
async def import_orders(call: Call) -> Response:
    """Enter the orders of a file, or tell with `dry_run=true` what would become of every row.

    Each row's `client_order_id` makes it safe to send a file again: an order that was entered with
    the same terms is `known`. With `partial` false any row that is refused refuses the file.
    """
    asked: ImportBody = call.body
    found = await _read(call, asked)
    dry_run = call.query.dry_run == "true"
    if found.errors and not (asked.partial or dry_run):
        raise _unreadable(found.errors)
    decision = Decision(data=[])
    if found.orders:
        fields = {"orders": found.orders, "partial": asked.partial}
        try:
            outcome = await call.submit("ImportOrders", _encode(fields), dry_run=dry_run)
        except ProblemError as error:
            raise _by_row(error, found) from None
        decision = _decision(outcome.answer)
    return show(make_report(found, decision, dry_run=dry_run))


async def _read(call: Call, asked: ImportBody) -> OrderRows:
    """Read the file, in a thread: a large one takes a while."""
    mapping = None
    if asked.mapping is not None:
        mapping = await call.read(find_mapping, asked.mapping)
        if mapping is None:
            raise unknown_resource("mapping", asked.mapping)
    text = _text(asked)
    if isinstance(text, list):
        raise _unreadable(text)
    form: Literal["csv", "tsv"] = "tsv" if asked.format == "tsv" else "csv"
    found: OrderRows = await call.services.in_thread(
        lambda: read_orders(text, form=form, mapping=mapping)
    )
    return found


def _text(asked: ImportBody) -> str | list[RowError]:
    packed = asked.format == "xlsx"
    if (asked.workbook is None) == packed or (asked.text is None) != packed:
        detail = "an xlsx file is `workbook`, any other is `text`"
        raise problem("one_of_required", detail, pointer="/workbook" if packed else "/text")
    if asked.workbook is None:
        return asked.text or ""
    try:
        return sheet_text(base64.b64decode(asked.workbook, validate=True))
    except binascii.Error:
        raise problem("format_invalid", "not base64", pointer="/workbook") from None


def _unreadable(errors: list[RowError]) -> ProblemError:
    """A file that cannot be read as a whole; nothing was entered."""
    items = [
        ErrorItem(
            pointer=f"/rows/{error.row}/{error.column}".rstrip("/"),
            code=error.code.value,
            detail=error.reason,
            value=error.value,
        )
        for error in errors[:100]
    ]
    return ProblemError(items)


def _by_row(error: ProblemError, found: OrderRows) -> ProblemError:
    """The engine's refusal of a file, by the rows of the file and not by numbers of orders."""

    def place(item: ErrorItem) -> ErrorItem:
        pointer = _ORDER.sub(lambda match: f"/rows/{found.lines[int(match[1])]}/", item.pointer)
        return msgspec.structs.replace(item, pointer=pointer)

    error.errors = [place(item) for item in error.errors]
    return error


def _subject(name: str) -> Subject:
    return subject_of(q.IMPORT_MAPPINGS, "mapping", name)


@endpoint(
    routes, "POST", "/import-mappings", permission="DefineImportMapping", body=MappingBody,
    answer=ImportMappingResource, status=201, key="optional",
)  # fmt: skip
async def define_import_mapping(call: Call) -> Response:
    """Save how files are read, in place of the mapping of that name."""
    asked: MappingBody = call.body
    fields = {
        "name": asked.name,
        "columns": list(asked.columns.items()),
        "defaults": list(asked.defaults.items()),
        "words": [
            {"column": column, "meanings": list(meanings.items())}
            for column, meanings in asked.words.items()
        ],
        "ignored": asked.ignored,
    }
    outcome = await call.submit("DefineImportMapping", encode_fields(fields))
    return await call.show_changed(outcome, _subject(asked.name), status=201, location=_LOCATION)


@endpoint(
    routes, "GET", "/import-mappings", permission="read", query=ListQuery,
    answer=PageOf(ImportMappingResource),
)  # fmt: skip
async def get_import_mappings(call: Call) -> Response:
    """List mappings by name."""
    return await list_of(call, q.IMPORT_MAPPINGS)


@endpoint(routes, "GET", "/import-mappings/{name}", permission="read", answer=ImportMappingResource)
async def get_import_mapping(call: Call) -> Response:
    """Show a mapping."""
    return show(await call.find(_subject(call.request.path_params["name"])))
