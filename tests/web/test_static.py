"""The blotter's static files: what the content policy forbids is absent, and what they take for
granted of the server (paths, permissions, words, fields) is what the server has."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final, cast

import pytest

import tradeoms.web
from tradeoms.domain.evaluation import Outcome
from tradeoms.kernel.enums import OrderStatus, OrderType, Side, TimeInForce
from tradeoms.projections.queries_stream import TOPICS

STATIC: Final = Path(tradeoms.web.__file__).parent / "static"
FILES: Final = sorted(path for path in STATIC.iterdir() if path.is_file())
MODULES: Final = [path for path in FILES if path.suffix == ".js"]
FILE_LINES_MAX: Final = 400

_CALL: Final = re.compile(r'\bapi\(\s*"(GET|POST|PATCH|PUT|DELETE)",\s*"([^"]+)"')
_LIST: Final = re.compile(r'\ball\(\s*"([^"]+)"')
_ADDRESS: Final = re.compile(r'\baddress\(\s*"([^"]+)"')
_IMPORT: Final = re.compile(r'import\s*\{([^}]*)\}\s*from\s*"\./([\w.]+)"')
_EXPORT: Final = re.compile(r"export\s+(?:async\s+)?(?:function|class|const)\s+(\w+)")
_FORBIDDEN: Final = (
    r"\beval\s*\(", r"new\s+Function\b", r"\binnerHTML\b", r"\bouterHTML\b", r"insertAdjacentHTML",
    r"document\.write", r'setAttribute\(\s*"(?:style|on)', r"\bparseFloat\b", r"\bimport\s*\(",
    r"javascript:", r"createContextualFragment", r"\bsrcdoc\b",
)  # fmt: skip


class _Page(HTMLParser):
    """Collects what the content policy would refuse, and what the page asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.assets: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.refused += [f"{tag} {name}" for name in names if name.startswith("on")]
        self.refused += [f"{tag} style" for name in names if name == "style"]
        if tag == "style":
            self.refused.append("style element")
        if tag in ("script", "link"):
            self.assets.append(names.get("src") or names.get("href") or "")
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.strip():
            self.refused.append(f"script: {data.strip()[:40]}")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def _text(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _words_of(name: str, constant: str) -> set[str]:
    """The strings, or the keys, of a constant of a module."""
    found = re.search(rf"const {constant} = ([\[{{].*?[\]}}]);", _text(name), re.DOTALL)
    assert found is not None, f"{constant} is not in {name}"
    quoted = re.findall(r'"(\w+)"', found[1])
    keys = re.findall(r"^\s*(\w+):", found[1], re.MULTILINE)
    return set(keys or quoted)


@cache
def _openapi() -> dict[str, Any]:  # Any: JSON
    app = pytest.importorskip("tradeoms.rest.app")
    described = app.create_app(cast("Any", None), web=None).openapi()  # nothing is started
    return cast("dict[str, Any]", described)


def test_the_page_has_nothing_inline_and_asks_only_for_its_own_files() -> None:
    page = _Page()
    page.feed(_text("index.html"))
    missing = [asset for asset in page.assets if not (STATIC / asset).is_file()]
    assert (page.refused, missing) == ([], [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_names_no_address_of_another_server(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}\S*|@import|url\(", text) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_makes_no_markup_or_code_from_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [pattern for pattern in _FORBIDDEN if re.search(pattern, text)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_a_module_imports_is_exported_and_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wrong = []
    for names, source in _IMPORT.findall(text):
        exported = set(_EXPORT.findall(_text(source)))
        for name in (one.strip() for one in names.split(",")):
            if name and name not in exported:
                wrong.append(f"{source} has no {name}")
            if name and len(re.findall(rf"\b{name}\b", text)) == 1:
                wrong.append(f"{name} is not used")
    assert wrong == []


def test_every_module_is_reached_from_the_page() -> None:
    reached, ahead = {"theme.js"}, ["app.js"]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [source for _, source in _IMPORT.findall(_text(name))]
    assert {path.name for path in MODULES} - reached == set()


def test_every_request_is_a_route_of_the_server() -> None:
    known = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in _openapi()["paths"].items()
        for method in methods
    }
    asked = set()
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        asked |= set(_CALL.findall(text))
        asked |= {("GET", found) for found in (*_LIST.findall(text), *_ADDRESS.findall(text))}
    assert len(asked) > 20
    assert asked - known == set()


def test_the_permissions_are_those_of_the_server() -> None:
    permissions = pytest.importorskip("tradeoms.rest.permissions")
    table = re.search(r"const PERMISSIONS = \{(.*?)\n\};", _text("permissions.js"), re.DOTALL)
    assert table is not None
    ours = {
        name: set(re.findall(r'"(\w+)"', roles))
        for name, roles in re.findall(r"(\w+): \[([^\]]*)\]", table[1])
    }
    theirs = {name: {role.value for role in permissions.roles_of(name)} for name in ours}
    assert len(ours) > 10
    assert ours == theirs


def test_the_words_are_those_of_the_server() -> None:
    ours = {
        "statuses": _words_of("orders.js", "STATUSES"),
        "outcomes": _words_of("orders.js", "OUTCOMES"),
        "sides": _words_of("ticket.js", "SIDES"),
        "types": _words_of("ticket.js", "TYPES"),
        "times": _words_of("ticket.js", "TIMES"),
    }
    theirs = {
        "statuses": {one.value for one in OrderStatus},
        "outcomes": {one.value for one in Outcome},
        "sides": {one.value for one in Side},
        "types": {one.value for one in OrderType},
        "times": {one.value for one in TimeInForce},
    }
    assert ours == theirs


def test_the_topics_are_those_of_the_stream() -> None:
    assert _words_of("store.js", "TOPICS") <= set(TOPICS)


def test_the_ticket_has_every_field_of_an_order() -> None:
    fields = _openapi()["components"]["schemas"]["OrderBody"]["properties"]
    text = _text("ticket.js")
    assert [name for name in fields if not re.search(rf"\b{name}\b", text)] == []
