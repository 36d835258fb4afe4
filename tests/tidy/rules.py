"""The project's own rules: each takes one file or the whole tree and returns its findings.

A finding is a line ``path:line: what is wrong``. A rule's docstring says why it exists; ruff, mypy
and import-linter check everything they can, these are the rest. Rules are functions over ``File``,
so that each can be shown a bad example as well as the real tree (``test_tidy.py``).
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

FUNCTION_LINES_MAX: Final = 60
FILE_LINES_MAX: Final = 400
TEST_FILE_LINES_MAX: Final = 600

PURE_PACKAGES: Final = ("src/tradeoms/domain/", "src/tradeoms/kernel/")
EXACT_PACKAGES: Final = (*PURE_PACKAGES, "src/tradeoms/journal/", "src/tradeoms/fix/")
VAGUE_NAMES: Final = frozenset({"common", "helpers", "managers", "services", "utils"})

PACKAGE_HOSTS: Final = r"pypi\.org/simple|files\.pythonhosted\.org|registry\.(?:npmjs|yarnpkg)\."
HOME_FOLDERS: Final = r"(?<![\w.$}])/(?:root|home/(?!tradeoms\b)[a-z]\w*|Users/\w+)/"

#: Started by their path or name and not by an import.
ENTRY_POINTS: Final = re.compile(
    r"(^|\.)__main__$|\.cli$|\.migrations(\.|$)|^simulators\.counterparty\.control$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One tracked text file. ``path`` is relative to the root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module = field(repr=False)

    @classmethod
    def read(cls, path: str, text: str) -> "File":
        """Parse ``text`` if the name says it is Python."""
        code = text if path.endswith(".py") else ""
        return cls(path=path, text=text, tree=ast.parse(code, filename=path))

    @property
    def module(self) -> str:
        """The dotted name an import of this file would use."""
        parts = PurePosixPath(self.path.removeprefix("src/")).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the syntax tree, in no order."""
        return ast.walk(self.tree)


# One Python file at a time


def short_functions(file: File) -> list[str]:
    """A function that does not fit on a screen is read in pieces and understood in none.

    The docstring is not counted: documenting more must never be a reason to cut a function.
    """
    findings = []
    for node in file.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _lines(node) - (_lines(node.body[0]) if ast.get_docstring(node) else 0)
            if lines > FUNCTION_LINES_MAX:
                findings.append(f"{file.path}:{node.lineno}: {node.name} has {lines} lines")
    return findings


def short_files(file: File) -> list[str]:
    """A long file is two ideas in one place, and nobody finds the second one by its name."""
    limit = TEST_FILE_LINES_MAX if file.path.startswith("tests/") else FILE_LINES_MAX
    lines = len(file.text.splitlines())
    return [f"{file.path}:1: {lines} lines, at most {limit}"] if lines > limit else []


def no_float(file: File) -> list[str]:
    """``int(float("19.99") * 100)`` is 1998. Quantities, prices and money are made from text."""
    if not file.path.startswith(EXACT_PACKAGES):
        return []
    return [
        f"{file.path}:{node.lineno}: float( makes exact numbers inexact"
        for node in file.nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
    ]


def only_standard_library(file: File) -> list[str]:
    """A decision must give the same answer in ten years; what it stands on has to be there then."""
    if not file.path.startswith(PURE_PACKAGES):
        return []
    return [
        f"{file.path}:{line}: {name} is not in the standard library"
        for name, line in _imports(file)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"tradeoms"}
    ]


def module_docstring(file: File) -> list[str]:
    """A reader who opens a file learns in one sentence whether it is the one they look for."""
    if not file.text.strip() or ast.get_docstring(file.tree):
        return []
    return [f"{file.path}:1: no docstring"]


def telling_name(file: File) -> list[str]:
    """Anything fits into ``utils``, so everything ends there.

    A file belongs where its imports allow it.
    """
    vague = VAGUE_NAMES.intersection(PurePosixPath(file.path).with_suffix("").parts)
    return [f"{file.path}:1: the name {name} says nothing" for name in sorted(vague)]


def no_open_ends(file: File) -> list[str]:
    """A note to do something later, without an issue, is a promise to nobody."""
    promise = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
    return [
        f"{file.path}:{token.start[0]}: {found[0]} without an issue, as in {found[0]}(#12)"
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline)
        if token.type == tokenize.COMMENT and (found := promise.search(token.string))
    ]


# One document at a time


def one_title(file: File) -> list[str]:
    """One document, one subject: forge, site and reader take the first ``# Title`` as its name."""
    titles = [number for number, line in _prose(file) if line.startswith("# ")]
    if len(titles) == 1:
        return []
    return [f"{file.path}:{titles[1] if titles else 1}: {len(titles)} titles, exactly one expected"]


def links_resolve(file: File) -> list[str]:
    """Documents move. A relative link that leads nowhere is found here and not by the newcomer."""
    findings = []
    for number, line in _prose(file):
        for target in re.findall(r"\]\(<?([^)#>\s]+)", re.sub(r"`[^`]*`", "", line)):
            start = ROOT if target.startswith("/") else (ROOT / file.path).parent
            elsewhere = "://" in target or target.startswith("mailto:")
            if not elsewhere and not (start / target.lstrip("/")).exists():
                findings.append(f"{file.path}:{number}: {target} does not exist")
    return findings


def no_machine_names(file: File) -> list[str]:
    """A home folder or a package host works for one person on one network."""
    if file.path == "tests/tidy/test_tidy.py":  # holds the bad examples
        return []
    places = [PACKAGE_HOSTS, HOME_FOLDERS]
    if len(ROOT.parts) > 2:  # a clone in /src would find itself in every second line
        places.append(rf"(?<![\w.]){re.escape(ROOT.as_posix())}\b")
    pattern = re.compile("|".join(places))
    return [
        f"{file.path}:{number}: {found[0]} is a place on one machine or network"
        for number, line in enumerate(file.text.splitlines(), start=1)
        if (found := pattern.search(line))
    ]


# The whole tree


def every_module_is_imported(files: list[File]) -> list[str]:
    """A module that only its test imports is dead and looks alive: it is tested and maintained.

    Before there is a composition root nothing can be reachable, so the rule waits for it.
    """
    product = [
        file
        for file in files
        if file.path.startswith(("src/", "simulators/")) and file.path.endswith(".py")
    ]
    if "tradeoms.bootstrap" not in {file.module for file in product}:
        return []
    used = {name for file in product for name in _names_used(file)}
    return [
        f"{file.path}:1: nothing imports {file.module}"
        for file in product
        if not file.path.endswith("__init__.py")
        and file.module not in used
        and not ENTRY_POINTS.search(file.module)
    ]


def every_refusal_is_documented(files: list[File]) -> list[str]:
    """Clients act on the code of a refusal. One that no page explains is a support call."""
    pages = "\n".join(file.text for file in files if file.path.startswith("docs/generated/"))
    return [
        f"{file.path}:{line}: {code} is not in docs/generated"
        for file in files
        for code, line in _refusals(file)
        if not re.search(rf"(?<!\w){re.escape(code)}(?!\w)", pages)
    ]


# How the rules read a file


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _imports(file: File) -> Iterator[tuple[str, int]]:
    """Every imported name in full: ``from a import b`` gives ``a`` and ``a.b``."""
    for node in file.nodes():
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _names_used(file: File) -> Iterator[str]:
    """Imports, and the text by which uvicorn and a new process are told what to load."""
    yield from (name for name, _ in _imports(file) if name != file.module)
    for node in file.nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.partition(":")[0]


def _refusals(file: File) -> Iterator[tuple[str, int]]:
    """The values of every enum whose name ends in RejectionCode."""
    for node in file.nodes():
        if isinstance(node, ast.ClassDef) and node.name.endswith("RejectionCode"):
            for member in node.body:
                if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant):
                    yield str(member.value.value), member.lineno


def _prose(file: File) -> Iterator[tuple[int, str]]:
    """The lines of a Markdown document outside its code blocks."""
    inside = False
    for number, line in enumerate(file.text.splitlines(), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            inside = not inside
        elif not inside:
            yield number, line
