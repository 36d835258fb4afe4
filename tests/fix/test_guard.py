"""The guard, row by row in the order of its codes; nothing else may reach the market."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fix.engine_stub import BUILD, order
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix.guard import Exposure, Facts, GuardCode, check
from tradeoms.kernel.enums import OrderType

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
FACTS = Facts(now=NOW, killed="", build=BUILD, epoch_seen=1, cl_ord_id_used=False, exposures=())
GOOD = order("C1")
REPLACE = replace(GOOD, kind=InstructionKind.REPLACE, cl_ord_id="C2", orig_cl_ord_id="C1")
CANCEL = replace(REPLACE, kind=InstructionKind.CANCEL)
STATUS = replace(GOOD, kind=InstructionKind.STATUS)


def exposure(name: str, quantity: int, **changes: object) -> Exposure:
    base = Exposure(
        placement_id=name, quantity=Decimal(quantity), pending_quantity=Decimal(0),
        cum_qty=Decimal(0), closed=False,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]  # a table of fields


#: instruction, facts, code; in the order of the codes
REFUSED: list[tuple[Instruction, Facts, GuardCode]] = [
    (GOOD, replace(FACTS, epoch_seen=2), GuardCode.EPOCH_TOO_LOW),
    (CANCEL, replace(FACTS, epoch_seen=2), GuardCode.EPOCH_TOO_LOW),
    (GOOD, replace(FACTS, cl_ord_id_used=True), GuardCode.CL_ORD_ID_USED),
    (CANCEL, replace(FACTS, cl_ord_id_used=True), GuardCode.CL_ORD_ID_USED),
    (replace(GOOD, cl_ord_id=""), FACTS, GuardCode.ORIGINAL_MISSING),
    (replace(CANCEL, orig_cl_ord_id=""), FACTS, GuardCode.ORIGINAL_MISSING),
    (GOOD, replace(FACTS, killed="kil_1"), GuardCode.KILLED),
    (REPLACE, replace(FACTS, killed="kil_1"), GuardCode.KILLED),
    (replace(GOOD, not_after=NOW - timedelta(microseconds=1)), FACTS, GuardCode.STALE),
    (replace(GOOD, build="other"), FACTS, GuardCode.BUILD_DIFFERS),
    (replace(GOOD, check_id=""), FACTS, GuardCode.CHECK_MISSING),
    (replace(GOOD, quantity=Decimal(0)), FACTS, GuardCode.QUANTITY_INVALID),
    (replace(GOOD, quantity=Decimal(-1)), FACTS, GuardCode.QUANTITY_INVALID),
    (replace(GOOD, quantity=Decimal("NaN")), FACTS, GuardCode.QUANTITY_INVALID),
    (replace(GOOD, limit_price=Decimal(0)), FACTS, GuardCode.PRICE_INVALID),
    (replace(GOOD, limit_price=None), FACTS, GuardCode.PRICE_INVALID),
    (replace(GOOD, limit_price=Decimal("Infinity")), FACTS, GuardCode.PRICE_INVALID),
    (replace(GOOD, order_type=OrderType.STOP, limit_price=None), FACTS, GuardCode.PRICE_INVALID),
    (GOOD, replace(FACTS, beyond_session="a value of 1050"), GuardCode.BEYOND_SESSION),
    (replace(GOOD, quantity=Decimal(101)), FACTS, GuardCode.OVER_APPROVED),
    (GOOD, replace(FACTS, exposures=(exposure("other", 1),)), GuardCode.OVER_APPROVED),
    (
        GOOD,  # a closed placement counts what it executed
        replace(FACTS, exposures=(exposure("other", 9, cum_qty=Decimal(1), closed=True),)),
        GuardCode.OVER_APPROVED,
    ),
    (
        replace(GOOD, quantity=Decimal(50)),  # an unanswered replace counts in full
        replace(FACTS, exposures=(exposure("other", 10, pending_quantity=Decimal(51)),)),
        GuardCode.OVER_APPROVED,
    ),
    (
        replace(REPLACE, quantity=Decimal(10)),  # a smaller replace does not free units yet
        replace(FACTS, exposures=(exposure(GOOD.placement_id, 90), exposure("other", 11))),
        GuardCode.OVER_APPROVED,
    ),
]


@pytest.mark.parametrize(("instruction", "facts", "code"), REFUSED)
def test_the_guard_holds_it_back(instruction: Instruction, facts: Facts, code: GuardCode) -> None:
    held = check(instruction, facts)
    assert held is not None
    assert held.code is code


def test_every_code_has_a_row_and_rows_follow_the_codes() -> None:
    seen = list(dict.fromkeys(code for _, _, code in REFUSED))
    assert seen == list(GuardCode)


@pytest.mark.parametrize(
    ("instruction", "facts"),
    [
        (GOOD, FACTS),
        (replace(GOOD, not_after=NOW), FACTS),
        (CANCEL, replace(FACTS, killed="kil_1")),
        (STATUS, replace(FACTS, killed="kil_1", cl_ord_id_used=True)),
        (
            replace(GOOD, quantity=Decimal(60)),
            replace(FACTS, exposures=(exposure("other", 90, cum_qty=Decimal(40), closed=True),)),
        ),
        (
            replace(REPLACE, quantity=Decimal(100)),
            replace(FACTS, exposures=(exposure(GOOD.placement_id, 90),)),
        ),
    ],
)
def test_the_guard_lets_it_pass(instruction: Instruction, facts: Facts) -> None:
    assert check(instruction, facts) is None


SOURCES = Path(__file__).resolve().parents[2] / "src" / "tradeoms"


def _uses(name: str) -> list[str]:
    """`module.function` of every place in the tree that names ``name``."""
    places = []
    for path in sorted(SOURCES.rglob("*.py")):
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(outer, ast.FunctionDef):
                places += [
                    f"{path.relative_to(SOURCES)}:{outer.name}"
                    for node in ast.walk(outer)
                    if isinstance(node, ast.Attribute) and node.attr == name
                ]
    return places


def test_k11_there_is_one_way_to_the_market() -> None:
    assert _uses("sendToTarget") == ["fix/quick.py:transmit"]
    assert sorted(_uses("transmit")) == [
        "fix/actions.py:_ask_list",  # of a list that left through the guard: status, execution
        "fix/entry/process.py:_send",  # reports to a portfolio system, to no market
        "fix/inquiry.py:leave",  # status requests only
        "fix/sender.py:_settle",  # test requests only
        "fix/sender.py:_transmit",  # after the guard
    ]
    whole = [path for path in SOURCES.rglob("*.py") if "quickfix" in path.read_text("utf-8")]
    importers = [path for path in whole if "import quickfix" in path.read_text("utf-8")]
    assert sorted(path.name for path in importers) == [
        "callbacks.py", "quick.py", "session.py",
    ]  # fmt: skip


def test_only_requests_of_the_engine_are_opened_by_the_sender() -> None:
    text = (SOURCES / "fix" / "inquiry.py").read_text(encoding="utf-8")
    assert '= ("AF", pairs)' in text
    assert '("D",' not in text
