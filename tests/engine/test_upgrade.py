"""A database of a version whose rows lacked what they have now: folded anew, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.engine.house import fill, opened
from tests.engine.test_restart import proven
from tradeoms import bootstrap
from tradeoms.app.upgrade import ReadModelsOld, upgrade
from tradeoms.journal.database import open_engine
from tradeoms.kernel.errors import LeaseHeld
from tradeoms.projections import tables as t
from tradeoms.projections.shape import shape
from tradeoms.settings import Settings


def of_before(data: Path, digest: str | None) -> Settings:
    """A house after some trading, with rows as a version wrote them that knew no `parts`."""
    settings = Settings(data=data)
    with opened(data) as house:
        placement = house.placed(1)
        house.hear(fill(placement["cl_ord_id"], "E1", 400))
    engine = open_engine(settings.url)
    with engine.begin() as link:
        for key, state in link.execute(sa.select(t.placements.c.id, t.placements.c.state)).all():
            known = json.loads(state)
            del known["parts"]
            row = sa.update(t.placements).where(t.placements.c.id == key)
            link.execute(row.values(state=json.dumps(known)))
        link.execute(sa.delete(t.shapes))
        if digest is not None:
            link.execute(sa.insert(t.shapes).values(digest=digest))
    engine.dispose()
    return settings


@pytest.mark.parametrize("digest", [None, "of another version"])
def test_rows_of_another_shape_are_folded_anew(data: Path, digest: str | None) -> None:
    settings = of_before(data, digest)
    assert bootstrap.replay(settings).differing == ("placements",)
    with pytest.raises(ReadModelsOld, match="tradeoms init"), bootstrap.engine_of(settings):
        pass
    upgrade(settings.url)
    assert bootstrap.replay(settings).differing == ()
    with opened(data) as house:
        house.placed(2)
    proven(data)


def test_rows_of_our_shape_are_left_alone(data: Path) -> None:
    settings = of_before(data, shape())
    upgrade(settings.url)
    assert bootstrap.replay(settings).differing == ("placements",)


def test_no_row_is_exchanged_under_an_engine(data: Path) -> None:
    settings = of_before(data, None)
    engine = open_engine(settings.url)
    with engine.begin() as link:
        link.execute(sa.insert(t.shapes).values(digest=shape()))
    with bootstrap.engine_of(settings):
        with engine.begin() as link:
            link.execute(sa.update(t.shapes).values(digest="of another version"))
        with pytest.raises(LeaseHeld):
            upgrade(settings.url)
    engine.dispose()
    assert bootstrap.replay(settings).differing == ("placements",)


def test_a_new_database_is_of_our_shape(data: Path) -> None:
    with bootstrap.reader(Settings(data=data)).connect() as link:
        assert link.execute(sa.select(t.shapes.c.digest)).scalar() == shape()
