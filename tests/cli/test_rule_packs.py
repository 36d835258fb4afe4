"""Rule packs from the command line: listed, printed, and loaded as they are printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, load, parsed
from tradeoms.compliance.rulepacks import load_pack, pack_names


@pytest.mark.parametrize("name", pack_names())
def test_a_printed_pack_loads_as_drafts_with_their_cases(
    node: Run, tmp_path: Path, name: str
) -> None:
    text = node("rules", "pack", name).stdout
    load(node, tmp_path / "rules.yaml", text, "--user", "ada")
    listed = parsed(node("rules", "list", "--json"))
    assert {(one["id"], one["status"]) for one in listed} == {
        (one.rule.id, "draft") for one in load_pack(name)
    }


def test_packs_are_listed_with_their_sources(run: Run) -> None:
    listed = parsed(run("rules", "packs", "--json"))
    assert {one["pack"] for one in listed} == set(pack_names())
    assert all(one["source"] for one in listed)
    assert any(one["unconfirmed"] for one in listed)


def test_an_unknown_pack_is_refused(run: Run) -> None:
    assert "ucits_ie_lu" in run("rules", "pack", "atlantis", code=1).output
