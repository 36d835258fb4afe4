"""The closed unions: every event that may stand in the journal, every command that may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.allocation.events import AllocationEvent
from tradeoms.domain.approval.commands import LoadApprovalLimits
from tradeoms.domain.approval.events import ApprovalLimitsLoaded
from tradeoms.domain.block.commands import BlockCommand
from tradeoms.domain.block.events import BlockEvent
from tradeoms.domain.booking.commands import BookingCommand
from tradeoms.domain.booking.events import BookingEvent
from tradeoms.domain.breaks.commands import BreakCommand
from tradeoms.domain.breaks.events import BreakActionEvent
from tradeoms.domain.case import commands as case
from tradeoms.domain.case.events import CaseEvent, RunEvent
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.events import ChargesLoaded
from tradeoms.domain.confirmation.commands import ConfirmationCommand
from tradeoms.domain.confirmation.events import ConfirmationEvent, InstructionEvent
from tradeoms.domain.cross.commands import CrossCommand
from tradeoms.domain.cross.events import CrossEvent
from tradeoms.domain.custom.commands import CustomCommand
from tradeoms.domain.custom.events import CustomFieldsLoaded
from tradeoms.domain.dropcopy.commands import DropCopyCommand
from tradeoms.domain.dropcopy.events import DropCopyEvent
from tradeoms.domain.kill import commands as kill
from tradeoms.domain.kill.events import KillEvent
from tradeoms.domain.layout.commands import LayoutCommand
from tradeoms.domain.layout.events import LayoutEvent
from tradeoms.domain.mapping import commands as mapping
from tradeoms.domain.mapping.events import ImportMappingDefined
from tradeoms.domain.model import commands as model
from tradeoms.domain.model.events import ModelEvent
from tradeoms.domain.order import commands as order
from tradeoms.domain.order.events import OrderEvent
from tradeoms.domain.orderlist import commands as orderlist
from tradeoms.domain.orderlist.events import OrderListCreated
from tradeoms.domain.outside.commands import LoadLists, LoadOutside
from tradeoms.domain.outside.events import OutsideEvent
from tradeoms.domain.pair.commands import PairCommand
from tradeoms.domain.pair.events import PairEvent
from tradeoms.domain.placement import commands as placement
from tradeoms.domain.placement.events import BreakEvent, PlacementEvent
from tradeoms.domain.proposal import commands as proposal
from tradeoms.domain.proposal.events import ProposalEvent
from tradeoms.domain.reference import commands as reference
from tradeoms.domain.reference.events import ReferenceEvent
from tradeoms.domain.routing import commands as routing
from tradeoms.domain.routing.events import RoutingEvent
from tradeoms.domain.ruleset import commands as ruleset
from tradeoms.domain.ruleset.events import RuleEvent
from tradeoms.domain.session.commands import SessionCommand
from tradeoms.domain.session.events import SessionEvent
from tradeoms.domain.waiver import commands as waiver
from tradeoms.domain.waiver.events import HitFound, WaiverEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrders:
    """Enter many orders; each is answered on its own, or all together where `atomic`."""

    orders: tuple[order.CreateOrder, ...]
    atomic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrders:
    """Enter the orders of a file: all or none, or the sound ones where `partial`.

    An order that was entered before under its `client_order_id`, with the same terms, is known: it
    is answered with its id and not entered again.
    """

    orders: tuple[order.CreateOrder, ...]
    partial: bool = False


Event = (
    OrderEvent
    | BlockEvent
    | PlacementEvent
    | BreakEvent
    | BreakActionEvent
    | AllocationEvent
    | HitFound
    | WaiverEvent
    | CaseEvent
    | RunEvent
    | RuleEvent
    | ReferenceEvent
    | OutsideEvent
    | KillEvent
    | ModelEvent
    | ProposalEvent
    | ImportMappingDefined
    | LayoutEvent
    | SessionEvent
    | DropCopyEvent
    | InstructionEvent
    | ConfirmationEvent
    | OrderListCreated
    | RoutingEvent
    | BookingEvent
    | ChargesLoaded
    | CrossEvent
    | CustomFieldsLoaded
    | PairEvent
    | ApprovalLimitsLoaded
)
EVENTS: Final[tuple[type, ...]] = get_args(Event)

#: Commands that enter many orders.
BATCHES: Final = (CreateOrders, ImportOrders, orderlist.CreateOrderList)

OrderCommand = (
    order.CreateOrder
    | order.SplitOrder
    | order.AmendOrder
    | order.SubmitOrder
    | order.ApproveOrder
    | order.ReleaseOrder
    | order.HoldOrder
    | order.CancelOrder
    | order.ClaimOrder
    | order.AssignOrder
    | order.HandOverOrder
    | order.ReleaseDue
)
PlacementCommand = (
    placement.CreatePlacement
    | placement.ReplacePlacement
    | placement.CancelPlacement
    | placement.CancelPlacements
    | placement.RecordExecution
    | placement.BustExecution
    | placement.RecordAnswer
)
WaiverCommand = (
    waiver.RequestWaiver | waiver.ApproveWaiver | waiver.ApproveWaivers | waiver.RefuseWaiver
)
RunCommand = case.StartRun | case.RecordFundRun | case.ReportRunOverdue
RuleCommand = (
    ruleset.DefineRules
    | ruleset.TestRule
    | ruleset.ApproveRule
    | ruleset.ActivateRule
    | ruleset.RetireRule
    | ruleset.KeepRule
)
ReferenceCommand = (
    reference.LoadFunds
    | reference.LoadSecurities
    | reference.LoadPositions
    | reference.LoadPrices
    | reference.LoadDestinations
    | reference.LoadUsers
    | reference.CreateApiKey
    | reference.RevokeApiKey
    | reference.OpenSignIn
    | reference.RenewSignIn
    | reference.EndSignIn
    | reference.RollDay
)
KillCommand = kill.ThrowKillSwitch | kill.RecordKillSwitch | kill.ReleaseKillSwitch
PortfolioCommand = (
    model.DefineModel
    | model.ApproveModel
    | proposal.MakeProposal
    | proposal.ApproveProposal
    | proposal.DiscardProposal
)
Command = (
    OrderCommand
    | CreateOrders
    | ImportOrders
    | orderlist.CreateOrderList
    | orderlist.ActOnOrderList
    | routing.LoadRoutingRules
    | routing.LoadBrokerLists
    | routing.LoadCommissionBudgets
    | routing.RouteOrder
    | mapping.DefineImportMapping
    | LayoutCommand
    | BlockCommand
    | CrossCommand
    | CustomCommand
    | PairCommand
    | LoadApprovalLimits
    | PlacementCommand
    | WaiverCommand
    | case.CaseCommand
    | RunCommand
    | RuleCommand
    | ReferenceCommand
    | LoadOutside
    | LoadLists
    | KillCommand
    | PortfolioCommand
    | BreakCommand
    | SessionCommand
    | LoadAllocationPolicies
    | LoadCharges
    | BookingCommand
    | DropCopyCommand
    | ConfirmationCommand
)
COMMANDS: Final[dict[str, type]] = {kind.__name__: kind for kind in get_args(Command)}
