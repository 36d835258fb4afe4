"""Finds the handler of a command, after checking the person's right to it, here and only here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

import msgspec

from tradeoms.app.handlers import (
    affirming,
    allocating,
    approvals,
    batch,
    blocks,
    breaks,
    canceling,
    cases,
    compliance,
    confirmations,
    copies,
    crosses,
    custom,
    desk,
    importing,
    kill,
    layouts,
    lists,
    manual,
    orders,
    pairs,
    placements,
    portfolio,
    reference,
    routing,
    rules,
    sessions,
    splitting,
    unanswered,
)
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.approval.commands import LoadApprovalLimits
from tradeoms.domain.block import commands as block_commands
from tradeoms.domain.booking import commands as booking_commands
from tradeoms.domain.booking.state import order_of
from tradeoms.domain.breaks import commands as break_commands
from tradeoms.domain.case import commands as case_commands
from tradeoms.domain.catalog import COMMANDS, CreateOrders, ImportOrders
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.confirmation import commands as confirmation_commands
from tradeoms.domain.cross import commands as cross_commands
from tradeoms.domain.custom import commands as custom_commands
from tradeoms.domain.dropcopy.commands import SettleCopies
from tradeoms.domain.kill import commands as kill_commands
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.layout.commands import DeleteLayout, SaveLayout
from tradeoms.domain.mapping.commands import DefineImportMapping
from tradeoms.domain.model import commands as model_commands
from tradeoms.domain.order import commands as order_commands
from tradeoms.domain.order.status import is_draft
from tradeoms.domain.orderlist.commands import ActOnOrderList, CreateOrderList
from tradeoms.domain.outside.commands import LoadLists, LoadOutside
from tradeoms.domain.pair import commands as pair_commands
from tradeoms.domain.placement import commands as placement_commands
from tradeoms.domain.proposal import commands as proposal_commands
from tradeoms.domain.reference import commands as reference_commands
from tradeoms.domain.reference.decide import ReferenceRejection
from tradeoms.domain.reference.entitlement import EVERY_FUND, may, may_throw
from tradeoms.domain.reference.state import User
from tradeoms.domain.routing import commands as routing_commands
from tradeoms.domain.ruleset import commands as rule_commands
from tradeoms.domain.ruleset.state import RuleStatus
from tradeoms.domain.session import commands as session_commands
from tradeoms.domain.waiver import commands as waiver_commands
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.projections.paging import scope_of

#: The user that the machine's own tools act as; only through the local socket.
SYSTEM: Final = "system"
_SYSTEM_MAY: Final = frozenset(
    {
        "LoadFunds", "LoadSecurities", "LoadPositions", "LoadPrices", "LoadDestinations",
        "LoadOutside", "LoadUsers", "DefineRules", "CreateApiKey", "RevokeApiKey", "RollDay",
        "StartRun", "RecordFundRun", "ReportRunOverdue",
        "RecordKillSwitch", "RecordUndelivered", "ReleaseDue", "LoadRoutingRules",
        "LoadBrokerLists", "LoadAllocationPolicies", "LoadCharges", "BookDue", "SettleCopies",
        "DoubtInstructions",
        "LapseCrosses", "LoadCustomFields", "LoadApprovalLimits", "LoadCommissionBudgets",
        "LoadLists",
    }
)  # fmt: skip

Handler = Callable[
    [Turn, Any], bytes | orders.Entered | Rejected
]  # Any: each handler takes its own command

HANDLERS: Final[dict[type, Handler]] = {
    order_commands.CreateOrder: orders.create_order,
    CreateOrders: batch.create_orders,
    ImportOrders: importing.import_orders,
    DefineImportMapping: importing.define_import_mapping,
    SaveLayout: layouts.save_layout,
    DeleteLayout: layouts.delete_layout,
    CreateOrderList: lists.create_order_list,
    routing_commands.LoadRoutingRules: routing.load_routing_rules,
    routing_commands.LoadBrokerLists: routing.load_broker_lists,
    routing_commands.LoadCommissionBudgets: routing.load_commission_budgets,
    routing_commands.RouteOrder: lambda turn, command: routing.route_order(turn, command, handle),
    ActOnOrderList: lambda turn, command: lists.act_on_order_list(turn, command, handle),
    LoadAllocationPolicies: allocating.load_allocation_policies,
    LoadCharges: allocating.load_charges,
    booking_commands.BookAllocations: allocating.book_allocations,
    booking_commands.ReallocateBooking: allocating.reallocate_booking,
    booking_commands.ApproveReallocation: allocating.decide_on_reallocation,
    booking_commands.RefuseReallocation: allocating.decide_on_reallocation,
    booking_commands.BookDue: allocating.book_due,
    custom_commands.LoadCustomFields: custom.load_custom_fields,
    custom_commands.SetCustomValues: custom.set_custom_values,
    order_commands.SplitOrder: splitting.split_order,
    order_commands.AmendOrder: orders.amend_order,
    order_commands.SubmitOrder: orders.submit_order,
    order_commands.ApproveOrder: orders.approve_order,
    order_commands.ReleaseOrder: orders.release_order,
    order_commands.HoldOrder: orders.hold_order,
    order_commands.CancelOrder: orders.cancel_order,
    order_commands.ClaimOrder: desk.claim_order,
    order_commands.AssignOrder: desk.assign_order,
    order_commands.HandOverOrder: desk.hand_over_order,
    order_commands.ReleaseDue: desk.release_due,
    block_commands.MergeOrders: blocks.merge_orders,
    block_commands.UnmergeBlock: blocks.unmerge_block,
    block_commands.PlaceBlock: blocks.place_block,
    LoadApprovalLimits: approvals.load_approval_limits,
    pair_commands.LinkPair: pairs.link_pair,
    pair_commands.UnlinkPair: pairs.unlink_pair,
    cross_commands.ProposeCross: crosses.propose_cross,
    cross_commands.ApproveCross: crosses.approve_cross,
    cross_commands.RefuseCross: crosses.refuse_cross,
    cross_commands.ReverseCross: crosses.reverse_cross,
    cross_commands.LapseCrosses: crosses.lapse_crosses,
    placement_commands.CreatePlacement: placements.create_placement,
    placement_commands.ReplacePlacement: placements.replace_placement,
    placement_commands.CancelPlacement: placements.cancel_placement,
    placement_commands.CancelPlacements: canceling.cancel_placements,
    placement_commands.RecordExecution: manual.record_execution,
    placement_commands.BustExecution: manual.bust_execution,
    placement_commands.RecordAnswer: manual.record_answer,
    waiver_commands.RequestWaiver: compliance.request_waiver,
    waiver_commands.ApproveWaiver: compliance.approve_waiver,
    waiver_commands.ApproveWaivers: compliance.approve_waivers,
    waiver_commands.RefuseWaiver: compliance.refuse_waiver,
    **dict.fromkeys(get_args(case_commands.CaseCommand), cases.work_on_case),
    case_commands.StartRun: cases.start_run,
    case_commands.RecordFundRun: cases.record_fund_run,
    case_commands.ReportRunOverdue: cases.report_run_overdue,
    break_commands.ResolveBreak: breaks.resolve_break,
    break_commands.ApproveBreakAction: breaks.approve_break_action,
    break_commands.RefuseBreakAction: breaks.refuse_break_action,
    session_commands.ActOnSession: sessions.act_on_session,
    session_commands.ApproveSessionAction: sessions.approve_session_action,
    session_commands.RefuseSessionAction: sessions.refuse_session_action,
    session_commands.RecordUndelivered: sessions.record_outcome,
    SettleCopies: copies.settle_copies,
    confirmation_commands.DoubtInstructions: unanswered.doubt_instructions,
    confirmation_commands.InstructAllocation: confirmations.instruct_allocation,
    confirmation_commands.ReplaceAllocation: confirmations.replace_allocation,
    confirmation_commands.CancelAllocation: confirmations.replace_allocation,
    confirmation_commands.AffirmConfirmation: affirming.answer_confirmation,
    confirmation_commands.RejectConfirmation: affirming.answer_confirmation,
    confirmation_commands.RequestConfirmations: affirming.request_confirmations,
    kill_commands.ThrowKillSwitch: kill.throw_kill_switch,
    kill_commands.RecordKillSwitch: kill.record_kill_switch,
    kill_commands.ReleaseKillSwitch: kill.release_kill_switch,
    model_commands.DefineModel: portfolio.define_model,
    model_commands.ApproveModel: portfolio.approve_model,
    proposal_commands.MakeProposal: portfolio.make_proposal,
    proposal_commands.ApproveProposal: portfolio.approve_proposal,
    proposal_commands.DiscardProposal: portfolio.discard_proposal,
    rule_commands.DefineRules: rules.define_rules,
    rule_commands.TestRule: rules.test_rule,
    rule_commands.ApproveRule: rules.approve_rule,
    rule_commands.ActivateRule: rules.activate_rule,
    rule_commands.RetireRule: rules.retire_rule,
    rule_commands.KeepRule: rules.keep_rule,
    reference_commands.LoadFunds: reference.load_funds,
    reference_commands.LoadSecurities: reference.load_securities,
    reference_commands.LoadPositions: reference.load_positions,
    reference_commands.LoadPrices: reference.load_prices,
    reference_commands.LoadDestinations: reference.load_destinations,
    reference_commands.LoadUsers: reference.load_users,
    LoadOutside: reference.load_outside,
    LoadLists: reference.load_lists,
    reference_commands.CreateApiKey: reference.create_api_key,
    reference_commands.RevokeApiKey: reference.revoke_api_key,
    reference_commands.OpenSignIn: reference.open_sign_in,
    reference_commands.RenewSignIn: reference.renew_sign_in,
    reference_commands.EndSignIn: reference.end_sign_in,
    reference_commands.RollDay: reference.roll_day,
}
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    name: msgspec.json.Decoder(kind, strict=True) for name, kind in COMMANDS.items()
}


def decode_command(name: str, body: bytes | msgspec.Raw) -> Any:  # Any: one of the catalogue's
    """Read the command ``name`` from JSON.

    Raises:
        KeyError: If there is no such command.
        msgspec.DecodeError: If the body is not one.
    """
    return _DECODERS[name].decode(body)


def handle(
    turn: Turn, name: str, command: Any
) -> bytes | orders.Entered | Rejected:  # Any: one of the catalogue's
    """Decide ``command``; nothing is emitted where the answer is a refusal, but for its checks."""
    turn.recall.finished(turn.book, command)
    refused = authorise(turn, name, command, turn.stamp.actor) or kill.refuse_command(turn, command)
    if refused is not None:
        return refused
    return HANDLERS[type(command)](turn, command)


def authorise(turn: Turn, name: str, command: object, actor: str) -> Rejected | None:
    """Refuse what the person may not do; `None` where it is allowed."""
    if actor == SYSTEM:
        allowed = name in _SYSTEM_MAY
    elif isinstance(command, kill_commands.ThrowKillSwitch):
        allowed = may_throw(turn.book.users.get(actor), command.kind, command.value)
    else:
        user = turn.book.users.get(actor)
        allowed = may(user, name, funds_of(turn, command))
        allowed = allowed and not _is_hidden(turn, command, user)
    if allowed:
        return None
    code = ReferenceRejection.NOT_PERMITTED
    return reject(code, f"{actor} may not do {name} for these funds", field="user", value=actor)


def _is_hidden(turn: Turn, command: object, user: User | None) -> bool:
    """True where the command is about a draft that ``user`` does not see."""
    ids = _orders_of(turn, command) or (getattr(command, "order_id", ""),)
    touched = [turn.book.orders[one] for one in ids if one in turn.book.orders]
    drafts = [order for order in touched if is_draft(order)]
    if not drafts or user is None:
        return bool(drafts)
    scope = scope_of(user)
    return not all(orders.shows(scope, order) for order in drafts)


def funds_of(turn: Turn, command: object) -> Iterable[str]:
    """The funds that a command touches; none for firm-wide ones."""
    book = turn.book
    match command:
        case order_commands.CreateOrder():
            return command.funds
        case CreateOrders(orders=many) | ImportOrders(orders=many) | CreateOrderList(orders=many):
            return {fund for order in many for fund in order.funds}
        case (
            waiver_commands.ApproveWaiver(waiver_id=key)
            | waiver_commands.RefuseWaiver(waiver_id=key)
        ):
            turn.recall_waiver(key)
            waiver = book.waivers.get(key)
            return _order_funds(turn, waiver.order_id) if waiver else ()
        case waiver_commands.ApproveWaivers(waiver_ids=keys):
            found = [book.waivers[key] for key in keys if key in book.waivers]
            return [fund for waiver in found for fund in _order_funds(turn, waiver.order_id)]
        case case_commands.StartRun(funds=funds):
            return funds or [EVERY_FUND]
        case (
            rule_commands.ApproveRule()
            | rule_commands.ActivateRule()
            | rule_commands.RetireRule()
            | rule_commands.KeepRule()
        ):
            return _funds_of_rule(turn, command.rule_id, command.version)
        case (
            reference_commands.LoadFunds()
            | reference_commands.LoadPositions()
            | reference_commands.LoadUsers()
        ):
            return reference.funds_loaded(turn, command)
        case kill_commands.ReleaseKillSwitch(switch_id=key):
            switch = book.kill_switches.get(key)
            of_fund = switch is not None and switch.kind is KillScope.FUND
            return [switch.value] if switch is not None and of_fund else [EVERY_FUND]
        case _:
            return _funds_of_subject(turn, command)


def _funds_of_rule(turn: Turn, rule_id: str, version: int) -> set[str]:
    """The funds that a version is for, and those of the version in force that it would replace."""
    touched = [
        rule
        for key, rule in turn.book.rules.items()
        if key == (rule_id, version) or (key[0] == rule_id and rule.status is RuleStatus.ACTIVE)
    ]
    texts = [msgspec.json.decode(rule.definition) for rule in touched]
    scopes = [text.get("scope", {}).get("funds", ()) for text in texts]
    return {fund for funds in scopes for fund in funds or (EVERY_FUND,)}


def _funds_of_subject(turn: Turn, command: object) -> Iterable[str]:
    """The funds of the proposal, case or order that a command is about, and those it names."""
    book = turn.book
    if isinstance(command, get_args(break_commands.BreakCommand)):
        return breaks.funds_of_break(turn, command)
    if isinstance(command, get_args(confirmation_commands.ConfirmationCommand)):
        return confirmations.funds_of_confirmation(turn, command)
    proposal = book.proposals.get(getattr(command, "proposal_id", ""))
    if proposal is not None:
        return proposal.plan.funds
    if isinstance(command, proposal_commands.MakeProposal):
        return command.plan.funds
    if isinstance(command, model_commands.DefineModel | model_commands.ApproveModel):
        return portfolio.funds_of_model(turn, command)
    case = book.cases.get(getattr(command, "breach_id", ""))
    if case is not None:
        return [case.fund]
    order_ids = _orders_of(turn, command)
    if order_ids is not None:
        return [fund for order_id in order_ids for fund in _order_funds(turn, order_id)]
    legs = getattr(command, "legs", None) or ()
    sized = order_commands.funds_of(getattr(command, "sizing", None))
    own = _order_funds(turn, getattr(command, "order_id", ""))
    return [*own, *(leg.fund for leg in legs), *sized]


def _orders_of(turn: Turn, command: object) -> tuple[str, ...] | None:
    """The orders that a command about a block, placement or execution touches; else `None`."""
    book = turn.book
    match command:
        case (
            placement_commands.ReplacePlacement(placement_id=key)
            | placement_commands.CancelPlacement(placement_id=key)
            | placement_commands.RecordExecution(placement_id=key)
            | placement_commands.RecordAnswer(placement_id=key)
        ):
            turn.recall_placement(key)
            return book.placements[key].order_ids if key in book.placements else ()
        case placement_commands.BustExecution(execution_id=key):
            execution = turn.recall_execution(key)
            return book.placements[execution.placement_id].order_ids if execution else ()
        case block_commands.MergeOrders(order_ids=named, block_id=key):
            return (*named, *_in_block(turn, key))
        case booking_commands.BookAllocations(order_id=one, block_id=key):
            return (*((one,) if one else ()), *_in_block(turn, key))
        case (
            booking_commands.ReallocateBooking(booking_id=key)
            | booking_commands.ApproveReallocation(booking_id=key)
            | booking_commands.RefuseReallocation(booking_id=key)
        ):
            return (order_of(key),)
        case block_commands.UnmergeBlock(block_id=key) | block_commands.PlaceBlock(block_id=key):
            return _in_block(turn, key)
        case _:
            return _both_orders(turn, command)


def _both_orders(turn: Turn, command: object) -> tuple[str, ...] | None:
    """The orders that a command about a pair or cross touches; else `None`."""
    book = turn.book
    match command:
        case pair_commands.LinkPair(first_order_id=first, second_order_id=second):
            return first, second
        case pair_commands.UnlinkPair(pair_id=key):
            return book.pairs[key].order_ids if key in book.pairs else ()
        case cross_commands.ProposeCross(buy_order_id=buy, sell_order_id=sell):
            return buy, sell
        case (
            cross_commands.ApproveCross(cross_id=key)
            | cross_commands.RefuseCross(cross_id=key)
            | cross_commands.ReverseCross(cross_id=key)
        ):
            return book.crosses[key].order_ids if key in book.crosses else ()
        case _:
            return None


def _in_block(turn: Turn, block_id: str) -> tuple[str, ...]:
    block = turn.book.blocks.get(block_id)
    return block.order_ids if block else ()


def _order_funds(turn: Turn, order_id: str) -> list[str]:
    if order_id:
        turn.recall_order(order_id)
    order = turn.book.orders.get(order_id)
    return [leg.fund for leg in order.legs] if order else []
