"""The resources of control: checks, hits, waivers, kill switches and rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec

from tradeoms.domain.booking.events import BookingChecked
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.domain.order.events import OrderChecked
from tradeoms.domain.ruleset.state import RuleVersion
from tradeoms.domain.waiver.state import Hit, Waiver
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import instant, instant_or_none, plain_or_none


class HitResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One limit that an order would have exceeded, found before the trade."""

    id: str
    version: int
    seq: int
    order_id: str
    check_id: str
    rule: str
    rule_version: int
    severity: str
    fund: str
    cell: str
    measured: str
    limit: str
    explanation: str
    created_at: str
    updated_at: str


class ApprovalResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One person's approval; `bulk` is shared by those given at once, for one reason."""

    person: str
    role: str
    note: str
    bulk: str | None
    at: str


class WaiverCellResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cell that a waiver covers, and up to which amount over its limit; null: not measured.

    `fund` is `*` in old waivers: every cell of the rule up to the same amount.
    """

    fund: str | None
    cell: str | None
    bound: str | None
    max_excess: str | None


class WaiverResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Permission to proceed with a soft breach: asked for, given, refused or lapsed."""

    id: str
    version: int
    seq: int
    status: str
    order_id: str
    rule: str
    reason: str
    quantity: str
    requested_by: str
    decided_by: str | None
    note: str
    max_excess: str | None
    cells: tuple[WaiverCellResource, ...]
    approvers: int
    approvals: tuple[ApprovalResource, ...]
    lapsed_because: str | None
    expires_at: str
    created_at: str
    updated_at: str


class RuleResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of a rule; `definition` and `cases` are the JSON they were written as.

    `retirement_requested_by` asked to retire it, which takes another person; null: nobody did.
    `held`: its day came and the cases in `failures` did not pass, so it is not in force.
    """

    id: str
    version: int
    seq: int
    status: str
    definition: msgspec.Raw
    defined_by: str
    cases: msgspec.Raw
    tested_by: str | None
    failures: tuple[str, ...]
    approved_by: str | None
    activated_by: str | None
    active_from: str | None
    retirement_requested_by: str | None
    retirement_requested_at: str | None
    retired_by: str | None
    created_at: str
    updated_at: str


class CheckResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One look of compliance at an order: every cell of every rule, with its numbers.

    `max_quantity` is the most of what was tested that no rule stops, and `binding_rule` sets it:
    null where any quantity passes, of a booking, and where it was not recorded yet.
    """

    id: str
    version: int
    seq: int
    order_id: str
    stage: str
    outcome: str
    action: str
    blocking: tuple[str, ...]
    needs_approval: bool
    binding: bool
    max_quantity: str | None
    binding_rule: str | None
    cells: Sequence[Mapping[str, Any]]  # Any: the cells are those of `compliance.explain`
    created_at: str
    updated_at: str


class KillSwitchResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A kill switch. `unrecorded`: the gateways obey it, the engine has not recorded it yet."""

    id: str
    version: int
    seq: int
    status: str
    scope: Mapping[str, str | bool]
    cancel_open: bool
    reason: str
    thrown_by: str
    thrown_at: str
    offline: bool
    released_by: str | None
    release_reason: str | None
    created_at: str
    updated_at: str


def kill_switch_resource(switch: KillSwitch, *, seq: int) -> KillSwitchResource:
    """Show a kill switch; without a ``seq`` it is not in the journal yet."""
    status = "active" if switch.active else "released"
    return KillSwitchResource(
        id=switch.id,
        version=seq,
        seq=seq,
        status=status if seq else "unrecorded",
        scope={switch.kind.value: switch.value or True},
        cancel_open=switch.cancel_open,
        reason=switch.reason,
        thrown_by=switch.thrown_by,
        thrown_at=instant(switch.thrown_at),
        offline=switch.offline,
        released_by=switch.released_by or None,
        release_reason=switch.release_reason or None,
        created_at=instant(switch.created_at),
        updated_at=instant(switch.updated_at),
    )


def hit_resource(hit: Hit, *, seq: int) -> HitResource:
    """Show a hit."""
    return HitResource(
        id=hit.id,
        version=1,
        seq=seq,
        order_id=hit.order_id,
        check_id=hit.check_id,
        rule=hit.rule_id,
        rule_version=hit.rule_version,
        severity=hit.severity,
        fund=hit.fund,
        cell=hit.cell,
        measured=hit.measured,
        limit=hit.limit,
        explanation=hit.explanation,
        created_at=instant(hit.at),
        updated_at=instant(hit.at),
    )


def waiver_resource(waiver: Waiver, *, seq: int) -> WaiverResource:
    """Show a waiver; `max_excess` is the largest of its cells."""
    cells = tuple(
        WaiverCellResource(
            fund=one.fund or None,
            cell=one.cell or None,
            bound=one.bound or None,
            max_excess=one.amount or None,
        )
        for one in waiver.excess
    )
    return WaiverResource(
        id=waiver.id,
        version=waiver.version,
        seq=seq,
        status=waiver.status.value,
        order_id=waiver.order_id,
        rule=waiver.rule,
        reason=waiver.reason,
        quantity=plain(waiver.quantity),
        requested_by=waiver.requested_by,
        decided_by=waiver.decided_by or None,
        note=waiver.note,
        max_excess=_largest(cells),
        cells=cells,
        approvers=waiver.approvers,
        approvals=tuple(
            ApprovalResource(
                person=a.person,
                role=a.role.value,
                note=a.note,
                bulk=a.bulk or None,
                at=instant(a.at),
            )
            for a in waiver.approvals
        ),
        lapsed_because=waiver.lapsed_because or None,
        expires_at=instant(waiver.expires_at),
        created_at=instant(waiver.created_at),
        updated_at=instant(waiver.updated_at),
    )


def narrow_waiver(resource: WaiverResource) -> Callable[[Collection[str]], WaiverResource]:
    """Leave out the cells of a fund, or group of funds, other than those asked for."""

    def narrow(funds: Collection[str]) -> WaiverResource:
        kept = tuple(one for one in resource.cells if one.fund is None or one.fund in funds)
        return msgspec.structs.replace(resource, cells=kept, max_excess=_largest(kept))

    return narrow


def _largest(cells: Collection[WaiverCellResource]) -> str | None:
    amounts = [one.max_excess for one in cells]
    if None in amounts:
        return None
    return max((one for one in amounts if one is not None), key=Fraction, default=None)


def rule_resource(rule: RuleVersion, *, seq: int) -> RuleResource:
    """Show a version of a rule."""
    return RuleResource(
        id=rule.rule_id,
        version=rule.version,
        seq=seq,
        status=rule.status.value,
        definition=msgspec.Raw(rule.definition.encode()),
        defined_by=rule.defined_by,
        cases=msgspec.Raw(rule.cases.encode()),
        tested_by=rule.tested_by or None,
        failures=rule.failures,
        approved_by=rule.approved_by or None,
        active_from=rule.active_from.isoformat() if rule.active_from else None,
        activated_by=rule.activated_by or None,
        retirement_requested_by=rule.retirement_requested_by or None,
        retirement_requested_at=instant_or_none(rule.retirement_requested_at),
        retired_by=rule.retired_by or None,
        created_at=instant(rule.created_at),
        updated_at=instant(rule.updated_at),
    )


def check_resource(
    checked: OrderChecked | BookingChecked,
    *,
    seq: int,
    cells: Sequence[Mapping[str, Any]],
    funds: Collection[str] | None = None,
) -> CheckResource:
    """Show a check; cells of a fund, or group of funds, outside ``funds`` are left out."""
    most, binding_rule = None, ""
    if isinstance(checked, BookingChecked):
        stage, needs_approval, binding = "booking", False, True
        action = "block" if checked.blocking else "allow"
    else:
        stage, needs_approval = checked.stage.value, checked.needs_approval
        binding = checked.binding
        most, binding_rule = checked.max_quantity, checked.binding_rule
        action = checked.action.value
    return CheckResource(
        id=checked.check_id,
        version=1,
        seq=seq,
        order_id=checked.order_id,
        stage=stage,
        outcome=checked.outcome,
        action=action,
        blocking=checked.blocking,
        needs_approval=needs_approval,
        binding=binding,
        max_quantity=plain_or_none(most),
        binding_rule=binding_rule or None,
        cells=[c for c in cells if funds is None or c["fund"] is None or c["fund"] in funds],
        created_at=instant(checked.at),
        updated_at=instant(checked.at),
    )
