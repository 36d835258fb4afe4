"""The tree keeps the project's own rules, and each rule catches the example it was made for."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.tidy import rules
from tests.tidy.rules import ROOT, File

Rule = Callable[[File], list[str]]

PYTHON_RULES = [
    rules.short_functions,
    rules.short_files,
    rules.no_float,
    rules.only_standard_library,
    rules.module_docstring,
    rules.telling_name,
    rules.no_open_ends,
]
MARKDOWN_RULES = [rules.one_title, rules.links_resolve]

LONG_FUNCTION = "def f():\n" + "    x = 1\n" * rules.FUNCTION_LINES_MAX
LONG_DOCSTRING = 'def f():\n    """' + "words\n" * rules.FUNCTION_LINES_MAX + '"""'


@pytest.mark.parametrize("rule", PYTHON_RULES)
def test_every_python_file_keeps(rule: Rule) -> None:
    assert findings(rule, ".py") == ""


@pytest.mark.parametrize("rule", MARKDOWN_RULES)
def test_every_document_keeps(rule: Rule) -> None:
    assert findings(rule, ".md") == ""


def test_no_file_names_a_place_on_one_machine() -> None:
    assert findings(rules.no_machine_names, "") == ""


def test_every_module_is_imported() -> None:
    assert "\n".join(rules.every_module_is_imported(tracked_files())) == ""


@pytest.mark.skipif(not (ROOT / "docs/generated").exists(), reason="nothing is generated yet")
def test_every_refusal_is_documented() -> None:
    assert "\n".join(rules.every_refusal_is_documented(tracked_files())) == ""


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (rules.short_functions, "src/a.py", LONG_FUNCTION),
        (rules.short_files, "src/a.py", "x = 1\n" * (rules.FILE_LINES_MAX + 1)),
        (rules.short_files, "tests/a.py", "x = 1\n" * (rules.TEST_FILE_LINES_MAX + 1)),
        (rules.no_float, "src/tradeoms/fix/a.py", "price = float(text)"),
        (rules.only_standard_library, "src/tradeoms/domain/a.py", "import numpy as np"),
        (rules.module_docstring, "src/a.py", "x = 1"),
        (rules.telling_name, "src/tradeoms/utils.py", ""),
        (rules.telling_name, "src/tradeoms/common/a.py", ""),
        (rules.no_open_ends, "src/a.py", "x = 1  # TODO: later"),
        (rules.one_title, "a.md", "no title"),
        (rules.one_title, "a.md", "# One\n\n# Two"),
        (rules.links_resolve, "docs/a.md", "[x](no-such-page.md#part)"),
        (rules.no_machine_names, "a.toml", "path = '/home/somebody/wheels'"),
        (rules.no_machine_names, "a.lock", "https://files.pythonhosted.org/packages/a.whl"),
        (rules.no_machine_names, "a.md", f"cd {ROOT}"),
    ],
)
def test_a_rule_finds(rule: Rule, path: str, text: str) -> None:
    assert len(rule(File.read(path, text))) == 1


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (rules.short_functions, "src/a.py", LONG_DOCSTRING),
        (rules.no_float, "src/tradeoms/compliance/a.py", "weight = float(text)"),
        (rules.only_standard_library, "src/tradeoms/domain/a.py", "import tradeoms.kernel.ids"),
        (rules.module_docstring, "tests/__init__.py", ""),
        (rules.no_open_ends, "src/a.py", "x = 1  # TODO(#12): later"),
        (rules.one_title, "a.md", "# One\n\n```sh\n# a comment\n```"),
        (rules.links_resolve, "a.md", "[x](pyproject.toml) [y](https://example.com) `[z](w)`"),
        (rules.no_machine_names, "a.md", "/home/tradeoms/data, $HOME/data, ~/data"),
    ],
)
def test_a_rule_allows(rule: Rule, path: str, text: str) -> None:
    assert rule(File.read(path, text)) == []


def test_a_module_is_used_by_import_or_by_name() -> None:
    root = File.read("src/tradeoms/bootstrap.py", "import tradeoms.a\nrun('tradeoms.b:app')")
    start = File.read("src/tradeoms/__main__.py", "import tradeoms.bootstrap")
    others = [File.read(f"src/tradeoms/{name}.py", "") for name in "abc"]
    assert rules.every_module_is_imported([root, start, *others]) == [
        "src/tradeoms/c.py:1: nothing imports tradeoms.c",
    ]


def test_a_refusal_is_documented_by_its_whole_code() -> None:
    code = File.read("src/a.py", "class RejectionCode(StrEnum):\n    CLOSED = 'closed'")
    page = File.read("docs/generated/a.md", "`order_closed`")
    assert rules.every_refusal_is_documented([code, page]) == [
        "src/a.py:2: closed is not in docs/generated",
    ]


def findings(rule: Rule, suffix: str) -> str:
    """All that ``rule`` finds in files with this ending, one a line, so that a failure shows it."""
    found = (line for file in tracked_files() if file.path.endswith(suffix) for line in rule(file))
    return "\n".join(found)


@cache
def tracked_files() -> list[File]:
    """Every text file that is in git or would be added to it."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted(path for path in set(listed.split("\0")) if (ROOT / path).is_file())
    return [File.read(path, text_of(ROOT / path)) for path in paths]


def text_of(path: Path) -> str:
    """The text of a file, or nothing if it is a picture or a font."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
