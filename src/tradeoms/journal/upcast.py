"""Old bodies, read as if they were written today. The stored text is never touched.

An event whose shape changes gets the next number in `SCHEMA_VERSIONS` and one function in
`UPCASTERS` that turns the raw JSON data of the old version into that of the next. Functions are
chained: version 1 is read by 1 -> 2 -> 3. A type that is not listed has version 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

#: Raw data of one version in, raw data of the next out; may change the mapping it is given.
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]  # Any: raw JSON, before it is typed


def _hit_of_breach(data: dict[str, Any]) -> dict[str, Any]:  # Any: as Upcaster
    """What an order would exceed was called a breach, of a kind that was always `active`."""
    data["hit_id"] = data.pop("breach_id")
    del data["kind"]
    return data


def _excess_by_cell(data: dict[str, Any]) -> dict[str, Any]:  # Any: as Upcaster
    """A check told of each rule in the way the largest excess of any cell, if it was measured."""
    told = data.get("excess", [])
    absent = [""] * (len(data["blocking"]) - len(told))
    data["excess"] = [_anywhere(amount) for amount in (*told, *absent)]
    return data


def _covers_by_cell(data: dict[str, Any]) -> dict[str, Any]:  # Any: as Upcaster
    """A waiver covered every cell of its rule up to one excess, if it was measured."""
    data["excess"] = _anywhere(data.get("excess", ""))
    return data


def _anywhere(amount: str) -> list[dict[str, str]]:
    return [{"fund": "*", "cell": "", "bound": "", "amount": amount}]


#: Event types that were called otherwise once: old name to present name.
RENAMED: Final[Mapping[str, str]] = {"BreachOpened": "HitFound"}

#: Current schema version of each event type that has had more than one.
SCHEMA_VERSIONS: Final[Mapping[str, int]] = {"HitFound": 2, "OrderChecked": 2, "WaiverRequested": 2}

#: (event type, version found) -> the function to the next version.
UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {
    ("HitFound", 1): _hit_of_breach,
    ("OrderChecked", 1): _excess_by_cell,
    ("WaiverRequested", 1): _covers_by_cell,
}
