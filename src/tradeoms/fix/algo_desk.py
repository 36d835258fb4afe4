"""Answers the engine's question about an algorithm, with the counterparty's file and its dialect.

What goes out is written by the gateway's own encoder, so that a rule about a field of the order
sees what the counterparty will see, and a parameter never stands in a tag that the order uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.placement.algo import Algo, AlgoWish
from tradeoms.domain.placement.decide import PlacementRejection
from tradeoms.fix.atdl.catalogue import algorithms_of
from tradeoms.fix.atdl.model import ORDER_FIELD, Algorithms
from tradeoms.fix.atdl.ticket import Problem, to_tags, validate
from tradeoms.fix.atdl.tree import AtdlInvalid
from tradeoms.fix.clock import to_us
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.outbound import Encoder, NotEncodable, Pairs
from tradeoms.fix.session_config import load_session
from tradeoms.kernel.decider import Refusal, Rejected, reject

#: Names that rules use for the fields an order may have (FIX 5.0 SP2 Vol. 6).
ORDER_FIELDS: Final = {
    1: "Account", 11: "ClOrdID", 15: "Currency", 18: "ExecInst", 21: "HandlInst",
    22: "SecurityIDSource", 37: "OrderID", 38: "OrderQty", 40: "OrdType", 41: "OrigClOrdID",
    44: "Price", 48: "SecurityID", 54: "Side", 55: "Symbol", 58: "Text", 59: "TimeInForce",
    60: "TransactTime", 63: "SettlType", 64: "SettlDate", 65: "SymbolSfx", 99: "StopPx",
    100: "ExDestination", 110: "MinQty", 111: "MaxFloor", 114: "LocateReqd", 126: "ExpireTime",
    167: "SecurityType", 168: "EffectiveTime", 207: "SecurityExchange", 432: "ExpireDate",
    528: "OrderCapacity",
}  # fmt: skip
_OF_RULES: Final = frozenset({"state_rule", "strategy_edit", "rules_unsettled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationBook:
    """What one destination takes: `algorithms`, or the `problem` why it has none."""

    encoder: Encoder
    algorithms: Algorithms | None = None
    problem: str = ""


class AlgoDesk:
    """The algorithms of every destination; an `AlgoBook`."""

    def __init__(self, of: Mapping[str, DestinationBook]) -> None:
        """Know the destinations by name."""
        self._of = of

    def settle(
        self, instruction: Instruction, wish: AlgoWish, before: Algo | None
    ) -> Algo | Rejected:
        """The algorithm as it goes out, or everything that is wrong with it."""
        destination = instruction.session
        book = self._of.get(destination)
        algorithms = book.algorithms if book else None
        if book is None or algorithms is None:
            why = f": {book.problem}" if book and book.problem else ""
            return _unknown(f"{destination} has no algorithms{why}", wish)
        if wish.strategy not in algorithms.strategies:
            known = ", ".join(algorithms.strategies)
            return _unknown(f"{destination} has {known}", wish)
        if instruction.kind is InstructionKind.REPLACE:
            fixed = tuple(_fixed(algorithms, wish, before))
            if fixed:
                return Rejected(refusals=fixed)
        return _settle(instruction, wish, algorithms, book.encoder)


def algo_desk(config: Path | None) -> AlgoDesk:
    """The algorithms that the settings name; a session or file that is wrong gives none."""
    if config is None:
        return AlgoDesk({})
    names = sorted(file.stem for file in (config / "sessions").glob("*.yaml"))
    return AlgoDesk({name: book for name in names if (book := _book(config, name)) is not None})


def _book(config: Path, name: str) -> DestinationBook | None:
    try:
        session = load_session(config, name)
    except ConfigInvalid:
        return None  # its gateway says what is wrong
    encoder = Encoder(session.dialect, session.version)
    try:
        return DestinationBook(encoder=encoder, algorithms=algorithms_of(config, name))
    except AtdlInvalid as error:
        return DestinationBook(encoder=encoder, problem=str(error))


def _settle(
    instruction: Instruction, wish: AlgoWish, algorithms: Algorithms, encoder: Encoder
) -> Algo | Rejected:
    values = dict(wish.parameters)
    at_us = to_us(instruction.created_at)
    try:
        order = _order_fields(encoder.encode(instruction, at_us))
    except NotEncodable as error:
        return _not_sendable(f"the order cannot go there: {error}", wish)
    problems = validate(algorithms, wish.strategy, values, order)
    if len(values) < len(wish.parameters):
        problems = (
            *problems,
            Problem(strategy=wish.strategy, code="twice", detail="name each once"),
        )
    if problems:
        return Rejected(refusals=tuple(_refusal(each) for each in problems))
    fields = tuple(to_tags(algorithms, wish.strategy, values, order))
    try:
        encoder.encode(replace(instruction, algo=fields), at_us)
    except NotEncodable as error:
        return _not_sendable(str(error), wish, _owner(algorithms, wish.strategy, error.tag))
    return Algo(
        strategy=wish.strategy,
        version=algorithms.strategies[wish.strategy].version,
        parameters=wish.parameters,
        fields=fields,
    )


def _order_fields(pairs: Pairs) -> dict[str, str]:
    return {ORDER_FIELD + ORDER_FIELDS[tag]: text for tag, text in pairs if tag in ORDER_FIELDS}


def _fixed(algorithms: Algorithms, wish: AlgoWish, before: Algo | None) -> Iterator[Refusal]:
    """What a replace would change and the counterparty does not let change."""
    code = PlacementRejection.ALGO_FIXED
    if before is None or wish.strategy != before.strategy:
        if not algorithms.strategy_changeable:
            stays = f"stays {before.strategy}" if before else "stays without an algorithm"
            detail = f"{stays} while the order lives: cancel and place anew"
            yield Refusal(code=code, detail=detail, field="algo/strategy", value=wish.strategy)
        return
    now, had = dict(wish.parameters), dict(before.parameters)
    for name, parameter in algorithms.strategies[wish.strategy].parameters.items():
        if not parameter.mutable and now.get(name) != had.get(name):
            stays = f"stays {had[name]}" if name in had else "stays left out"
            detail = f"{name} {stays} while the order lives: cancel and place anew"
            yield Refusal(code=code, detail=detail, field=_field(name), value=now.get(name, ""))


def _owner(algorithms: Algorithms, strategy: str, tag: int) -> str:
    """The parameter that goes out in ``tag``; empty for the strategy itself and the group."""
    parameters = algorithms.strategies[strategy].parameters.values()
    return next((each.name for each in parameters if each.fix_tag == tag), "")


def _refusal(problem: Problem) -> Refusal:
    code = PlacementRejection.ALGO_PARAMETER
    if problem.code in _OF_RULES:
        code = PlacementRejection.ALGO_RULE
    name = problem.parameter
    detail = f"{name}: {problem.detail}" if name else problem.detail
    return Refusal(code=code, detail=detail, field=_field(name), value=problem.value)


def _field(parameter: str) -> str:
    return f"algo/parameters/{parameter}" if parameter else "algo/parameters"


def _unknown(detail: str, wish: AlgoWish) -> Rejected:
    code = PlacementRejection.ALGO_UNKNOWN
    return reject(code, detail, field="algo/strategy", value=wish.strategy)


def _not_sendable(detail: str, wish: AlgoWish, parameter: str = "") -> Rejected:
    field = _field(parameter) if parameter else "algo/strategy"
    value = dict(wish.parameters).get(parameter, wish.strategy)
    return reject(PlacementRejection.ALGO_NOT_SENDABLE, detail, field=field, value=value)
