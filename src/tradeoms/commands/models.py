"""`models`: model portfolios, written from files in the form of `POST /models`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import TypeAdapter

from tradeoms.commands import shell
from tradeoms.domain.model.commands import ApproveModel, DefineModel
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut
from tradeoms.projections.queries_lists import list_rows
from tradeoms.projections.queries_portfolio import MODELS
from tradeoms.rest.bodies import encode_fields
from tradeoms.rest.errors import ProblemError
from tradeoms.rest.models import ModelBody, model_fields
from tradeoms.rest.parsing import parse

models = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Model portfolios.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]


@models.command("list")
def list_models(
    ctx: typer.Context,
    *,
    model: Annotated[str, typer.Option(help="One model.")] = "",
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List the versions of models.

    Example: tradeoms models list --model core
    """
    want = {"model": model} if model else {}
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        found = list_rows(link, MODELS, want, EVERYTHING, Cut(limit=PAGE_MAX)).data
    if json_:
        shell.say_json([msgspec.to_builtins(one) for one in found])
        return
    shell.say_table(
        ("id", "version", "status", "weights", "parts", "cash", "written by", "approved by"),
        (
            (one.id, one.version, one.status, len(one.weights), len(one.parts), one.cash,
             one.defined_by, one.approved_by or "")
            for one in found
        ),
    )  # fmt: skip


@models.command("define")
def define(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON, as the body of POST /models.")],
    *,
    user: Person,
    json_: AsJson = False,
) -> None:
    """Write the next version of a model, as a draft.

    Example: tradeoms models define core.json --user pm.petra
    """
    try:
        asked = parse(TypeAdapter(ModelBody), file.read_bytes())
    except ProblemError as error:
        told = "; ".join(f"{one.pointer or 'file'}: {one.detail}" for one in error.errors)
        shell.fail(f"{file.name}: {told}")
    command = msgspec.json.decode(encode_fields(model_fields(asked)), type=DefineModel)
    shell.submit(ctx, user, command, f"{asked.id}: drafted; another person approves", as_json=json_)


@models.command("approve")
def approve(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="Id of the model.")],
    version: Annotated[int, typer.Argument(help="Number of the version.")],
    *,
    user: Person,
    json_: AsJson = False,
) -> None:
    """Let proposals use a version; another person than who wrote it.

    Example: tradeoms models approve core 3 --user risk.rita
    """
    command = ApproveModel(model=model, version=version)
    shell.submit(ctx, user, command, f"{model}@{version} is in use", as_json=json_)
