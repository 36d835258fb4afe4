"""Rule packs: rules of law and regulation, each with its article and the cases that prove it.

A pack is a YAML file in `compliance/packs`: a list of rules in the schema of `policy`, each with
`cases` in the public case format (without `rules`: a case is of its rule). A pack is content to
start from: what is `unconfirmed` has not been checked against the primary text, and every firm
activates its own copy after its own review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import yaml

from tradeoms.compliance.cases import Failure, run_case
from tradeoms.compliance.policy import Rule, parse_rule

_FOLDER: Final = files("tradeoms.compliance") / "packs"


@dataclass(frozen=True, slots=True)
class PackRule:
    """One rule of a pack as written, and as parsed, with its cases."""

    rule: Rule
    definition: Mapping[str, Any]  # Any: parsed YAML
    cases: tuple[Mapping[str, Any], ...]  # Any: the public case format

    def failures(self) -> Iterator[Failure]:
        """Run the rule's cases; yield those that do not come out as they should."""
        for case in self.cases:
            name = f"{self.rule.id}/{case['id']}"
            failure = run_case({**case, "id": name, "rules": [self.definition]})
            if failure is not None:
                yield failure


def pack_names() -> tuple[str, ...]:
    """Names of the packs that ship."""
    names = (file.name for file in _FOLDER.iterdir() if file.name.endswith(".yaml"))
    return tuple(sorted(name.removesuffix(".yaml") for name in names))


def pack_text(name: str) -> str:
    """Return a pack as written: a file that `tradeoms load rules` reads.

    Raises:
        LookupError: If there is no pack of that name.
    """
    if name not in pack_names():
        message = f"no pack {name!r}; there are {', '.join(pack_names())}"
        raise LookupError(message)
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def load_pack(name: str) -> tuple[PackRule, ...]:
    """Read a pack.

    Raises:
        LookupError: If there is no pack of that name.
        PolicyError: If a rule cannot be evaluated as written.
    """
    found = []
    for raw in yaml.safe_load(pack_text(name)):
        definition = {key: raw[key] for key in raw if key != "cases"}
        found.append(PackRule(parse_rule(definition), definition, tuple(raw["cases"])))
    return tuple(found)
