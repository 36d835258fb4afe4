"""What a later run compares with: quantities, prices, rates, cash and net asset value of a run.

Kept with every result, compressed: about 15 bytes a holding. What rules and reference data were is
in the journal and is not repeated here (decision 0007).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradeoms.compliance.facts import Facts

Amounts = dict[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The numbers of one entity at a run; maps are by fund where they are nested."""

    positions: Mapping[str, Amounts]
    prices: Mapping[str, Decimal | None]
    fx: Mapping[tuple[str, str], Decimal]
    cash: Mapping[str, Amounts]
    nav: Mapping[str, Decimal | None]
    total_assets: Mapping[str, Decimal | None]


def write_base(facts: Facts, funds: Iterable[str]) -> str:
    """Return the numbers of ``funds`` as text."""
    held = {fund: {s: q for s, q in facts.held(fund).items() if q} for fund in funds}
    names = sorted({security for one in held.values() for security in one})
    at = {name: number for number, name in enumerate(names)}
    content = {
        "q": {fund: [[at[s], str(q)] for s, q in one.items()] for fund, one in held.items()},
        "s": names,
        "p": [_text(facts.price(name)) for name in names],
        "x": [[*pair, str(rate)] for pair, rate in sorted(facts.fx.items())],
        "c": {f: {c: str(a) for c, a in facts.cash.get(f, {}).items()} for f in held},
        "n": {f: [_text(facts.funds[f].nav), _text(facts.funds[f].total_assets)] for f in held},
    }
    text = json.dumps(content, separators=(",", ":"))
    return base64.b85encode(zlib.compress(text.encode(), 6)).decode()


def read_base(text: str) -> Base:
    """Read what `write_base` wrote."""
    content = json.loads(zlib.decompress(base64.b85decode(text)))
    names = content["s"]
    return Base(
        positions={
            fund: {names[at]: Decimal(q) for at, q in rows} for fund, rows in content["q"].items()
        },
        prices=dict(zip(names, map(_number, content["p"]), strict=True)),
        fx={(start, to): Decimal(rate) for start, to, rate in content["x"]},
        cash={f: {c: Decimal(a) for c, a in one.items()} for f, one in content["c"].items()},
        nav={fund: _number(pair[0]) for fund, pair in content["n"].items()},
        total_assets={fund: _number(pair[1]) for fund, pair in content["n"].items()},
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
