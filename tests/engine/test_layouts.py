"""Layouts in the engine: kept for a person, shared with roles, one of a name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.house import House, facts, opened
from tests.engine.test_restart import proven
from tradeoms.domain.layout.commands import DeleteLayout, SaveLayout
from tradeoms.domain.layout.decide import LAYOUTS_MAX, NAME_MAX, STATE_MAX
from tradeoms.kernel.enums import Role

MINE = SaveLayout(name="By fund", page="orders", state='{"sort":[]}')
TRADERS = frozenset({Role.TRADER})


def object_of(size: int) -> str:
    """The text of a JSON object of so many bytes."""
    return '{"x":"' + "y" * (size - 8) + '"}'


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (replace(MINE, name=""), ["layout_name_invalid"]),
        (replace(MINE, name=" x"), ["layout_name_invalid"]),
        (replace(MINE, name="a\nb"), ["layout_name_invalid"]),
        (replace(MINE, name="x" * (NAME_MAX + 1)), ["layout_name_invalid"]),
        (replace(MINE, page="a b"), ["layout_page_invalid"]),
        (replace(MINE, state=object_of(STATE_MAX + 1)), ["layout_too_large"]),
        (replace(MINE, state="[]"), ["layout_state_invalid"]),
        (replace(MINE, state='{"x":NaN}'), ["layout_state_invalid"]),
        (replace(MINE, state="{"), ["layout_state_invalid"]),
        (replace(MINE, shared_with=TRADERS), ["layout_role_not_held"]),
        (replace(MINE, name="", state=""), ["layout_name_invalid", "layout_state_invalid"]),
    ],
)
def test_what_is_no_layout_is_refused(house: House, command: SaveLayout, codes: list[str]) -> None:
    assert house.refused(command) == codes
    assert not house.book.layouts


def test_a_layout_may_be_just_as_large_as_the_limit(house: House) -> None:
    house.get(replace(MINE, name="x" * NAME_MAX, state=object_of(STATE_MAX)))


def test_of_one_owner_and_page_a_name_is_kept_once(house: House) -> None:
    first = house.get(MINE)
    again = house.get(replace(MINE, state="{}"))
    assert (again["id"], again["version"]) == (first["id"], 2)
    assert house.book.layouts[first["id"]].state == "{}"
    others = [house.get(replace(MINE, page="funds"))["id"], house.get(MINE, user="tom")["id"]]
    assert len({first["id"], *others}) == 3


def test_a_person_shares_with_roles_of_his_own_and_an_admin_with_any(house: House) -> None:
    house.get(replace(MINE, shared_with=TRADERS), user="tom")
    shared = house.get(replace(MINE, shared_with=frozenset(Role)), user="ada")["id"]
    assert house.book.layouts[shared].shared_with == tuple(sorted(Role))


def test_only_the_owner_deletes_and_only_who_sees_it_learns_of_it(house: House) -> None:
    layout = house.get(replace(MINE, shared_with=frozenset({Role.PORTFOLIO_MANAGER})))["id"]
    gone = DeleteLayout(layout_id=layout)
    assert house.refused(gone, user="tom") == ["layout_unknown"]
    house.get(replace(MINE, shared_with=frozenset(Role)), user="ada")
    (shared,) = [one for one in house.book.layouts if one != layout]
    assert house.refused(DeleteLayout(layout_id=shared), user="tom") == ["layout_not_own"]
    house.get(gone)
    assert house.refused(gone) == ["layout_unknown"]
    assert house.get(MINE)["id"] != layout


def test_a_person_keeps_so_many_for_a_page_and_no_more(house: House) -> None:
    for number in range(LAYOUTS_MAX):
        last = house.get(replace(MINE, name=f"n{number}"))["id"]
    assert house.refused(replace(MINE, name="one more")) == ["layout_too_many"]
    house.get(replace(MINE, name="n0", state="{}"))
    house.get(DeleteLayout(layout_id=last))
    house.get(replace(MINE, name="one more"))


def test_layouts_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        kept = house.get(replace(MINE, shared_with=TRADERS), user="tom")["id"]
        house.get(replace(MINE, state='{"sort":[1]}', shared_with=TRADERS), user="tom")
        house.get(DeleteLayout(layout_id=house.get(MINE)["id"]))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert house.book.layouts[kept].state == '{"sort":[1]}'
        assert house.get(MINE, user="tom") == {"id": kept, "version": 3, "seq": house.engine.seq}
    proven(data)
