"""A database of the first schema, with rows in it, brought to the newest: nothing lost or bent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.engine.house import House, buy, facts, fill, opened
from tests.engine.test_outside import AT, put_rule
from tradeoms import bootstrap
from tradeoms.app.upgrade import upgrade
from tradeoms.domain.evaluation import EVERYWHERE, CellExcess
from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import Benchmark, Figure, IssuerAmount, Offering, ReportedShare
from tradeoms.domain.waiver.commands import ApproveWaiver, RequestWaiver
from tradeoms.journal import migrate
from tradeoms.journal.chain import genesis_chain, next_chain
from tradeoms.journal.database import open_engine
from tradeoms.settings import Settings

DAY = date(2010, 1, 4)
FIRST = "0001"
#: What a database of the first schema kept of a hit beside what it still keeps: the work on it.
WORK = {"version": 1, "status": "open", "assignee": "", "comments": [], "closed_by": ""}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An empty database of the first schema."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url").render_as_string(hide_password=False)
    settings = Settings(data=tmp_path / "old", database_url=url)
    settings.data.mkdir()
    migrate.upgrade(settings.url, to=FIRST)
    return settings


def had_a_day(data: Path) -> dict[str, Any]:
    """Trade, be stopped by a rule, ask for a waiver, load facts; return what is known then."""
    with opened(data) as house:
        placement = house.placed(1)
        house.hear(fill(placement["cl_ord_id"], "E1", 400))
        security_id = next(iter(house.book.securities))
        loaded = LoadOutside(
            issuers=(IssuerAmount(issuer="ACME", name="votes_out", amount=D(10), as_of=DAY),),
            offerings=(Offering(security_id=security_id, pricing_date=DAY, restricted_from=DAY),),
            figures=(Figure(name="var99", fund="A", value=D("0.12"), at=AT),),
            reported=(ReportedShare(rule="r", cell="a_c-me", share=D("0.05"), on=DAY),),
            benchmarks=(Benchmark(fund="B", weights=(("tech", D("0.3")),), as_of=DAY),),
        )
        house.get(loaded, user="olga")
        put_rule(house, kind="order", severity="soft", max_qty="500", source="house rule")
        held = house.get(buy(2))
        assert held["status"] == "held"
        house.get(RequestWaiver(order_id=held["id"], rule="r", reason="index event"))
        return told_in_one(facts(house.book))


def told_in_one(known: dict[str, Any]) -> dict[str, Any]:
    """What is known where excess was not told by cell."""

    def anywhere(cells: tuple[CellExcess, ...]) -> tuple[CellExcess, ...]:
        (one,) = cells
        return (CellExcess(fund=EVERYWHERE, cell="", bound="", amount=one.amount),)

    known["orders"] = {
        key: replace(order, excess=tuple(map(anywhere, order.excess)))
        for key, order in known["orders"].items()
    }
    known["waivers"] = {
        key: replace(waiver, excess=anywhere(waiver.excess))
        for key, waiver in known["waivers"].items()
    }
    return known


def copy_rows(source: sa.Engine, target: sa.Engine) -> None:
    """Write the rows of ``source`` as the first schema kept them."""
    new, old = sa.MetaData(), sa.MetaData()
    new.reflect(source)
    old.reflect(target)
    with source.connect() as read, target.begin() as write:
        write.execute(sa.delete(old.tables["leader"]))
        for name, table in old.tables.items():
            if name in ("alembic_version", "breaches", "journal"):
                continue
            columns = [new.tables[name].c[column.name] for column in table.columns]
            rows = [dict(row) for row in read.execute(sa.select(*columns)).mappings()]
            if name in ("orders", "waivers"):
                rows = [{**row, "state": in_one(row["state"])} for row in rows]
            if rows:
                write.execute(sa.insert(table), rows)
        hits = list(read.execute(sa.select(new.tables["hits"])))
        outside = list(read.execute(sa.select(new.tables["outside"])))
        assert hits
        assert len(outside) == 5
        write.execute(sa.insert(old.tables["breaches"]), [breach(row) for row in hits])
        write.execute(
            sa.insert(old.tables["facts"]),
            [{"name": f"outside:{row.id}", "seq": row.seq, "value": row.state} for row in outside],
        )
        events = list(read.execute(sa.select(new.tables["journal"]).order_by("seq")))
        start = read.execute(sa.select(new.tables["genesis"].c.body)).scalar_one()
        write.execute(sa.insert(old.tables["journal"]), chained(start, events))


def in_one(text: str) -> str:
    """A state, or the data of an event, with the largest excess of a rule and not that by cell."""
    state = json.loads(text)
    told = state["excess"]
    if told and isinstance(told[0], dict):
        state["excess"] = told[0]["amount"]
    else:
        state["excess"] = [cells[0]["amount"] for cells in told]
    return json.dumps(state, separators=(",", ":"))


def chained(start: str, events: Sequence[Any]) -> list[dict[str, Any]]:  # Any: rows of the journal
    """The events as they were written then, in a chain of their own."""
    rows, chain = [], genesis_chain(start.encode())
    for event in events:
        body = json.loads(event.body)
        if body["type"] in ("OrderChecked", "WaiverRequested"):
            body |= {"v": 1, "data": json.loads(in_one(json.dumps(body["data"])))}
        elif body["type"] == "HitFound":
            hit = dict(body["data"])
            data = {"breach_id": hit.pop("hit_id"), **hit, "kind": "active"}
            body |= {"type": "BreachOpened", "v": 1, "data": data}
        text = json.dumps(body, separators=(",", ":"))
        chain = next_chain(chain, event.seq, event.subject.encode(), text.encode())
        rows.append({"seq": event.seq, "subject": event.subject, "body": text, "chain": chain})
    return rows


def breach(row: Any) -> dict[str, Any]:  # Any: a row of hits
    state = json.loads(row.state)
    at = state.pop("at")
    state = {**state, **WORK, "created_at": at, "updated_at": at}
    return {
        "id": row.id, "seq": row.seq, "order_id": row.order_id, "fund": row.fund,
        "rule_id": row.rule_id, "status": "open", "live": True, "created_at": row.at,
        "state": json.dumps(state),
    }  # fmt: skip


@pytest.fixture
def engines() -> Iterator[list[sa.Engine]]:
    found: list[sa.Engine] = []
    yield found
    for engine in found:
        engine.dispose()


def test_old_rows_are_moved_and_the_engine_goes_on_with_them(
    data: Path, old: Settings, engines: list[sa.Engine]
) -> None:
    known = had_a_day(data)
    engines += [open_engine(Settings(data=data).url, read_only=True), open_engine(old.url)]
    copy_rows(*engines)
    upgrade(old.url)
    assert migrate.current(old.url) == migrate.newest()
    assert bootstrap.verify(old).ok
    assert bootstrap.replay(old).differing == ()
    with bootstrap.engine_of(old) as (engine, _lease):
        house = House(engine)
        found = facts(house.book)
        for name, value in known.items():
            assert found[name] == value, name
        assert engine.pretrade.compliance.facts.outside.figures["var99", "A"].value == D("0.12")
        (waiver,) = house.book.waivers
        assert house.get(ApproveWaiver(waiver_id=waiver), user="cora")["status"] == "approved"
        assert house.get(buy(3))["status"] == "held"
    assert bootstrap.replay(old).differing == ()
