"""The demo's people, and where their orders go. Passwords are printed: they protect nothing."""

from __future__ import annotations

from typing import Final

from tradeoms.demo.counterparties import COUNTERPARTIES

#: Log-in name to name and roles.
PEOPLE: Final = {
    "pm.growth": ("Gita Growth", "portfolio_manager@GROWTH|INDEX|LONGSHORT"),
    "pm.index": ("Ivo Index", "portfolio_manager@INDEX|ETHICAL"),
    "pm.income": ("Inge Income", "portfolio_manager@INCOME"),
    "trader.tom": ("Tom Trader", "trader@*"),
    "officer.olga": ("Olga Officer", "compliance_officer@*"),
    "officer.omar": ("Omar Officer", "compliance_officer@*"),
    "ops.oscar": ("Oscar Operations", "operations@*"),
    "admin.ada": ("Ada Admin", "admin@*"),
    "risk.rita": ("Rita Risk", "risk@*"),
    "auditor.aude": ("Aude Auditor", "auditor@*"),
}
#: Name, kind and title of every destination; each has a FIX session of the same name.
DESTINATIONS: Final = tuple((one.name, one.kind, one.title) for one in COUNTERPARTIES)


def passwords() -> dict[str, str]:
    """The demo password of everybody."""
    return {user: f"demo-{user}" for user in PEOPLE}
