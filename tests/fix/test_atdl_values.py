"""Values of a strategy: every type, limit, operator and rule, and the fields they become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fix.atdl_files import (
    TAGS,
    compare,
    control,
    edit,
    joined,
    layout,
    parameter,
    read,
    state_rule,
)
from tradeoms.commands.fix_pages import CONFIG
from tradeoms.fix.atdl.controls import states
from tradeoms.fix.atdl.reader import read_algorithms
from tradeoms.fix.atdl.ticket import ValuesRefused, to_tags, validate
from tradeoms.fix.atdl.values import TYPES

SIMULATORS = read_algorithms(CONFIG / "atdl" / "simulators.xml")
ENUM = (
    '<Parameter name="Mode" xsi:type="Int_t" fixTag="9005">'
    '<EnumPair enumID="daily" wireValue="2"/><EnumPair enumID="custom" wireValue="3"/></Parameter>'
)
TWO = parameter("Int_t", name="A") + parameter("Int_t", name="B", tag=9002)
A_THERE, B_THERE = compare("A", "EX"), compare("B", "EX")

#: Type -> a value of it, and texts that are none.
FORMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Int_t": ("-5", ("1.5", "", "+1", "1e3", "x")),
    "Length_t": ("1", ("0", "-1")),
    "NumInGroup_t": ("1", ("0",)),
    "SeqNum_t": ("1", ("0",)),
    "TagNum_t": ("1", ("0",)),
    "Float_t": ("-1.25", ("NaN", "1e5", "1.", "Infinity")),
    "Qty_t": ("100", ("1,000",)),
    "Price_t": ("10.05", ("ten",)),
    "PriceOffset_t": ("-0.05", ("-",)),
    "Amt_t": ("1000.50", ("$1",)),
    "Percentage_t": ("0.15", ("15%",)),
    "Char_t": ("L", ("LL", " ", "")),
    "Boolean_t": ("true", ("yes", "1", "TRUE")),
    "String_t": ("dark only", ("", "a\x01b", "é")),
    "MultipleCharValue_t": ("A B", ("AB", "A  B", "A A")),
    "Currency_t": ("USD", ("usd", "DOLLAR")),
    "Exchange_t": ("XNYS", ("xnys",)),
    "MonthYear_t": ("202601", ("202613", "2026")),
    "UTCTimestamp_t": ("20260105-14:30:00", ("20260105", "20260230-10:00:00", "20260105-25:00:00")),
    "UTCTimeOnly_t": ("14:30:00.5", ("14:30", "24:00:00")),
    "LocalMktDate_t": ("20260105", ("2026-01-05", "20260230")),
    "UTCDateOnly_t": ("20260105", ("20261301",)),
    "MultipleStringValue_t": ("dark lit", ("dark  lit", "dark dark")),
    "Country_t": ("US", ("USA",)),
    "Language_t": ("en", ("EN",)),
    "TZTimeOnly_t": ("14:30:00+01:00", ("14:30:00", "14:30:00+15:00")),
    "TZTimestamp_t": ("20260105-14:30:00Z", ("20260105-14:30:00", "20260105-14:30:00+01:75")),
    "Tenor_t": ("M3", ("3M",)),
}


def codes(problems: object) -> list[str]:
    assert isinstance(problems, tuple)
    return [one.code for one in problems]


@pytest.mark.parametrize("name", list(TYPES))
def test_each_type_takes_its_form_and_no_other(tmp_path: Path, name: str) -> None:
    good, bad = FORMS[name]
    algorithms = read(tmp_path, parameter(name))
    assert validate(algorithms, "S", {"P": good}) == ()
    for text in bad:
        assert codes(validate(algorithms, "S", {"P": text})) == ["malformed"], text


@pytest.mark.parametrize(
    ("definition", "text", "code"),
    [
        (parameter("Int_t", 'minValue="1" maxValue="9"'), "0", "below_minimum"),
        (parameter("Int_t", 'minValue="1" maxValue="9"'), "10", "above_maximum"),
        (parameter("Int_t", 'minValue="1" maxValue="9"'), "9", ""),
        (parameter("Percentage_t", 'maxValue="0.35"'), "0.350000000001", "above_maximum"),
        (parameter("Price_t", 'precision="2"'), "1.005", "precision"),
        (parameter("Price_t", 'precision="2"'), "1.050", ""),
        (parameter("String_t", 'minLength="2" maxLength="3"'), "a", "length"),
        (parameter("String_t", 'minLength="2" maxLength="3"'), "abcd", "length"),
        (parameter("Int_t", 'constValue="7"'), "7", "constant"),
        (
            parameter("UTCTimestamp_t", 'minValue="08:30:00" localMktTz="America/Chicago"'),
            "20260701-13:29:59", "below_minimum",
        ),
        (
            parameter("UTCTimestamp_t", 'minValue="08:30:00" localMktTz="America/Chicago"'),
            "20260701-13:30:00", "",
        ),
        (parameter("UTCTimestamp_t", 'maxValue="20:00:00"'), "20260701-20:00:01", "above_maximum"),
        (
            parameter("TZTimestamp_t", 'maxValue="20260105-14:30:00Z"'),
            "20260105-15:29:59+01:00", "",
        ),
        (
            parameter("TZTimestamp_t", 'maxValue="20260105-14:30:00Z"'),
            "20260105-14:30:00-00:30", "above_maximum",
        ),
    ],
)  # fmt: skip
def test_limits_are_kept_to_the_digit(
    tmp_path: Path, definition: str, text: str, code: str
) -> None:
    assert "".join(codes(validate(read(tmp_path, definition), "S", {"P": text}))) == code


def test_what_is_missing_or_unknown_is_told_with_its_name(tmp_path: Path) -> None:
    algorithms = read(tmp_path, parameter("Int_t", 'use="required"') + ENUM)
    (missing,) = validate(algorithms, "S", {})
    assert (missing.strategy, missing.parameter, missing.code) == ("S", "P", "required")
    assert codes(validate(algorithms, "S", {"P": "1", "Q": "2"})) == ["parameter_unknown"]
    assert codes(validate(algorithms, "T", {})) == ["strategy_unknown"]
    (wrong,) = validate(algorithms, "S", {"P": "1", "Mode": "2"})
    assert (wrong.code, wrong.detail) == ("not_allowed", "allowed: daily, custom")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (compare("A", "EX"), "A AB A2"),
        (compare("A", "NX"), "- B"),
        (compare("A", "EQ", 'value="2"'), "A2"),
        (compare("A", "NE", 'value="2"'), "- A B AB"),
        (compare("A", "LT", 'value="2"'), "A AB"),
        (compare("A", "LE", 'value="2"'), "A AB A2"),
        (compare("A", "GT", 'value="1"'), "A2"),
        (compare("A", "GE", 'value="1"'), "A AB A2"),
        (compare("A", "LT", 'field2="B"'), "AB"),
        (compare("A", "EQ", 'field2="B"'), ""),
        (compare("FIX_OrderQty", "GT", 'value="99"'), "- A B AB A2"),
        (compare("FIX_OrderQty", "GT", 'field2="A"'), "A AB A2"),
        (compare("FIX_MinQty", "LT", 'value="99"'), ""),
        (joined("AND", A_THERE, B_THERE), "AB"),
        (joined("OR", A_THERE, B_THERE), "A B AB A2"),
        (joined("XOR", A_THERE, B_THERE), "A B A2"),
        (joined("XOR", A_THERE, A_THERE, B_THERE), "B"),
        (joined("NOT", A_THERE), "- B"),
        (joined("NOT", joined("OR", A_THERE, B_THERE)), "-"),
    ],
)  # fmt: skip
def test_every_operator_says_when_it_holds(tmp_path: Path, condition: str, holds: str) -> None:
    algorithms = read(tmp_path, TWO + edit(condition))
    cases = {
        "-": {}, "A": {"A": "1"}, "B": {"B": "11"}, "AB": {"A": "1", "B": "11"}, "A2": {"A": "2"},
    }  # fmt: skip
    order = {"FIX_OrderQty": "100"}
    held = [name for name, values in cases.items() if not validate(algorithms, "S", values, order)]
    assert sorted(held) == sorted(holds.split())


def test_edits_compare_wire_values_and_state_rules_enum_ids(tmp_path: Path) -> None:
    rule = state_rule('value="{NULL}"', compare("m", "NE", 'value="custom"'))
    algorithms = read(
        tmp_path,
        ENUM + parameter("Int_t") + edit(compare("Mode", "GE", 'value="2"'))
        + layout(control("m", 'parameterRef="Mode"'), control("p", 'parameterRef="P"', rule)),
    )  # fmt: skip
    assert validate(algorithms, "S", {"Mode": "custom", "P": "4"}) == ()
    (problem,) = validate(algorithms, "S", {"Mode": "daily", "P": "4"})
    assert (problem.parameter, problem.code) == ("P", "state_rule")
    assert problem.detail == "must be left out, given the other values"
    assert codes(validate(algorithms, "S", {})) == ["strategy_edit"]


def test_a_state_rule_may_ask_for_a_value_and_rules_are_followed_in_chains(tmp_path: Path) -> None:
    def rule(what: str, field: str) -> str:
        return state_rule(what, compare(field, "EX"))

    algorithms = read(
        tmp_path,
        TWO + parameter("Boolean_t", name="C", tag=9003)
        + layout(
            control("c", 'parameterRef="C"', rule('value="true"', "b"), "CheckBox_t"),
            control("b", 'parameterRef="B"', rule('value="5"', "a")),
            control("a", 'parameterRef="A"'),
        ),
    )  # fmt: skip
    told = {one.parameter: one.detail for one in validate(algorithms, "S", {"A": "1"})}
    assert told == {
        "B": "must be 5, given the other values", "C": "must be true, given the other values",
    }  # fmt: skip
    assert validate(algorithms, "S", {"A": "1", "B": "5", "C": "true"}) == ()


def test_state_rules_that_never_settle_are_refused(tmp_path: Path) -> None:
    one = state_rule('value="1"', compare("b", "NX")) + state_rule('value="2"', compare("b", "EX"))
    other = state_rule('value="1"', compare("a", "EQ", 'value="1"'))
    other += state_rule('value="{NULL}"', compare("a", "EQ", 'value="2"'))
    controls = control("a", 'parameterRef="A"', one), control("b", 'parameterRef="B"', other)
    algorithms = read(tmp_path, TWO + layout(*controls))
    assert codes(validate(algorithms, "S", {})) == ["rules_unsettled"]


def test_a_helper_control_steers_by_what_it_holds_at_first(tmp_path: Path) -> None:
    rule = state_rule('value="{NULL}"', compare("h", "EQ", 'value="false"'))
    for initial, found in (("false", ["state_rule"]), ("true", [])):
        helper = control("h", f'initValue="{initial}"', type_="CheckBox_t")
        algorithms = read(tmp_path, TWO + layout(helper, control("a", 'parameterRef="A"', rule)))
        assert codes(validate(algorithms, "S", {"A": "1"})) == found


def test_states_say_what_a_ticket_shows() -> None:
    pov = SIMULATORS.strategies["POV"]
    assert states(pov, {"Aggression": "low"})["c_cross"] == {"enabled": False, "visible": True}
    assert states(pov, {"Aggression": "high"})["c_cross"] == {"enabled": True, "visible": True}


def test_values_become_the_tags_of_the_file(tmp_path: Path) -> None:
    algorithms = read(
        tmp_path,
        ENUM
        + parameter("Percentage_t", 'multiplyBy100="true"', name="Rate", tag=9006)
        + parameter("Boolean_t", 'trueWireValue="1" falseWireValue="{NULL}"', name="Dark", tag=9007)
        + parameter("Boolean_t", name="Lit", tag=9008)
        + parameter("Char_t", 'constValue="A"', name="Service", tag=9050)
        + parameter("Qty_t", name="Unused", tag=9051),
        'strategyIdentifierTag="7000" versionIdentifierTag="7001"',
    )
    given = {"Mode": "custom", "Rate": "0.155", "Dark": "true", "Lit": "false"}
    assert to_tags(algorithms, "S", given) == [
        (7000, "1001"), (7001, "3"), (9005, "3"), (9006, "15.5"), (9007, "1"), (9008, "N"),
        (9050, "A"),
    ]  # fmt: skip
    assert to_tags(algorithms, "S", {"Dark": "false"}) == [
        (7000, "1001"), (7001, "3"), (9050, "A"),
    ]  # fmt: skip


def test_several_enum_ids_become_several_wire_values(tmp_path: Path) -> None:
    pairs = "".join(f'<EnumPair enumID="e{n}" wireValue="{n}"/>' for n in "123")
    definition = (
        f'<Parameter name="P" xsi:type="MultipleCharValue_t" fixTag="9001">{pairs}</Parameter>'
    )
    algorithms = read(tmp_path, definition)
    assert to_tags(algorithms, "S", {"P": "e3 e1"}) == [(847, "1001"), (9001, "3 1")]
    for wrong in ("e1 e1", "e4", "1", ""):
        assert codes(validate(algorithms, "S", {"P": wrong})) == ["not_allowed"], wrong


def test_a_parameter_without_a_tag_puts_all_into_the_group(tmp_path: Path) -> None:
    inside = '<Parameter name="PctVol" xsi:type="Percentage_t"/>' + parameter(
        "Boolean_t", name="FC"
    )
    algorithms = read(tmp_path, inside, f'{TAGS} tag957Support="true"')
    assert to_tags(algorithms, "S", {"FC": "true", "PctVol": "0.15"}) == [
        (847, "1001"), (957, "2"), (958, "PctVol"), (959, "11"), (960, "0.15"),
        (958, "FC"), (959, "13"), (960, "Y"),
    ]  # fmt: skip
    assert to_tags(algorithms, "S", {}) == [(847, "1001")]


def test_nothing_is_made_of_values_that_are_wrong() -> None:
    with pytest.raises(ValuesRefused, match="Participation: is required") as caught:
        to_tags(SIMULATORS, "POV", {"Aggression": "low"})
    assert [one.code for one in caught.value.problems] == ["required", "strategy_edit"]


@pytest.mark.parametrize(
    ("strategy", "values", "found"),
    [
        ("VWAP", {}, []),
        ("VWAP", {"MaxParticipation": "0.51"}, ["above_maximum"]),
        ("TWAP", {"StartTime": "20260105-14:30:00"}, ["required"]),
        ("TWAP", {"StartTime": "20260105-14:30:00", "EndTime": "20260105-14:30:00"},
         ["strategy_edit"]),
        ("POV", {"Participation": "0.3", "Aggression": "high"}, []),
        ("POV", {"Participation": "0.3", "Aggression": "medium"}, ["strategy_edit"]),
        ("POV", {"Participation": "0.1", "Aggression": "low", "CrossSpread": "true"},
         ["state_rule"]),
    ],
)  # fmt: skip
def test_the_shipped_file_keeps_its_rules(
    strategy: str, values: dict[str, str], found: list[str]
) -> None:
    assert codes(validate(SIMULATORS, strategy, values)) == found
