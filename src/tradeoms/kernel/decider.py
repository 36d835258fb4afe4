"""What every decision shares: the stamp that comes with a command, the refusal that may answer.

A decision is `decide(command, state, stamp) -> list[Event] | Rejected`. The stamp carries all that
a pure function must not fetch for itself: the time, the person, and the base from which ids are
made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tradeoms.kernel.records import quick


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When, by whom and under which id a command is decided.

    Attributes:
        at: Instant of the decision, aware, UTC, microseconds.
        actor: User id of the natural person, or `system` / `session:<name>` for reports.
        base: Unique text from which the ids of this command's events are made.
        cl_ord_id: A ClOrdID (FIX 11) free to use, unique for ever.
    """

    at: datetime
    actor: str
    base: str
    cl_ord_id: str = ""

    def id(self, prefix: str, number: int = 0) -> str:
        """Make the id `prefix_base`, or `prefix_base-number` for the second and later of a kind."""
        return f"{prefix}_{self.base}-{number}" if number else f"{prefix}_{self.base}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason why a request was refused: the closed code, and the numbers that show why."""

    code: StrEnum
    detail: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The answer to a request that was refused; it changed nothing. At least one refusal.

    `evidence` is what compliance measured, where it was compliance that refused.
    """

    refusals: tuple[Refusal, ...]
    evidence: str = ""

    @property
    def code(self) -> StrEnum:
        """The code of the first refusal, by the order in which the checks run."""
        return self.refusals[0].code


def reject(code: StrEnum, detail: str, *, field: str = "", value: object = "") -> Rejected:
    """Refuse for a single reason."""
    refusal = Refusal(code=code, detail=detail, field=field, value=str(value))
    return Rejected(refusals=(refusal,))


def refusal(code: StrEnum, detail: str, field: str, value: object) -> Refusal:
    """One reason among several; of ``value``, which is a person's, the first 80 signs in ASCII."""
    return Refusal(code=code, detail=detail, field=field, value=ascii(str(value))[1:-1][:80])
