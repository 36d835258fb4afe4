"""Rules compiled for the arrays: cubes, the slots that hold their cells, and the tests on them.

A **cube** is what rules may share: a measure over a selection, by group, at a level. Hundreds of
rules need tens of cubes. A **slot** is one running sum of one cube's cell: `hi` counts what open
orders can add, `lo` what they can take, `net` all of them, `none` only what is settled. A **term**
is what one holding adds to a slot; few terms serve all slots of a holding. A **test** is a bound
of a rule on a slot. Rules that need more than running sums (a moving denominator, look-through)
are left to the reference and named in `scans`; those of a kind that seldom matters are in
`sleeping`, with what wakes them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.asked import asked_by
from tradeoms.compliance.evaluated import evaluated_all
from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds import wavg
from tradeoms.compliance.kinds.scanned import SCANNED, SCREENED, SELDOM, SeldomKind
from tradeoms.compliance.kinds.spans import key_parts
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.policy import LinearRule, Rule
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.groups import BucketRule, CountRule, GrossRule, GroupsRule
from tradeoms.compliance.schema.measures import CURVED, DenAmount, DenSelect, Weighted
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.compliance.selector import Condition
from tradeoms.domain.evaluation import Outcome

OUT: Final = 0
IN: Final = 1
UNKNOWN: Final = 2
#: In an average, with the attribute below its level, or at it (IN is above).
BELOW: Final = 3
LEVEL: Final = 4
DENS: Final = ("one", "nav", "total_assets", "net_assets", "nav_plus_borrowings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """What a numerator sums: `kind` is ratio, cash, short or wavg.

    Cash is in `currency`, or all of it; other sums are in it, or in the entity's. Ladders share the
    cubes of ratios; `weighted` is what an average sums.
    """

    kind: str
    level: str = "fund"
    measure: str = "mv"
    select: tuple[Condition, ...] = ()
    exclude: tuple[Condition, ...] = ()
    group_by: tuple[str, ...] = ()
    include_cash: bool = False
    fee: Fraction = NOTHING
    currency: str | None = None
    weighted: Weighted | None = None

    @property
    def counts_cash(self) -> bool:
        """True where settled cash is part of the sum."""
        return self.kind == "cash" or self.include_cash


@dataclass(frozen=True, slots=True)
class Term:
    """What one holding adds: its value in ``measure`` (None: nothing), and the cash it moves."""

    measure: str | Weighted | None
    level: str
    cash: bool
    fee: Fraction
    currency: str | None
    mode: str

    @property
    def curved(self) -> bool:
        """True where the value is not proportional to the quantity."""
        return self.measure in CURVED


@dataclass(frozen=True, slots=True)
class SlotType:
    """One running sum of a cube, and the terms that feed it from inside and outside the cube.

    The weights of an average have slots of their own, in which a security counts as its sign in the
    worst case wants: `term_below` where its attribute is below the level, `term_level` where at it.
    """

    cube: int
    mode: str
    term_in: int
    term_out: int | None
    term_below: int | None = None
    term_level: int | None = None

    def term_for(self, status: int) -> int:
        """Return the term of a security inside the cube."""
        if self.term_below is None or self.term_level is None or status == IN:
            return self.term_in
        return self.term_below if status == BELOW else self.term_level


@dataclass(frozen=True, slots=True)
class Test:
    """One bound of one rule on one kind of slot; `dynamic` limits depend on fund or security."""

    rule: int
    slot_type: int
    bound: str
    den: str
    dynamic: bool
    stops: bool  # an order that breaks it


@dataclass(frozen=True, slots=True)
class GroupTest:
    """One rule about groups and the kinds of slot behind it.

    Attributes:
        rule: The rule.
        high: Slot type of the groups' upper values; None where the rule has no use for them.
        low: Slot type of their lower values, likewise.
        part: Slot type of the parts of a group that are cells too (issues of an issuer).
        way: 1 where only a rise of a group can hurt, -1 only a fall, 0 both.
    """

    rule: int
    high: int | None
    low: int | None
    part: int | None
    way: int


@dataclass(slots=True)
class Plan:
    """A compiled rule set: ``rules`` as they are evaluated, ``written`` as they are named."""

    rules: tuple[Rule, ...]
    written: tuple[Rule, ...]
    cubes: list[Cube] = field(default_factory=list)
    slot_types: list[SlotType] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    tests: list[list[Test]] = field(default_factory=list)
    groups: list[GroupTest] = field(default_factory=list)
    scans: frozenset[int] = frozenset()
    sleeping: tuple[tuple[SeldomKind, tuple[tuple[int, Rule], ...]], ...] = ()
    attributes: tuple[str, ...] = ()
    slots_of_cube: list[list[int]] = field(default_factory=list)
    rules_of_cube: list[list[int]] = field(default_factory=list)
    selection_of_cube: list[int] = field(default_factory=list)
    grouping_of_cube: list[int] = field(default_factory=list)
    curved: bool = False
    netted: bool = False


def compile_rules(rules: Sequence[Rule], today: date, *, mixed: bool = True) -> Plan:
    """Return the plan of a day; not ``mixed``, as before version 2 of the evidence (`is_scan`)."""
    plan = Plan(rules=evaluated_all(rules, today), written=tuple(rules))
    scans = []
    sleeping: dict[type, list[tuple[int, Rule]]] = {}
    asked: set[str] = set()
    for index, rule in enumerate(plan.rules):
        asked |= asked_by(rule)
        tests: list[Test] = []
        if isinstance(rule, GroupsRule) and by_standing(rule):
            tests = _group_tests(plan, index, rule)
        elif type(rule) in SELDOM:
            sleeping.setdefault(type(rule), []).append((index, rule))
        elif type(rule) in SCANNED and not isinstance(rule, SCREENED):
            scans.append(index)
        elif isinstance(rule, LinearRule | LadderRule):
            if is_scan(rule, mixed=mixed):
                scans.append(index)
            else:
                tests = _tests(plan, index, rule)
        plan.tests.append(tests)
    plan.scans = frozenset(scans)
    plan.sleeping = tuple((SELDOM[kind], tuple(found)) for kind, found in sleeping.items())
    plan.attributes = tuple(sorted(asked))
    plan.curved = any(term.curved for term in plan.terms)
    plan.selection_of_cube = _numbered([(cube.select, cube.exclude) for cube in plan.cubes])
    plan.grouping_of_cube = _numbered([cube.group_by for cube in plan.cubes])
    plan.netted = any(term.mode == "net" for term in plan.terms)
    return plan


def _numbered(questions: Sequence[Hashable]) -> list[int]:
    """Number questions so that equal ones have one number."""
    seen: dict[Hashable, int] = {}
    return [seen.setdefault(one, len(seen)) for one in questions]


def is_scan(rule: LinearRule | LadderRule, *, mixed: bool) -> bool:
    """True where running sums are not enough and the reference must walk the holdings."""
    if not isinstance(rule, RatioRule):
        return False
    curved = rule.measure in CURVED
    lowers = [rule.min, rule.min_under_benchmark, *(one.min for one in rule.overrides.values())]
    lower = any(one is not None for one in lowers)
    return (
        isinstance(rule.den, DenSelect)
        or rule.lookthrough
        or rule.unsaid_currency
        or (mixed and rule.mixes_limits)
        or (curved and (rule.level != "fund" or lower))
    )


def by_standing(rule: GroupsRule) -> bool:
    """True where running sums tell what the groups of a fund come to."""
    by_votes = isinstance(rule, BucketRule) and rule.own_attr is not None
    return rule.level == "fund" and rule.measure not in CURVED and not by_votes


def _group_tests(plan: Plan, index: int, rule: GroupsRule) -> list[Test]:
    """Add a rule about groups to the plan; return its tests on single groups."""
    group_by = key_parts(rule)
    cubes = [
        _cube_index(
            plan,
            Cube(
                kind="ratio",
                measure=rule.measure,
                select=rule.select,
                exclude=rule.exclude,
                group_by=tuple(name for names in parts for name in names),
                currency=rule.currency or None,
            ),
        )
        for parts in (group_by[:1], group_by)[: len(group_by)]
    ]
    for cube in cubes:
        plan.rules_of_cube[cube].append(index)
    named = {"all": "net", "none": "none"}.get(rule.pending)
    fewest = isinstance(rule, CountRule) and rule.min is not None
    most = not isinstance(rule, CountRule) or rule.max is not None
    both = isinstance(rule, GrossRule)
    high = _slot_index(plan, cubes[0], named or "hi") if most else None
    low = _slot_index(plan, cubes[0], named or "lo") if fewest or both else None
    part = _slot_index(plan, cubes[1], named or "hi") if len(cubes) > 1 else None
    way = 0 if low is not None and high is not None else 1 if low is None else -1
    plan.groups.append(GroupTest(index, high, low, part, way))
    if not isinstance(rule, BucketRule | CountRule) or rule.per_group_max is None:
        return []
    each = _slot_index(plan, cubes[0], named or "hi")
    return [Test(index, each, "max", rule.den, False, _heeded(rule))]  # noqa: FBT003


def cube_of(rule: RatioRule | CashRule | ShortRule | LadderRule) -> Cube:
    """Return the cube that a rule measures."""
    match rule:
        case LadderRule():
            return Cube(
                kind="ratio",
                level=rule.level,
                measure=rule.measure,
                select=rule.select,
                exclude=rule.exclude,
                group_by=rule.group_by,
            )
        case CashRule():
            return Cube(kind="cash", fee=Fraction(rule.fee), currency=rule.currency)
        case ShortRule():
            return Cube(kind="short", measure="qty", select=rule.select, exclude=rule.exclude)
        case RatioRule():
            return Cube(
                kind="ratio",
                level=rule.level,
                measure=rule.measure,
                select=rule.select,
                exclude=rule.exclude,
                group_by=rule.group_by,
                include_cash=rule.include_cash,
                currency=rule.currency or None,
            )


def _tests(plan: Plan, index: int, rule: LinearRule | LadderRule) -> list[Test]:
    if isinstance(rule, WavgRule):
        return [_average_test(plan, index, rule, limit) for limit in wavg.limits_of(rule)]
    cube = _cube_index(plan, cube_of(rule))
    plan.rules_of_cube[cube].append(index)
    found = []
    den = rule.den if isinstance(rule, RatioRule) and isinstance(rule.den, str) else "one"
    for bound, dynamic in _bounds(rule).items():
        slot_type = _slot_index(plan, cube, mode_of(rule.pending, bound))
        found.append(Test(index, slot_type, bound, den, dynamic, _heeded(rule)))
    return found


def _heeded(rule: Rule) -> bool:
    return stops(rule, Outcome.BREACH) and not isinstance(rule, LadderRule)  # it only discloses


def _bounds(rule: RatioRule | CashRule | ShortRule | LadderRule) -> dict[str, bool]:
    """Return the bounds of a rule, and whether they depend on fund or security."""
    if isinstance(rule, LadderRule):
        return {"max": True, "min": True}
    if isinstance(rule, CashRule | ShortRule):
        return {"min": isinstance(rule, ShortRule) and rule.mode != "no_short"}
    uppers = [rule.max, *(one.max for one in rule.overrides.values())]
    lowers = [rule.min, *(one.min for one in rule.overrides.values())]
    derived = rule.limit_by is not None or rule.max_over_benchmark is not None
    under = rule.min_under_benchmark is not None
    own = isinstance(rule.den, DenAmount) or bool(rule.exceptions)
    found = {}
    if derived or any(one is not None for one in uppers):
        found["max"] = derived or own
    if under or any(one is not None for one in lowers):
        found["min"] = under or own
    return found


def mode_of(pending: str, bound: str) -> str:
    """Return the mode of the slot that a bound looks at."""
    return {"all": "net", "none": "none"}.get(pending, "hi" if bound == "max" else "lo")


def _average_test(plan: Plan, index: int, rule: WavgRule, limit: Limit) -> Test:
    """Return the test of the sum of v * (a - limit) against zero; its weights are slots beside."""
    weighted = Weighted(rule.measure, rule.attr, limit.at)
    cube = _cube_index(
        plan,
        Cube(
            kind="wavg",
            level=rule.level,
            measure=rule.measure,
            select=rule.select,
            exclude=rule.exclude,
            weighted=weighted,
        ),
    )
    if index not in plan.rules_of_cube[cube]:
        plan.rules_of_cube[cube].append(index)
    mode = mode_of(rule.pending, limit.bound)
    slot_type = _slot_index(plan, cube, mode)
    weights_index(plan, cube, mode)
    return Test(index, slot_type, limit.bound, "one", False, _heeded(rule))  # noqa: FBT003


def weights_index(plan: Plan, cube_index: int, mode: str) -> int:
    """Return the slot type of the weights beside a slot of an average, made where absent."""
    for index in plan.slots_of_cube[cube_index]:
        if plan.slot_types[index].mode == f"weights {mode}":
            return index
    cube = plan.cubes[cube_index]
    below, level = {"hi": ("lo", "none"), "lo": ("hi", "none")}.get(mode, (mode, mode))
    terms = [
        _term_index(plan, Term(cube.measure, cube.level, False, NOTHING, None, one))  # noqa: FBT003
        for one in (mode, below, level)
    ]
    plan.slot_types.append(
        SlotType(cube_index, f"weights {mode}", terms[0], None, terms[1], terms[2])
    )
    plan.slots_of_cube[cube_index].append(len(plan.slot_types) - 1)
    return len(plan.slot_types) - 1


def _cube_index(plan: Plan, cube: Cube) -> int:
    if cube not in plan.cubes:
        plan.cubes.append(cube)
        plan.slots_of_cube.append([])
        plan.rules_of_cube.append([])
    return plan.cubes.index(cube)


def _slot_index(plan: Plan, cube_index: int, mode: str) -> int:
    for index in plan.slots_of_cube[cube_index]:
        if plan.slot_types[index].mode == mode:
            return index
    cube = plan.cubes[cube_index]
    cash = cube.counts_cash
    measure: str | Weighted | None = cube.weighted or cube.measure
    if cube.kind == "cash":
        measure = None
    inside = Term(measure, cube.level, cash, cube.fee, cube.currency, mode)
    outside = replace(inside, measure=None) if cube.include_cash else None
    plan.slot_types.append(
        SlotType(
            cube_index,
            mode,
            _term_index(plan, inside),
            None if outside is None else _term_index(plan, outside),
        )
    )
    plan.slots_of_cube[cube_index].append(len(plan.slot_types) - 1)
    return len(plan.slot_types) - 1


def _term_index(plan: Plan, term: Term) -> int:
    if term not in plan.terms:
        plan.terms.append(term)
    return plan.terms.index(term)
