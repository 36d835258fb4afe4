"""Puts an evaluation on record: the check, its hits, and what it does to the order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradeoms.app.handlers.approvals import needs_approval
from tradeoms.app.pretrade import RESERVING
from tradeoms.app.turn import Turn
from tradeoms.compliance.exact import exact_text
from tradeoms.domain.evaluation import CellExcess, Evaluation, Outcome, Severity, Verdict
from tradeoms.domain.order.events import CheckAction, OrderChecked, Stage
from tradeoms.domain.order.state import Order
from tradeoms.domain.waiver.decide import hold_of, lapses
from tradeoms.domain.waiver.events import HitFound, WaiverLapsed
from tradeoms.domain.waiver.rejection import WaiverRejection
from tradeoms.domain.waiver.state import WaiverStatus
from tradeoms.kernel.records import replace


def blocking_verdicts(evaluation: Evaluation) -> list[Verdict]:
    """The verdicts that stop the order, hard ones first."""
    if not evaluation.verdicts:
        return []
    found = [verdict for verdict in evaluation.verdicts if verdict.stops]
    return sorted(found, key=lambda verdict: verdict.severity is not Severity.HARD)


def blocking_rules(evaluation: Evaluation, waived: Collection[str] = ()) -> tuple[str, ...]:
    """The rules (`rule@version`) that stop the order, but those that are ``waived``."""
    names = dict.fromkeys(rule_name(verdict) for verdict in blocking_verdicts(evaluation))
    return tuple(name for name in names if name not in waived)


def rule_name(verdict: Verdict) -> str:
    """`rule@version`."""
    return f"{verdict.rule_id}@{verdict.rule_version}"


@dataclass(frozen=True, slots=True)
class AtPrice:
    """Rules (`rule@version`) that stop an order at the price of a placement, and only there."""

    limit_price: Decimal
    rules: tuple[str, ...]


def record_check(  # noqa: PLR0913  # what was checked, and how it was asked
    turn: Turn,
    order: Order,
    evaluation: Evaluation,
    stage: Stage,
    *,
    reserved: bool = False,
    at_price: AtPrice | None = None,
    binding: bool = True,
) -> Order:
    """Emit the check of ``order`` and the hits it found; return the order after it.

    ``reserved`` says that compliance counts the order as open already, if it was allowed. Where it
    is not ``binding``, the order keeps its place and its permissions whatever was found.
    """
    stamp = turn.stamp
    blocking = blocking_verdicts(evaluation)
    warned = [verdict for verdict in evaluation.verdicts if verdict.warns]
    excess = excess_by_rule(blocking)
    check = OrderChecked(
        order_id=order.id,
        check_id=f"chk_{order.id[4:]}-{order.version}",
        stage=stage,
        action=CheckAction(evaluation.action),
        outcome=evaluation.outcome.value,
        blocking=tuple(excess),
        evidence=evaluation.evidence,
        needs_approval=needs_approval(turn, order),
        lapsed=(),
        excess=tuple(excess.values()),
        at=stamp.at,
        limit_price=None if at_price is None else at_price.limit_price,
        by_price=() if at_price is None else at_price.rules,
        binding=binding,
        warned=tuple(dict.fromkeys(map(rule_name, warned))),
        max_quantity=evaluation.max_quantity,
        binding_rule=evaluation.binding_rule or "",
    )
    ended = lapsed_waivers(turn, order, check) if binding else {}
    kept = {
        turn.book.waivers[key].rule
        for key in turn.book.waivers_of.get(order.id, ())
        if key not in ended and turn.book.waivers[key].status is WaiverStatus.APPROVED
    }
    if order.waived:
        check = replace(check, lapsed=tuple(rule for rule in order.waived if rule not in kept))
    turn.emit(check, order.id)
    for waiver_id, why in ended.items():
        lapsed = WaiverLapsed(waiver_id=waiver_id, order_id=order.id, because=why, at=turn.at)
        turn.emit(lapsed, waiver_id)
    for number, verdict in enumerate([*blocking, *warned]):
        if verdict.outcome is Outcome.BREACH:
            find_hit(turn, order, verdict, check_id=check.check_id, number=number)
    after = turn.book.orders[order.id]
    if reserved and after.phase in RESERVING:
        return after
    return turn.reserve(order.id)


def excess_by_rule(blocking: Sequence[Verdict]) -> dict[str, tuple[CellExcess, ...]]:
    """For each rule that stops the order how far its cells are over their limits.

    A cell that was not measured is there without an amount: nothing bounds how far it goes over.
    """
    found: dict[str, tuple[CellExcess, ...]] = {}
    for verdict in blocking:
        one = CellExcess(
            fund=verdict.fund or "",
            cell=verdict.cell or "",
            bound=verdict.bound or "",
            amount=exact_text(verdict.excess) or "",
            unknown=verdict.outcome is Outcome.UNKNOWN,
        )
        found[rule_name(verdict)] = (*found.get(rule_name(verdict), ()), one)
    return found


def lapsed_waivers(turn: Turn, order: Order, check: OrderChecked) -> dict[str, WaiverRejection]:
    """The permissions that ``check`` ends, by waiver id, and why."""
    waivers = [turn.book.waivers[key] for key in turn.book.waivers_of.get(order.id, ())]
    if not waivers:
        return {}
    checked = replace(
        order,
        blocking=check.blocking,
        excess=check.excess,
        check_action=check.action,
        check_price=check.limit_price,
        by_price=check.by_price,
    )
    holds = [hold for rule in check.blocking if (hold := hold_of(checked, rule)) is not None]
    return lapses(waivers, holds, turn.stamp, waived=order.waived, stage=check.stage)


def find_hit(turn: Turn, order: Order, verdict: Verdict, *, check_id: str, number: int) -> None:
    """Put a limit that the order exceeds on record, once for each rule, fund and cell."""
    key = (order.id, rule_name(verdict), verdict.fund or "", verdict.cell or "")
    if key in turn.book.hit_ids:
        return
    hit_id = f"hit_{check_id[4:]}-{number}"
    turn.emit(
        HitFound(
            hit_id=hit_id,
            order_id=order.id,
            check_id=check_id,
            rule_id=verdict.rule_id,
            rule_version=verdict.rule_version,
            severity=verdict.severity.value,
            fund=verdict.fund or "",
            cell=verdict.cell or "",
            measured=_measured(verdict),
            limit=verdict.limit or "",
            explanation=verdict.explanation,
            at=turn.at,
        ),
        hit_id,
    )


def _measured(verdict: Verdict) -> str:
    """Numerator over denominator as exact text; the numerator alone without a denominator."""
    if verdict.numerator_after is None:
        return ""
    if verdict.denominator_after in (None, "1"):
        return verdict.numerator_after
    return f"{verdict.numerator_after} / {verdict.denominator_after}"
