"""A check with every cell it measured, made again from the evidence in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from tradeoms.domain.order.events import OrderChecked
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries_journal import find_check
from tradeoms.projections.resources_control import CheckResource, check_resource


def one_check(link: sa.Connection, check_id: str, scope: Scope) -> CheckResource | None:
    """The check, if its order is in scope; the cells of other funds are left out."""
    found = find_check(link, check_id, scope)
    if found is None:
        return None
    checked, seq = found
    return check_resource(checked, seq=seq, cells=_cells(checked), funds=scope.funds)


def _cells(checked: OrderChecked) -> Sequence[Mapping[str, Any]]:  # Any: JSON
    if not checked.evidence:
        return []
    evidence = msgspec.json.decode(checked.evidence)
    return evidence if isinstance(evidence, list) else [evidence]
