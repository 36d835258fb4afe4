"""The library of methods: how units are shared over funds, and how small parts are given back.

Every method gives each fund at most what it still lacks, leaves nothing over, and gives the same
answer for the same question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tradeoms.kernel.numbers import ZERO, share_out


def split(room: Sequence[Decimal], quantity: Decimal, lot: Decimal) -> list[Decimal]:
    """Split ``quantity`` over the ``room``; odd units below a lot go where they still fit."""
    if quantity == sum(room, ZERO):
        return list(room)
    return spread(room, quantity, lot)


def spread(weights: Sequence[Decimal], quantity: Decimal, lot: Decimal) -> list[Decimal]:
    """Split ``quantity`` by ``weights``, in lots where all of them are whole lots."""
    in_lots = quantity % lot == 0 and all(weight % lot == 0 for weight in weights)
    unit = lot if in_lots else grain(quantity, weights)
    units = share_out(int(quantity / unit), [int(weight / unit) for weight in weights])
    return [count * unit for count in units]


def serve(room: Sequence[Decimal], quantity: Decimal, order: Sequence[int]) -> list[Decimal]:
    """Fill the ``room`` of one fund after the other; ``order`` are their positions."""
    given = [ZERO] * len(room)
    left = quantity
    for number in order:
        given[number] = min(left, room[number])
        left -= given[number]
    assert not left
    return given


def give_back(
    parts: Sequence[Decimal], room: Sequence[Decimal], *, least: Decimal, lot: Decimal
) -> list[Decimal]:
    """Give parts below ``least`` to the funds that have larger ones, smallest first.

    A part stays where the others lack too little to take it, and where its fund has all that was
    stated for it (no ``room``). Of equal parts the later one goes first.

    Args:
        parts: Units of each fund.
        room: Units that each fund lacks beside its part.
        least: Smallest part that stays, units.
        lot: Smallest unit in which funds may hold the security.
    """
    units, left = list(parts), list(room)
    small = [n for n, part in enumerate(parts) if ZERO < part < least and room[n]]
    for number in sorted(small, key=lambda n: (units[n], -n)):
        part = units[number]
        open_to = [left[n] if units[n] and n != number else ZERO for n in range(len(units))]
        if part >= least or sum(open_to, ZERO) < part:
            continue  # it has grown by what others gave back, or nobody can take it
        given = split(open_to, part, lot)
        units[number] = ZERO
        left[number] += part
        for n, more in enumerate(given):
            units[n] += more
            left[n] -= more
    return units


def resplit(
    executions: Sequence[tuple[str, Decimal]], wanted: Mapping[str, Decimal], lot: Decimal
) -> dict[str, dict[str, Decimal]]:
    """Share executions so that funds come to exactly what is ``wanted``.

    Args:
        executions: (id, units), which sum to what is wanted.
        wanted: Fund to units.
        lot: As for `give_back`.

    Returns:
        Of each execution fund to units, funds without any left out.
    """
    funds, room = list(wanted), list(wanted.values())
    found = {}
    for key, quantity in executions:
        given = split(room, quantity, lot)
        room = [had - got for had, got in zip(room, given, strict=True)]
        found[key] = {fund: units for fund, units in zip(funds, given, strict=True) if units}
    return found


def grain(quantity: Decimal, room: Sequence[Decimal]) -> Decimal:
    """The finest decimal place that ``quantity`` or any room uses, so that all are whole in it."""
    exponents = [value.as_tuple().exponent for value in (quantity, *room)]
    return Decimal(1).scaleb(min(0, *(x for x in exponents if isinstance(x, int))))


def whole(units: Sequence[Decimal]) -> list[int]:
    """Scale decimals to integers that keep their proportions."""
    unit = grain(ZERO, units)
    return [int(each / unit) for each in units]
