"""What a route asks of a person: one word a route, and the roles of which one is enough.

The word is the name of a command, whose roles `domain.reference.entitlement` decides (and the
engine decides again), or one of the words below, for what is only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradeoms.domain.reference.entitlement import PERMISSIONS
from tradeoms.kernel.enums import Role

#: Nobody has to sign in.
PUBLIC: Final = "public"
#: Everyone who has signed in; rows of funds are filtered by the person's grants.
READ: Final = "read"
READ_AUDIT: Final = "read_audit"
READ_PEOPLE: Final = "read_people"
READ_SESSIONS: Final = "read_sessions"
READ_FAIRNESS: Final = "read_fairness"
READ_LISTS: Final = "read_lists"
CHECK: Final = "check"

_READING: Final[Mapping[str, frozenset[Role]]] = {
    READ: frozenset(Role),
    READ_AUDIT: frozenset({Role.AUDITOR, Role.COMPLIANCE_OFFICER, Role.RISK}),
    READ_PEOPLE: frozenset({Role.ADMIN, Role.AUDITOR, Role.COMPLIANCE_OFFICER}),
    READ_SESSIONS: frozenset({Role.OPERATIONS, Role.TRADER, Role.RISK, Role.ADMIN, Role.AUDITOR}),
    READ_FAIRNESS: frozenset({Role.COMPLIANCE_OFFICER, Role.RISK, Role.AUDITOR, Role.OPERATIONS}),
    READ_LISTS: frozenset({Role.COMPLIANCE_OFFICER, Role.RISK, Role.AUDITOR}),
    CHECK: frozenset({Role.PORTFOLIO_MANAGER, Role.TRADER, Role.COMPLIANCE_OFFICER, Role.RISK}),
}


def roles_of(permission: str) -> frozenset[Role]:
    """The roles of which one is enough for ``permission``.

    Raises:
        KeyError: If it is no permission: the route would be open to nobody, or by mistake to all.
    """
    if permission == PUBLIC:
        return frozenset()
    return PERMISSIONS[permission] if permission in PERMISSIONS else _READING[permission]
