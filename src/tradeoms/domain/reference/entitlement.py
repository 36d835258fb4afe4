"""Who may do what: the one place that decides it. Deny is the default.

A grant is a role over funds. An action asks for one of some roles, and where it touches funds the
person must hold the role for all of them. Reading asks for any role over the fund; auditors,
compliance, operations and risk read, but do not act for a fund.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.reference.state import User
from tradeoms.kernel.enums import Role

_PM: Final = Role.PORTFOLIO_MANAGER
_TRADER: Final = Role.TRADER
_OFFICER: Final = Role.COMPLIANCE_OFFICER
_OPS: Final = Role.OPERATIONS
_RISK: Final = Role.RISK
_ADMIN: Final = Role.ADMIN

#: Command name to the roles of which one is enough; none: only the machine itself may.
PERMISSIONS: Final[Mapping[str, frozenset[Role]]] = {
    "CreateOrder": frozenset({_PM, _TRADER}),
    "CreateOrders": frozenset({_PM, _TRADER}),
    "ImportOrders": frozenset({_PM, _TRADER}),
    "DefineImportMapping": frozenset({_PM, _TRADER, _OPS, _ADMIN}),
    "SaveLayout": frozenset(Role),
    "DeleteLayout": frozenset(Role),
    "SplitOrder": frozenset({_PM, _TRADER}),
    "AmendOrder": frozenset({_PM, _TRADER}),
    "SubmitOrder": frozenset({_PM, _TRADER}),
    "ApproveOrder": frozenset({_PM, _RISK}),
    "ReleaseOrder": frozenset({_PM, _TRADER}),
    "HoldOrder": frozenset({_PM, _TRADER, _OFFICER, _RISK}),
    "CancelOrder": frozenset({_PM, _TRADER, _OFFICER, _RISK}),
    "CreateOrderList": frozenset({_PM, _TRADER}),
    "ActOnOrderList": frozenset({_PM, _TRADER}),
    "LoadRoutingRules": frozenset({_OPS, _ADMIN}),
    "LoadBrokerLists": frozenset({_OPS, _ADMIN}),
    "LoadCommissionBudgets": frozenset({_OPS, _ADMIN}),
    "RouteOrder": frozenset({_TRADER}),
    "LoadAllocationPolicies": frozenset({_OPS, _ADMIN}),
    "LoadCharges": frozenset({_OPS, _ADMIN}),
    "BookAllocations": frozenset({_OPS}),
    "ReallocateBooking": frozenset({_OPS, _TRADER}),
    "ApproveReallocation": frozenset({_OPS, _OFFICER, _RISK}),
    "RefuseReallocation": frozenset({_OPS, _TRADER, _OFFICER, _RISK}),
    "BookDue": frozenset(),
    "LoadCustomFields": frozenset({_OPS, _ADMIN}),
    "SetCustomValues": frozenset({_PM, _TRADER, _OPS}),
    "ClaimOrder": frozenset({_TRADER}),
    "AssignOrder": frozenset({_PM, _TRADER}),
    "HandOverOrder": frozenset({_TRADER}),
    "ReleaseDue": frozenset(),
    "MergeOrders": frozenset({_TRADER}),
    "UnmergeBlock": frozenset({_TRADER}),
    "PlaceBlock": frozenset({_TRADER}),
    "LoadApprovalLimits": frozenset({_RISK, _ADMIN}),
    "LinkPair": frozenset({_PM, _TRADER}),
    "UnlinkPair": frozenset({_PM, _TRADER}),
    "ProposeCross": frozenset({_TRADER}),
    "ApproveCross": frozenset({_OFFICER}),
    "RefuseCross": frozenset({_OFFICER, _TRADER}),
    "ReverseCross": frozenset({_OFFICER, _OPS}),
    "LapseCrosses": frozenset(),
    "CreatePlacement": frozenset({_TRADER}),
    "ReplacePlacement": frozenset({_TRADER}),
    "CancelPlacement": frozenset({_TRADER, _OFFICER, _RISK}),
    "CancelPlacements": frozenset({_TRADER, _OFFICER, _RISK}),
    "RecordExecution": frozenset({_TRADER}),
    "BustExecution": frozenset({_TRADER, _OPS}),
    "RecordAnswer": frozenset({_TRADER}),
    "RequestWaiver": frozenset({_PM, _TRADER}),
    "ApproveWaiver": frozenset({_OFFICER, _RISK}),
    "ApproveWaivers": frozenset({_OFFICER, _RISK}),
    "RefuseWaiver": frozenset({_OFFICER, _RISK}),
    "AssignBreach": frozenset({_OFFICER}),
    "CommentBreach": frozenset({_OFFICER, _PM, _RISK}),
    "ExplainBreach": frozenset({_OFFICER, _PM}),
    "RemediateBreach": frozenset({_OFFICER, _PM}),
    "OverrideBreach": frozenset({_OFFICER}),
    "ResolveBreach": frozenset({_OFFICER, _PM}),
    "CloseBreach": frozenset({_OFFICER}),
    "StartRun": frozenset({_OFFICER, _RISK, _OPS}),
    "RecordFundRun": frozenset(),
    "ReportRunOverdue": frozenset(),
    "ResolveBreak": frozenset({_OPS, _TRADER}),
    "ApproveBreakAction": frozenset({_OPS, _RISK}),
    "RefuseBreakAction": frozenset({_OPS, _TRADER, _RISK}),
    "DefineRules": frozenset({_OFFICER, _ADMIN}),
    "TestRule": frozenset({_OFFICER, _ADMIN}),
    "ApproveRule": frozenset({_OFFICER}),
    "ActivateRule": frozenset({_OFFICER}),
    "RetireRule": frozenset({_OFFICER}),
    "KeepRule": frozenset({_OFFICER}),
    "LoadFunds": frozenset({_OPS, _ADMIN}),
    "LoadSecurities": frozenset({_OPS, _ADMIN}),
    "LoadPositions": frozenset({_OPS, _ADMIN}),
    "LoadPrices": frozenset({_OPS, _ADMIN}),
    "LoadDestinations": frozenset({_OPS, _ADMIN}),
    "LoadOutside": frozenset({_OPS, _ADMIN, _RISK}),
    "LoadLists": frozenset({_OFFICER}),
    "LoadUsers": frozenset({_ADMIN}),
    "CreateApiKey": frozenset({_ADMIN}),
    "RevokeApiKey": frozenset({_ADMIN}),
    "OpenSignIn": frozenset(Role),
    "RenewSignIn": frozenset(Role),
    "EndSignIn": frozenset(Role),
    "RollDay": frozenset({_OPS, _ADMIN}),
    "ThrowKillSwitch": frozenset({_RISK, _OFFICER, _OPS, _TRADER}),
    "RecordKillSwitch": frozenset(),
    "ReleaseKillSwitch": frozenset({_RISK, _OFFICER}),
    "DefineModel": frozenset({_PM}),
    "ApproveModel": frozenset({_PM, _RISK}),
    "MakeProposal": frozenset({_PM}),
    "ApproveProposal": frozenset({_PM}),
    "DiscardProposal": frozenset({_PM}),
    "ActOnSession": frozenset({_OPS, _TRADER, _ADMIN}),
    "ApproveSessionAction": frozenset({_OPS, _RISK, _ADMIN}),
    "RefuseSessionAction": frozenset({_OPS, _TRADER, _RISK, _ADMIN}),
    "RecordUndelivered": frozenset(),
    "SettleCopies": frozenset(),
    "DoubtInstructions": frozenset(),
    "InstructAllocation": frozenset({_OPS}),
    "ReplaceAllocation": frozenset({_OPS}),
    "CancelAllocation": frozenset({_OPS}),
    "AffirmConfirmation": frozenset({_OPS}),
    "RejectConfirmation": frozenset({_OPS}),
    "RequestConfirmations": frozenset({_OPS}),
}

#: Commands that touch every fund at once: only for those whose grant is over every fund.
FIRM_WIDE: Final = frozenset(
    {
        "LoadAllocationPolicies", "LoadApprovalLimits", "LoadBrokerLists", "LoadCharges",
        "LoadCommissionBudgets", "LoadCustomFields", "LoadDestinations", "LoadOutside",
        "LoadLists", "LoadPrices", "LoadRoutingRules", "LoadSecurities",
        "CreateApiKey", "RevokeApiKey", "RollDay",
    }
)  # fmt: skip

#: Roles that see every fund they are granted, whether or not they act for it.
READERS: Final = frozenset(Role) - {_ADMIN}
#: Roles that see drafts of the funds they are granted: who decides on orders, and who controls.
_DRAFT_READERS: Final = frozenset({_PM, _OFFICER, _RISK, Role.AUDITOR})
EVERY_FUND: Final = "*"


@dataclass(frozen=True, slots=True)
class Drafts:
    """Which orders that were never submitted a person sees, of those whose funds he reads.

    Attributes:
        user: He sees those that he entered or leads.
        funds: And those for one of these; `*` inside means every fund.
    """

    user: str
    funds: frozenset[str]

    def show(self, people: Collection[str], funds: Iterable[str]) -> bool:
        """Whether one for ``funds`` shows; ``people`` entered and lead it."""
        shared = EVERY_FUND in self.funds or not self.funds.isdisjoint(funds)
        return shared or self.user in people


def may(user: User | None, command: str, funds: Iterable[str] = ()) -> bool:
    """True where ``user`` may do ``command`` for all ``funds``; an unknown command is denied.

    What touches every fund asks for a grant over every fund.
    """
    if user is None or not user.active:
        return False
    roles = PERMISSIONS.get(command, frozenset())
    granted = [grant.funds for grant in user.grants if grant.role in roles]
    if not granted:
        return False
    covered = frozenset().union(*granted)
    if command in FIRM_WIDE:
        return EVERY_FUND in covered
    return EVERY_FUND in covered or covered.issuperset(funds)


def roles_over(user: User | None, funds: Iterable[str]) -> frozenset[Role]:
    """The roles that ``user`` holds for every one of ``funds``."""
    if user is None or not user.active:
        return frozenset()
    wanted, covered = frozenset(funds), dict[Role, set[str]]()
    for grant in user.grants:
        covered.setdefault(grant.role, set()).update(grant.funds)
    return frozenset(role for role, held in covered.items() if EVERY_FUND in held or wanted <= held)


def may_throw(user: User | None, kind: KillScope, value: str) -> bool:
    """True where ``user`` may throw a kill switch.

    A trader stops only himself; the others stop a fund they are granted, or more if they are
    granted every fund.
    """
    if user is None or not may(user, "ThrowKillSwitch"):
        return False
    if kind is KillScope.TRADER and value == user.id:
        return True
    control = PERMISSIONS["ThrowKillSwitch"] - {_TRADER}
    granted = {fund for grant in user.grants if grant.role in control for fund in grant.funds}
    return EVERY_FUND in granted or (kind is KillScope.FUND and value in granted)


def readable_funds(user: User) -> frozenset[str]:
    """The funds whose data ``user`` may see; `*` inside means every fund."""
    return frozenset(fund for grant in user.grants if grant.role in READERS for fund in grant.funds)


def visible_drafts(user: User) -> Drafts:
    """The orders that ``user`` may see though they were never submitted."""
    held = (grant.funds for grant in user.grants if grant.role in _DRAFT_READERS)
    return Drafts(user.id, frozenset().union(*held))
