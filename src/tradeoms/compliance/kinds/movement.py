"""A cell of amounts that orders move one for one: cash of a fund, the position in a security."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, ONE
from tradeoms.compliance.linear import Choice, Limit, LinearCell, Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What an order adds to the amount when it fills whole."""

    order_id: str
    amount: Fraction


def movement_cell(  # noqa: PLR0913  # the parts of one cell, each by its name
    *,
    entity: str,
    key: str | None,
    limit: Limit,
    settled: Fraction,
    opens: list[Movement],
    news: list[Movement],
    pending: str,
    any_subset: bool,
) -> LinearCell:
    """Return the cell of an amount over a denominator of one."""

    def sums(order_id: str | None, factor: Fraction, *, with_news: bool) -> Sums:
        amount = settled
        choices: list[Choice] = []
        if pending == "all":
            amount += sum((one.amount for one in opens), NOTHING)
        elif pending == "worst":
            choices += [((one.amount, NOTHING),) for one in opens]
        for one in news if with_news else []:
            part = one.amount * (factor if one.order_id == order_id else ONE)
            if any_subset:
                choices.append(((part, NOTHING),))
            else:
                amount += part
        return Sums(amount, ONE, tuple(choices))

    before, after = sums(None, ONE, with_news=False), sums(None, ONE, with_news=True)
    return LinearCell(
        entity=entity,
        key=key,
        limit=limit,
        before=before,
        after=after,
        changed=before != after,
        rebuild=lambda order_id, factor: sums(order_id, factor, with_news=True),
        kinks=lambda _order_id: (),
    )


def standing_cell(*, entity: str, key: str | None, limit: Limit, settled: Fraction) -> LinearCell:
    """Return the cell of an amount as it stands, without orders."""
    sums = Sums(settled, ONE)
    return LinearCell(entity=entity, key=key, limit=limit, before=sums, after=sums, changed=False)


def unknown_cell(entity: str, key: str | None, reason: str) -> LinearCell:
    """Return a cell that cannot be judged."""
    nothing = Sums(NOTHING, NOTHING)
    return LinearCell(
        entity=entity, key=key, limit=None, before=nothing, after=nothing, unknown=reason
    )
