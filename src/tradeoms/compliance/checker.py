"""Checks by running sums: one order or many, each with its evidence.

One pass over all rows settles what passes without doubt; the rest, and the rows that set the
largest quantity, are judged exactly. In a batch every order sees the reservations of the allowed
ones before it. More reservations never turn a block into a pass, so a second pass without the
blocked orders settles all but those that the first blocked and the second does not; orders that
these touch are taken one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.answer import verdicts_of, worst_action, worst_outcome
from tradeoms.compliance.cells import FINE, Bools, Floats, Int64s
from tradeoms.compliance.evidence import Recorder, pack, packed_text
from tradeoms.compliance.exact import decimal_of, exact_text
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.moves import LegMove, MoveTable, exact_fraction, tabulate
from tradeoms.compliance.plan import DENS
from tradeoms.compliance.policy import OrderRule, RestrictRule
from tradeoms.compliance.prepared import Prepared, Preparer
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import RuleAnswer, answer_rule, cap
from tradeoms.compliance.rowjudge import MemberAnswer, RowNumbers, judge_row
from tradeoms.compliance.screen import Layout, Screen, lay_out, reservations, screen
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Action, Evaluation, Outcome


@dataclass(slots=True)
class Pass:
    """One screening of some orders."""

    prepared: Sequence[Prepared]
    layout: Layout
    table: MoveTable
    screen: Screen
    best: Floats
    first_leg: Int64s


@dataclass(slots=True)
class Findings:
    """What was found of one order, by rule."""

    cells: dict[int, list[CellResult]] = field(default_factory=dict)
    caps: list[tuple[Fraction, int]] = field(default_factory=list)
    written: list[tuple[int, CellResult]] = field(default_factory=list)
    whole: set[int] = field(default_factory=set)
