"""The pages of docs/generated: each is a function from the code to Markdown."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import ModuleType
from typing import Any, Final, cast

from tradeoms import domain
from tradeoms.domain.catalog import COMMANDS, EVENTS
from tradeoms.domain.reference.entitlement import PERMISSIONS
from tradeoms.imports.rows import RowFault
from tradeoms.kernel.enums import Role
from tradeoms.rest.app import create_app
from tradeoms.rest.errors import STATUS_OF_CODE
from tradeoms.rest.worker import Services

NOTE: Final = "Written by `tradeoms docs` from the code; do not edit."
UNPROCESSABLE: Final = 422


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "lifecycles.md": lifecycles(),
        "refusals.md": refusals(),
        "events.md": events(),
        "commands.md": commands(),
        "routes.md": routes(),
    }


def lifecycles() -> str:
    """The transition tables: which event may follow which phase, and where it leads."""
    intro = (
        "Which event may follow which phase, and the phase it leads to; `·` stays there, or goes "
        "where the compliance check leads."
    )
    parts = [_title("Lifecycles", intro)]
    for module in _domain_modules():
        table = getattr(module, "TRANSITIONS", None)
        if isinstance(table, Mapping):
            parts.append(f"## {_aggregate(module).capitalize()}\n\n{_transitions(table)}")
    return "\n\n".join(parts) + "\n"


def refusals() -> str:
    """Every code that may refuse a request, in the order in which the checks run."""
    parts = [
        _title(
            "Refusals",
            "Codes are stable and never used again for something else. Each table is in the order "
            "in which the checks run; the answer carries every reason that was found, and the "
            "first decides the HTTP status.",
        )
    ]
    for module in _domain_modules():
        for enum in _refusal_enums(module):
            asked = [name for name, kind in COMMANDS.items() if _same_room(kind, module)]
            rows = [(f"`{one.value}`", _in_words(one.value), _status(one.value)) for one in enum]
            intro = f"{_first_line(enum)}\n\nApplies to: {', '.join(asked) or 'its aggregate'}."
            table = _table(("Code", "Says", "HTTP"), rows)
            parts.append(f"## {enum.__name__}\n\n{intro}\n\n{table}")
    rows = [(f"`{one.value}`", _in_words(one.value), "422") for one in RowFault]
    intro = f"{_first_line(RowFault)}\n\nApplies to: files that are loaded."
    parts.append(f"## RowFault\n\n{intro}\n\n{_table(('Code', 'Says', 'HTTP'), rows)}")
    own = set(STATUS_OF_CODE) - {one.value for enum in _all_enums() for one in enum}
    rows = [(f"`{code}`", _in_words(code), _status(code)) for code in sorted(own)]
    intro = "Answers of the REST door itself, before or instead of a decision."
    parts.append(f"## REST\n\n{intro}\n\n{_table(('Code', 'Says', 'HTTP'), rows)}")
    return "\n\n".join(parts) + "\n"


def events() -> str:
    """Every event that may stand in the journal, with its fields."""
    parts = [_title("Events", "What may stand in the journal. Instants are UTC with microseconds.")]
    parts += [f"## {kind.__name__}\n\n{_first_line(kind)}\n\n{_fields(kind)}" for kind in EVENTS]
    return "\n\n".join(parts) + "\n"


def commands() -> str:
    """Every command, who may ask for it and what it carries."""
    intro = "What may be asked of the engine, and the roles of which one is enough."
    parts = [_title("Commands", intro)]
    for name, kind in COMMANDS.items():
        roles = ", ".join(sorted(PERMISSIONS.get(name, frozenset()))) or "nobody"
        parts.append(f"## {name}\n\n{_first_line(kind)}\n\nRoles: {roles}.\n\n{_fields(kind)}")
    return "\n\n".join(parts) + "\n"


def routes() -> str:
    """Every route of REST, with the roles of which one is enough."""
    app = create_app(cast("Services", None), web=None)  # building it asks nothing of the services
    intro = "Of the roles one is enough; rows of funds are filtered by the person's grants."
    rows = [
        (method.upper(), f"`{path}`", str(said.get("summary", "")), _who(said))
        for path, methods in sorted(app.openapi()["paths"].items())
        for method, said in methods.items()
    ]
    return f"{_title('Routes', intro)}\n\n{_table(('Method', 'Path', 'What', 'Roles'), rows)}\n"


def _who(said: Mapping[str, Any]) -> str:  # Any: an operation of OpenAPI
    roles = said.get("x-roles", [])
    if len(roles) == len(Role):
        return "everyone signed in"
    return ", ".join(roles) or "no sign-in needed"


def _domain_modules() -> Iterator[ModuleType]:
    names = [one.name for one in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}.")]
    return (importlib.import_module(name) for name in sorted(names))


def _refusal_enums(module: ModuleType) -> list[type[StrEnum]]:
    return [
        found
        for name, found in vars(module).items()
        if inspect.isclass(found)
        and issubclass(found, StrEnum)
        and found.__module__ == module.__name__
        and name.endswith(("Rejection", "RejectionCode"))
    ]


def _all_enums() -> Iterator[type[StrEnum]]:
    yield RowFault
    for module in _domain_modules():
        yield from _refusal_enums(module)


def _aggregate(module: ModuleType) -> str:
    """The room of the domain that a module is in: `order` of `tradeoms.domain.order.state`."""
    return module.__name__.removeprefix(f"{domain.__name__}.").partition(".")[0]


def _same_room(kind: type, module: ModuleType) -> bool:
    return kind.__module__.startswith(f"{domain.__name__}.{_aggregate(module)}.")


def _transitions(table: Mapping[Any, Mapping[type, Any]]) -> str:  # Any: a phase
    happenings = list(dict.fromkeys(event for moves in table.values() for event in moves))
    rows = [
        (
            event.__name__,
            *(_target(moves.get(event), known=event in moves) for moves in table.values()),
        )
        for event in happenings
    ]
    return _table(("Event", *(str(phase) for phase in table)), rows)


def _target(phase: object, *, known: bool) -> str:
    if not known:
        return ""
    return "·" if phase is None else str(phase)


def _fields(kind: type) -> str:
    names = _documented(kind)
    rows = [
        (f"`{one.name}`", f"`{_type_text(one.type)}`", names.get(one.name, ""))
        for one in dataclasses.fields(kind)
    ]
    return _table(("Field", "Type", "Meaning"), rows) if rows else "No fields."


def _documented(kind: type) -> dict[str, str]:
    """The entries of the docstring's `Attributes:`."""
    found: dict[str, str] = {}
    lines = (inspect.getdoc(kind) or "").splitlines()
    inside = False
    name = ""
    for line in lines:
        if line.strip() == "Attributes:":
            inside = True
        elif inside and line.startswith("    ") and not line.startswith("     "):
            name, _, text = line.strip().partition(": ")
            found[name] = text
        elif inside and line.startswith("     ") and name:
            found[name] += f" {line.strip()}"
        elif line.strip():
            inside = False
    return found


def _type_text(annotation: object) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return str(text or annotation)


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _in_words(code: str) -> str:
    return code.replace("_", " ")


def _status(code: str) -> str:
    return str(STATUS_OF_CODE.get(code, UNPROCESSABLE))


def _title(title: str, text: str) -> str:
    return f"# {title}\n\n{NOTE}\n\n{text}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
