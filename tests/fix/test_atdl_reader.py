"""Reading FIXatdl: what is understood, and what is refused with file, strategy and parameter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix.atdl_files import (
    TAGS,
    compare,
    control,
    document,
    edit,
    layout,
    parameter,
    read,
    state_rule,
)
from tradeoms.fix.atdl.reader import read_algorithms
from tradeoms.fix.atdl.tree import SIZE_MAX, AtdlInvalid

INT = parameter("Int_t")
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def test_a_strategy_is_read_with_its_parameters_controls_and_rules(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '<Parameter name="Side" xsi:type="Char_t" fixTag="9002" use="required">'
        '<EnumPair enumID="lo" wireValue="L"/></Parameter>'
        + parameter("Percentage_t", 'minValue="0.1" precision="2" mutableOnCxlRpl="false"')
        + layout(control("c", 'parameterRef="P" label="Rate"'))
        + edit(compare("P", "EX")),
        f'{TAGS} versionIdentifierTag="7001"',
    )
    strategy = found.strategies["S"]
    assert (found.strategy_tag, found.version_tag, strategy.wire_value) == (847, 7001, "1001")
    side, rate = strategy.parameters.values()
    assert (side.required, dict(side.wire_of), side.mutable) == (True, {"lo": "L"}, True)
    assert (rate.required, str(rate.minimum), rate.precision, rate.mutable) == (
        False, "0.1", 2, False,
    )  # fmt: skip
    assert strategy.controls["c"].label == "Rate"
    assert [each.message for each in strategy.edits] == ["does not fit"]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (LAUGHS, "DOCTYPE"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd">', "DOCTYPE"),
        ("<!DOCTYPE x>", "DOCTYPE"),
        ("no xml", "XML: syntax error"),
    ],
)
def test_more_than_plain_xml_is_refused(tmp_path: Path, head: str, told: str) -> None:
    with pytest.raises(AtdlInvalid, match=told):
        read(tmp_path, INT, head=head)


def test_an_undefined_entity_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtdlInvalid, match="XML: undefined entity"):
        read(tmp_path, f"{INT}&a;")


def test_a_file_that_is_too_large_or_deep_or_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtdlInvalid, match="larger than 1000000 bytes"):
        read(tmp_path, INT + " " * SIZE_MAX)
    panels = "<lay:StrategyPanel>" * 70 + "</lay:StrategyPanel>" * 70
    with pytest.raises(AtdlInvalid, match="nested deeper than 64"):
        read(tmp_path, INT + panels)
    with pytest.raises(AtdlInvalid, match="No such file"):
        read_algorithms(tmp_path / "none.xml")


def test_references_cannot_make_conditions_grow_without_end(tmp_path: Path) -> None:
    levels = ['<val:Edit id="e0" field="P" operator="EX"/>']
    for level in range(1, 30):
        two = f'<val:EditRef id="e{level - 1}"/>' * 2
        levels.append(f'<val:Edit id="e{level}" logicOperator="AND">{two}</val:Edit>')
    with pytest.raises(AtdlInvalid, match="more than 20000 conditions"):
        read(tmp_path, INT + "".join(levels) + edit('<val:EditRef id="e29"/>'))


def test_another_root_is_no_fixatdl(tmp_path: Path) -> None:
    file = tmp_path / "x.xml"
    file.write_text('<Strategies strategyIdentifierTag="847"/>')
    with pytest.raises(AtdlInvalid, match=r"no FIXatdl 1\.1"):
        read_algorithms(file)


def test_elements_of_others_are_left_alone(tmp_path: Path) -> None:
    own = '<x:Note xmlns:x="urn:own"><x:Parameter/></x:Note>'
    assert list(read(tmp_path, own + INT).strategies["S"].parameters) == ["P"]


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        (parameter("Money_t"), "parameter P: unknown type 'Money_t'"),
        (parameter("Data_t"), "parameter P: unknown type 'Data_t'"),
        (parameter("Int_t", 'maxValu="3"'), "parameter P: Parameter has no attribute maxValu"),
        (parameter("Int_t", 'minValue="a"'), "minValue is 'a', allowed: a whole number"),
        (parameter("Char_t", 'minValue="a"'), "minValue is not for Char_t"),
        (parameter("Int_t", 'use="always"'), "use is 'always'"),
        (parameter("Int_t", 'constValue="x"'), "constValue is 'x'"),
        (parameter("Boolean_t", 'constValue="true"'), "constValue is 'true', allowed: Y or N"),
        (parameter("Int_t", 'multiplyBy100="true"'), "multiplyBy100 is for Percentage_t"),
        (parameter("Int_t", 'localMktTz="Mars/Base"'), "a time zone as in"),
        (parameter("MultipleCharValue_t", 'invertOnWire="true"'), "invertOnWire is not supported"),
        (parameter("Int_t", tag=38), "fixTag is 38, which is not for algorithms"),
        (parameter("Int_t", tag=847), "uses the tag of its own name"),
        ('<Parameter name="P" xsi:type="Int_t"/>', "parameter P: needs fixTag"),
        ('<Parameter xsi:type="Int_t" fixTag="9001"/>', "Parameter needs name"),
        (INT + parameter("Int_t", tag=9002), "parameter P stands twice"),
        (INT + parameter("Int_t", name="Q"), "fixTag 9001 stands twice"),
        (
            INT.replace("/>", '><EnumPair enumID="a" wireValue="x"/></Parameter>'),
            "parameter P: wireValue is 'x'",
        ),
        (INT + edit(compare("Q", "EX")), "names the parameter 'Q', which there is not"),
        (INT + edit(compare("P", "GT")), "GT takes either value or field2"),
        (INT + edit(compare("P", "EX", 'value="1"')), "EX takes neither"),
        (INT + edit(compare("P", "EQ", 'value="1" field2="P"')), "EQ takes either"),
        (INT + edit(compare("P", "IS", 'value="1"')), "operator is 'IS', allowed: EX, NX"),
        (INT + edit(compare("P", "EQ", 'value="x"')), "value is 'x', allowed for P"),
        (INT + edit('<val:Edit logicOperator="AND"/>'), "AND joins Edits, here are 0"),
        (
            INT + edit(f'<val:Edit logicOperator="NOT">{compare("P", "EX") * 2}</val:Edit>'),
            "NOT joins one Edit, here are 2",
        ),
        (INT + edit('<val:EditRef id="e"/>'), "EditRef 'e' leads to no Edit"),
        (INT + edit(compare("P", "EX") * 2), "StrategyEdit holds one Edit, here are 2"),
        (parameter("Char_t") + edit(compare("P", "LT", 'value="a"')), "has no order"),
        (
            INT + parameter("UTCTimestamp_t", name="T", tag=9002)
            + edit(compare("P", "LT", 'field2="T"')),
            "P and T cannot be compared",
        ),
        (INT + layout(control("c", 'parameterRef="Q"')), "is of the parameter 'Q', not there"),
        (INT + layout(control("c"), control("c")), "control c stands twice"),
        (
            INT + layout(control("c", inside=state_rule("", compare("c", "EX")))),
            "a StateRule has enabled, visible or value",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, inside: str, told: str) -> None:
    with pytest.raises(AtdlInvalid) as caught:
        read(tmp_path, inside)
    said = str(caught.value)
    assert told in said
    assert said.startswith(f"{tmp_path / 's.xml'}:1:")
    assert "strategy S" in said


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ("", "Strategies needs strategyIdentifierTag"),
        ('strategyIdentifierTag="x"', "strategyIdentifierTag is 'x', allowed: 1 to 99999"),
        ('strategyIdentifierTag="54"', "strategyIdentifierTag is 54, which is not for algorithms"),
        (f'{TAGS} tag957Support="maybe"', "tag957Support is 'maybe', allowed: true or false"),
    ],
)
def test_wrong_attributes_of_the_file_are_refused(
    tmp_path: Path, attributes: str, told: str
) -> None:
    with pytest.raises(AtdlInvalid, match=told):
        read(tmp_path, INT, attributes)


def test_a_strategy_must_have_a_name_of_its_own(tmp_path: Path) -> None:
    one = document(INT)
    file = tmp_path / "s.xml"
    start, end = one.index("<Strategy "), one.index("</Strategies>")
    file.write_text(one[:end] + one[start:end] + one[end:])
    with pytest.raises(AtdlInvalid, match="strategy S stands twice"):
        read_algorithms(file)
