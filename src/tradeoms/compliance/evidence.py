"""Evidence: what an answer rests on, as one short JSON text.

It holds the order, what the rules ask about its security and funds, and the exact sum of every
cell the order touches, before the order: each in the fewest bytes that hold them all. Cells that
were not judged from sums are written out. Limits are not repeated: they stand in the rules, which
the evidence names by content hash. `explain.expand` turns it back into every rule's arithmetic.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import gcd
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tradeoms.compliance.cells import FINE, Int64s
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.plan import DENS, Plan
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.prepared import Prepared
from tradeoms.compliance.replay_outside import OutsideRecorder
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule
from tradeoms.compliance.selector import attribute
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import FundFacts, Outcome, SecurityFacts
from tradeoms.kernel.numbers import plain

VERSION: Final = 5
#: Kinds that may name a currency.
_IN_CURRENCY: Final = OrderRule | CashRule | RatioRule | GroupsRule
#: Decimal places of the fine part.
FINE_PLACES: Final = 15


class Recorder:
    """Writes evidence; remembers the parts that repeat until the facts behind them change."""

    def __init__(self, facts: Facts, plan: Plan, rules_hash: str) -> None:
        self._facts = facts
        self._plan = plan
        self._head = f'{{"v":{VERSION},"rules":"{rules_hash[:16]}"'
        self._securities: dict[str, str] = {}
        self._funds: dict[str, str] = {}
        self._rates_known: dict[tuple[object, ...], str] = {}
        self._outside: Final = OutsideRecorder(facts, plan.rules)
        self._asked: Final = asked_of_funds(plan.rules)
        self._currencies: Final = {
            rule.currency
            for rule in plan.rules
            if isinstance(rule, _IN_CURRENCY) and rule.currency is not None
        }
        self._lists: Final = sorted(
            {
                rule.list
                for rule in plan.rules
                if isinstance(rule, RestrictRule) and isinstance(rule.list, str)
            }
        )

    def forget_security(self, security_id: str) -> None:
        """Drop what is remembered of a security."""
        self._securities.pop(security_id, None)

    def forget_fund(self, fund_id: str) -> None:
        """Drop what is remembered of a fund."""
        self._funds.pop(fund_id, None)

    def write(  # noqa: PLR0913  # the parts of one record, each by its name
        self,
        prepared: Prepared,
        *,
        today: str,
        numbers: str,
        now: datetime | None,
        whole: Sequence[int],
        holdings: Sequence[Sequence[int]],
        aggregates: Sequence[object],
        groups: Sequence[str],
        extra: Sequence[tuple[int, CellResult]],
    ) -> str:
        """Return the evidence of one answer.

        Args:
            prepared: The order.
            today: Date of the check, ISO.
            numbers: Packed sums of the touched cells.
            now: Instant of the check, where there is one.
            whole: Rules that the reference judged; ``extra`` has all their cells.
            holdings: Position and open quantities of every leg, where rules need them.
            aggregates: Denominators of aggregates above the fund.
            groups: What the groups of every leg's fund come to together, JSON, where rules ask.
            extra: Cells not judged from sums, with the index of their rule.
        """
        candidate = prepared.candidate
        legs = ",".join(
            [f'[{self._fund(part.fund_id)},"{plain(part.quantity)}"]' for part in candidate.legs]
        )
        limit = "" if candidate.limit_price is None else plain(candidate.limit_price)
        head = (
            f'{self._head},"day":"{today}","side":"{candidate.side.value}",'
            f'"type":{json.dumps(candidate.order_type)},"limit":"{limit}",'
            f'"sec":{self._security(candidate.security_id)},"legs":[{legs}],"cells":{numbers}'
        )
        if candidate.done:
            head += f',"done":"{plain(candidate.done)}"'
        head += self._rates(prepared)
        head += self._outside.figures([leg.fund_id for leg in candidate.legs], now)
        if whole:
            head += f',"whole":{list(whole)}'
        if holdings:
            head += f',"held":{json.dumps(holdings, separators=(",", ":"))}'
        if aggregates:
            head += f',"above":{json.dumps(aggregates, separators=(",", ":"))}'
        if groups:
            head += f',"groups":[{",".join(groups)}]'
        if extra:
            written = [_written(index, cell) for index, cell in extra]
            head += f',"also":{json.dumps(written, separators=(",", ":"), ensure_ascii=False)}'
        return head + "}"

    def _security(self, security_id: str) -> str:
        found = self._securities.get(security_id)
        if found is None:
            content = self._security_content(self._facts.securities[security_id])
            found = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            self._securities[security_id] = found
        return found

    def _security_content(self, security: SecurityFacts) -> dict[str, Any]:  # JSON to be
        price = self._facts.price(security.id)
        content: dict[str, Any] = {
            "id": security.id,
            "ccy": security.currency,
            "price": None if price is None else plain(price),
        }
        if why := self._facts.why_unvalued(security.id):
            content["unpriced"] = why
        for name in ("lot", "factor", "accrued"):
            value = getattr(security, name)
            if value != (0 if name == "accrued" else 1):
                content[name] = plain(value)
        asked = {}
        for name in self._plan.attributes:
            value = attribute(security, name)
            if value is not None:
                asked[name] = _jsonable(value)
        content["is"] = asked
        beside = self._outside.of_security(security)
        if beside:
            content["beside"] = beside
        standing = {name: self._on_list(name, security) for name in self._lists}
        for word, answer in (("on", True), ("unsure", None)):
            named = [name for name, found in standing.items() if found is answer]
            if named:
                content[word] = named
        return content

    def _on_list(self, name: str, security: SecurityFacts) -> bool | None:
        """Return whether a list names the security; None where that is not known."""
        named = self._facts.lists.get(name)
        value = None if named is None else attribute(security, named.attribute)
        return None if named is None or value is None else str(value) in named.members

    def _rates(self, prepared: Prepared) -> str:
        """Rates from the security's currency into those that the rules measure in."""
        own = self._facts.securities[prepared.candidate.security_id].currency
        key = (own, *[leg.place.currencies for leg in prepared.legs])
        found = self._rates_known.get(key)
        if found is None:
            wanted = {one for leg in prepared.legs for one in leg.place.currencies}
            wanted = (wanted | self._currencies) - {own}
            rates = {one: self._facts.fx.get((own, one)) for one in sorted(wanted)}
            known = ",".join(
                f'"{one}":"{plain(rate)}"' for one, rate in rates.items() if rate is not None
            )
            found = self._rates_known[key] = f',"fx":{{{known}}}' if known else ""
        return found

    def _fund(self, fund_id: str) -> str:
        found = self._funds.get(fund_id)
        if found is None:
            content = fund_content(self._facts.funds[fund_id], self._asked)
            found = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            self._funds[fund_id] = found
        return found


def aggregates_of(state: LiveState, prepared: Prepared) -> list[object]:
    """Name, currency and denominators of every aggregate above the funds."""
    found: dict[str, object] = {}
    if all(len(leg.place.levels) == 1 for leg in prepared.legs):
        return []
    for leg in prepared.legs:
        place = leg.place
        for level, entity, currency in zip(
            place.levels[1:], place.entities[1:], place.currencies[1:], strict=True
        ):
            name = state.names[entity]
            dens = state.den_exact[entity * len(DENS) : (entity + 1) * len(DENS)]
            found[name] = [level, name, currency, *map(exact_text, dens)]
    return list(found.values())


def fund_content(fund: FundFacts, asked: frozenset[str]) -> dict[str, Any]:  # JSON to be
    """Return what evidence says of a fund: only what rules ask for."""
    content: dict[str, Any] = {"id": fund.id, "ccy": fund.currency}
    for short, name in _FUND_NUMBERS.items():
        value = getattr(fund, name)
        if name in asked and value is not None and (name != "borrowings" or value):
            content[short] = plain(value)
    if "regime" in asked and fund.regimes:
        content["regime"] = fund.regimes[0] if len(fund.regimes) == 1 else list(fund.regimes)
    if "family" in asked and fund.family is not None:
        content["family"] = fund.family
    if "groups" in asked and fund.groups:
        content["groups"] = list(fund.groups)
    if "authorised_on" in asked and fund.authorised_on is not None:
        content["since"] = fund.authorised_on.isoformat()
    if "benchmark" in asked and fund.benchmark:
        content["benchmark"] = {name: plain(weight) for name, weight in fund.benchmark.items()}
    return content


def asked_of_funds(rules: Sequence[Rule]) -> frozenset[str]:
    """Return the fields of a fund that decide about ``rules``."""
    asked: set[str] = set()
    for rule in rules:
        scope = rule.scope
        uses = {
            "regime": bool(scope.regimes),
            "groups": bool(scope.fund_groups or scope.exclude_fund_groups),
            "authorised_on": rule.grace_months_after_authorisation is not None,
        }
        if isinstance(rule, RatioRule | WavgRule | LadderRule | GroupsRule):
            uses["family"] = rule.level == "family"
            uses["groups"] |= rule.level.startswith("group:")
        if isinstance(rule, RatioRule):
            uses["benchmark"] = rule.by_benchmark
        if isinstance(rule, RatioRule | GroupsRule):
            uses |= dict.fromkeys(_SCALARS.get(str(rule.den), ()), True)
        asked |= {name for name, used in uses.items() if used}
    return frozenset(asked)


#: Fields of a fund behind every denominator.
_SCALARS: Final = {
    "nav": ("nav",),
    "total_assets": ("total_assets",),
    "net_assets": ("nav", "net_assets"),
    "nav_plus_borrowings": ("nav", "borrowings"),
}
_FUND_NUMBERS: Final = {
    "nav": "nav",
    "ta": "total_assets",
    "na": "net_assets",
    "debt": "borrowings",
}


def pack(sums: Int64s) -> tuple[str, npt.NDArray[np.uint8]]:
    """Pack sums into the fewest bytes that hold each of them.

    Args:
        sums: Coarse and fine parts, (E, 2).

    Returns:
        The head "[bytes of coarse, bytes of fine, zeros cut off fine", and bytes (E, width).
    """
    if not len(sums):
        return f"[1,0,{FINE_PLACES}", np.zeros((0, 1), np.uint8)
    zeros = trailing_zeros(sums[:, 1])
    cut = sums.astype("<i8")
    cut[:, 1] //= 10**zeros
    size, fine = np.abs(cut[:, 0]), cut[:, 1]
    high = size.item(size.argmax()).bit_length() // 8 + 1
    low = (fine.item(fine.argmax()).bit_length() + 7) // 8
    table = cut.view(np.uint8)
    return f"[{high},{low},{zeros}", table.take(_columns(high, low), axis=1)


@cache
def _columns(high: int, low: int) -> Int64s:
    """Where the bytes that are kept lie in those of a coarse and a fine part."""
    return np.array([*range(high), *range(8, 8 + low)], np.int64)


def trailing_zeros(fine: Int64s) -> int:
    """Return how many decimal zeros end all of ``fine``, at most `FINE_PLACES`."""
    divisor = gcd(*fine.tolist())
    if not divisor:
        return FINE_PLACES
    zeros = 0
    while divisor % 10 == 0:
        divisor, zeros = divisor // 10, zeros + 1
    return zeros


def packed_text(head: str, table: npt.NDArray[np.uint8]) -> str:
    """Return the JSON of some rows of a packed table."""
    return f'{head},"{b2a_base64(table.tobytes(), newline=False).decode()}"]'


def unpack(packed: Sequence[Any]) -> list[int]:  # parsed JSON
    """Return the sums of a packed table, units of 10**-21."""
    high, low, zeros, text = packed
    raw = a2b_base64(text)
    found = []
    for start in range(0, len(raw), high + low):
        coarse = int.from_bytes(raw[start : start + high], "little", signed=True)
        fine = int.from_bytes(raw[start + high : start + high + low], "little")
        found.append(coarse * FINE + fine * 10**zeros)
    return found


def _written(index: int, cell: CellResult) -> list[object]:
    numbers = (cell.num_before, cell.den_before, cell.num_after, cell.den_after, cell.limit)
    return [
        index,
        cell.entity,
        cell.key,
        cell.outcome.value,
        *(exact_text(number) for number in numbers),
        cell.bound,
        cell.reason,
        *([[list(event) for event in cell.events]] if cell.events else []),
    ]


def read_cell(raw: Sequence[Any]) -> tuple[int, CellResult]:  # parsed JSON
    """Read a cell that was written out; the inverse of what `Recorder` does."""
    index, entity, key, outcome, *texts = raw
    bound, reason = texts[5], texts[6]
    num0, den0, num1, den1, limit = (None if text is None else Fraction(text) for text in texts[:5])
    return index, CellResult(
        entity=entity,
        key=key,
        outcome=Outcome(outcome),
        num_before=num0,
        den_before=den0,
        num_after=num1,
        den_after=den1,
        limit=limit,
        bound=bound,
        reason=reason,
        events=tuple(tuple(event) for event in texts[7]) if len(texts) > 7 else (),
    )


def _jsonable(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (tuple, list)):
        return [_jsonable(one) for one in value]
    return value
