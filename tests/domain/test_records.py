"""A quick record behaves as the frozen dataclass that it was."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, dataclass

import msgspec
import pytest

from tradeoms.kernel.records import quick, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    name: str
    count: int = 7
    marks: tuple[str, ...] = ()


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    name: str
    count: int = 7
    marks: tuple[str, ...] = ()


def test_it_is_made_with_its_defaults_compared_hashed_and_shown_as_before() -> None:
    one = Quick(name="a", marks=("x",))
    assert dataclasses.astuple(one) == dataclasses.astuple(Plain(name="a", marks=("x",)))
    assert one == Quick(marks=("x",), name="a", count=7)
    assert one != Quick(name="b", marks=("x",))
    assert hash(one) == hash(Quick(name="a", marks=("x",)))
    assert repr(one) == "Quick(name='a', count=7, marks=('x',))"
    assert type(one) is Quick


def test_it_stays_frozen_and_without_a_dictionary() -> None:
    one = Quick(name="a")
    for changed in (one, replace(one, count=1)):
        with pytest.raises(FrozenInstanceError):
            changed.count = 2  # type: ignore[misc]
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            changed.other = 2  # type: ignore[attr-defined]
        assert not hasattr(changed, "__dict__")


def test_replacing_changes_the_named_fields_of_a_copy() -> None:
    one = Quick(name="a", count=1, marks=("x",))
    assert replace(one, count=2) == Quick(name="a", count=2, marks=("x",))
    assert replace(one) == one
    assert one.count == 1
    assert replace(Plain(name="a"), count=2) == Plain(name="a", count=2)


@pytest.mark.parametrize("make", [Plain, Quick])
def test_a_wrong_name_is_a_type_error(make: type[Plain | Quick]) -> None:
    with pytest.raises(TypeError):
        make(name="a", cuont=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        make(count=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        replace(make(name="a"), cuont=2)  # type: ignore[call-arg]


def test_copies_pickles_and_json_know_it() -> None:
    one = Quick(name="a", count=3, marks=("x", "y"))
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # made one line before
    text = msgspec.json.encode(one)
    assert text == msgspec.json.encode(Plain(name="a", count=3, marks=("x", "y")))
    assert msgspec.json.decode(text, type=Quick) == one
    assert dataclasses.replace(one, count=4) == replace(one, count=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    names: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    name: str

    def __post_init__(self) -> None:
        assert self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heir(_Base):
    count: int


@dataclass(slots=True, kw_only=True)
class _Open:
    name: str


@pytest.mark.parametrize("record", [_Lists, _Checked, _Heir, _Open])
def test_what_could_behave_otherwise_is_refused(record: type) -> None:
    with pytest.raises(TypeError, match="not a plain frozen dataclass"):
        quick(record)
