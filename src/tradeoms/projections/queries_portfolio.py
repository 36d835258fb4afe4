"""Lists of models, proposals and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.model.state import ModelVersion
from tradeoms.domain.proposal.state import Proposal
from tradeoms.domain.proposal.terms import Line
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import Rows, securities_by_id
from tradeoms.projections.queries_lists import Listing
from tradeoms.projections.resources_portfolio import (
    line_resource,
    model_resource,
    proposal_resource,
)

_model: Final = msgspec.json.Decoder(ModelVersion).decode
_proposal: Final = msgspec.json.Decoder(Proposal).decode
_line: Final = msgspec.json.Decoder(Line).decode


def _open_to_all(_link: sa.Connection, _scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    return ()


def _proposal_inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """One of its funds is in scope."""
    if scope.funds is None:
        return ()
    shared = sa.select(sa.literal(1)).where(
        t.proposal_funds.c.fund.in_(scope.names),
        t.proposal_funds.c.proposal_id == t.proposals.c.id,
    )
    return (shared.exists(),)


def _line_inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    return () if scope.funds is None else (t.proposal_lines.c.fund.in_(scope.names),)


def _show_models(link: sa.Connection, rows: Rows, scope: Scope) -> list[Any]:
    models = [(row.seq, _model(row.state)) for row in rows]
    named = {weight.security_id for _, model in models for weight in model.weights}
    for _, model in models:
        for one in model.overrides:
            named |= {one.security_id, one.by_id}
    securities = securities_by_id(link, named - {""})
    return [
        model_resource(model, seq=seq, securities=securities, funds=scope.funds)
        for seq, model in models
    ]


def _show_proposals(link: sa.Connection, rows: Rows, scope: Scope) -> list[Any]:
    found = [(row.seq, _proposal(row.state)) for row in rows]
    named = {order.security_id for _, one in found for order in one.orders}
    named |= {name for _, one in found for name in one.plan.do_not_trade}
    securities = securities_by_id(link, named)
    return [
        proposal_resource(one, seq=seq, securities=securities, funds=scope.funds)
        for seq, one in found
    ]


def _show_lines(link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:
    found = [(row, _line(row.state)) for row in rows]
    securities = securities_by_id(link, {line.security_id for _, line in found})
    return [
        line_resource(
            line, proposal_id=row.proposal_id, number=row.number, seq=row.seq,
            securities=securities,
        )
        for row, line in found
    ]  # fmt: skip


MODELS: Final = Listing(
    table=t.models, key=("model", "version"), show=_show_models, inside=_open_to_all,
    descending=False,
)  # fmt: skip
PROPOSALS: Final = Listing(
    table=t.proposals, key=("id",), show=_show_proposals, inside=_proposal_inside
)
LINES: Final = Listing(
    table=t.proposal_lines, key=("proposal_id", "number"), show=_show_lines, inside=_line_inside,
    descending=False,
)  # fmt: skip
