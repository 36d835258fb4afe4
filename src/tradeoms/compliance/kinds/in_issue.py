"""The amount in issue behind a cell: of its security, its issuer or its underlying."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.schema.measures import DenAmount, DenIssuer, DenSecurity
from tradeoms.compliance.selector import attribute, number


def in_issue(
    facts: Facts, den: DenAmount, group_by: tuple[str, ...], key: str | None
) -> Fraction | None:
    """Return the amount that the cell ``key`` is a share of.

    None where it is unknown; an amount that is not positive says nothing and is unknown, too.
    """
    if key is None:
        return None
    if isinstance(den, DenIssuer):
        amount = _of_issuer(facts, den.issuer, group_by, key)
    elif isinstance(den, DenSecurity):
        amount = _of_security(facts, den.security, key)
    else:
        amount = facts.outside.underlyings.get(key, {}).get(den.underlying)
        if amount is None:
            amount = _of_security(facts, den.underlying, key)
    return None if amount is None or amount <= 0 else Fraction(amount)


def _of_issuer(facts: Facts, name: str, group_by: tuple[str, ...], key: str) -> Decimal | None:
    issuer: str | None = key
    if group_by != ("issuer",):
        security = facts.securities.get(key)
        issuer = None if security is None else security.issuer
    return facts.outside.issuers.get(issuer or "", {}).get(name)


def _of_security(facts: Facts, name: str, key: str) -> Decimal | None:
    security = facts.securities.get(key)
    return None if security is None else number(attribute(security, name))
