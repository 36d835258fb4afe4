"""A furnished database, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.house import House, furnish, opened
from tradeoms import bootstrap
from tradeoms.settings import Settings


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("furnished") / "data"
    bootstrap.initialise(Settings(data=data))
    with opened(data) as house:
        furnish(house)
    return data


@pytest.fixture
def data(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(furnished, tmp_path / "data"))


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    with opened(data) as found:
        yield found
