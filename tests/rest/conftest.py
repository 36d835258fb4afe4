"""One node for the tests of a file; each test uses order ids of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.rest.node import Node, running_node

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node on SQLite."""
    with running_node(tmp_path_factory.mktemp("node")) as running:
        yield running


@pytest.fixture
def fresh_id() -> Callable[[], str]:
    """Ids that no other test of this run uses."""
    return lambda: f"t-{next(_NUMBERS):05d}"
