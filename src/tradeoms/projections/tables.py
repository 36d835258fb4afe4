"""Tables of the read models, beside the journal in one database and one transaction.

Every row carries `seq`, the journal position of its last change, which streams follow, and `state`,
the aggregate's facts as JSON, from which the engine starts and REST renders. The other columns
exist to be searched. `live` rows are those that the engine keeps in memory. Instants are
microseconds of UTC.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from tradeoms.journal.statements import KEPT
from tradeoms.journal.tables import BYTEWISE, metadata


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, BYTEWISE, primary_key=key, nullable=False)


def _live() -> sa.Column[bool]:
    return sa.Column("live", sa.Boolean, nullable=False)


def _stamps() -> tuple[sa.Column[int], sa.Column[int]]:
    """When the row came, which stays, and when it last changed; see `touched`."""
    came = sa.Column("created_at", sa.BigInteger, nullable=False, info={KEPT: True})
    return came, _big("updated_at")


def _live_seq(name: str) -> sa.Index:
    """Finds the rows that are live among all that ever were: a start and a stream's snapshot."""
    return sa.Index(
        f"ix_{name}_live", "seq", sqlite_where=sa.text("live = 1"), postgresql_where=sa.text("live")
    )


def _table(
    name: str, *items: sa.Column[str] | sa.Column[int] | sa.Column[bool] | sa.Index
) -> sa.Table:
    return sa.Table(name, metadata, *items, sqlite_strict=True)


orders: Final = _table(
    "orders",
    _text("id", key=True),
    _big("seq"),
    _text("client"),
    _text("client_order_id"),
    _text("status"),
    _text("security_id"),
    _text("side"),
    _text("portfolio_manager"),
    _text("trader"),
    _text("block_id"),
    _text("placed_quantity"),
    _live(),
    _big("created_at"),
    _big("updated_at"),
    _text("state"),
    _text("drafted_by"),  # who entered it, until it is submitted; empty from then on
    sa.Index("ix_orders_seq_id", "seq", "id"),
    _live_seq("orders"),
    sa.Index("uq_orders_client_client_order_id", "client", "client_order_id", unique=True),
    sa.Index("ix_orders_status_id", "status", "id"),
    sa.Index("ix_orders_security_id_id", "security_id", "id"),
)
order_funds: Final = _table("order_funds", _text("fund", key=True), _text("order_id", key=True))
blocks: Final = _table(
    "blocks", _text("id", key=True), _big("seq"), _live(), _text("state"),
    sa.Index("ix_blocks_seq", "seq"), _live_seq("blocks"),
)  # fmt: skip
placements: Final = _table(
    "placements",
    _text("id", key=True),
    _big("seq"),
    _text("order_id"),
    _text("destination"),
    _text("status"),
    _live(),
    _big("created_at"),
    _big("updated_at"),
    _text("state"),
    sa.Index("ix_placements_seq", "seq"),
    _live_seq("placements"),
    sa.Index("ix_placements_order_id", "order_id"),
)
#: The orders that share a placement; none for a placement of one order.
placement_parts: Final = _table(
    "placement_parts", _text("placement_id", key=True), _text("order_id", key=True),
    sa.Index("ix_placement_parts_order_id", "order_id"),
)  # fmt: skip
#: Every ClOrdID we ever used, so that a late report finds its placement.
cl_ord_ids: Final = _table(
    "cl_ord_ids",
    _text("cl_ord_id", key=True),
    _text("placement_id"),
    sa.Index("ix_cl_ord_ids_placement_id", "placement_id"),
)
executions: Final = _table(
    "executions",
    _text("id", key=True),
    _big("seq"),
    _text("placement_id"),
    _text("order_id"),
    _text("status"),
    _live(),
    _big("received_at"),
    _text("state"),
    sa.Index("ix_executions_seq", "seq"),
    _live_seq("executions"),
    sa.Index("ix_executions_order_id", "order_id"),
    sa.Index("ix_executions_placement_id", "placement_id"),
    sa.Index("ix_executions_received_at", "received_at"),
)
#: Every ExecID a session ever reported, and the execution it made or changed; the break of its bust
#: or correction where that came first.
exec_ids: Final = _table(
    "exec_ids",
    _text("session", key=True),
    _text("exec_id", key=True),
    _text("execution_id"),
    sa.Index("ix_exec_ids_execution_id", "execution_id"),
)
allocations: Final = _table(
    "allocations", _text("order_id", key=True), _big("seq"), _live(), _big("updated_at"),
    _text("state"), sa.Index("ix_allocations_seq", "seq"), _live_seq("allocations"),
)  # fmt: skip
#: Orders' trading days, to be given to funds for good. Days are ISO 8601.
bookings: Final = _table(
    "bookings",
    _text("id", key=True),
    _big("seq"),
    _text("order_id"),
    _text("trade_on"),
    _text("status"),
    _live(),
    _big("updated_at"),
    _text("state"),
    sa.Index("ix_bookings_seq", "seq"),
    _live_seq("bookings"),
    sa.Index("ix_bookings_order_id", "order_id"),
    sa.Index("ix_bookings_status_id", "status", "id"),
)
positions: Final = _table(
    "positions", _text("fund", key=True), _text("security_id", key=True), _big("seq"),
    _text("state"), *_stamps(), sa.Index("ix_positions_seq", "seq"),
)  # fmt: skip
cash: Final = _table(
    "cash", _text("fund", key=True), _text("currency", key=True), _big("seq"), _text("state"),
    *_stamps(), sa.Index("ix_cash_seq", "seq"),
)  # fmt: skip
#: Where the evidence of a check stands in the journal.
checks: Final = _table(
    "checks", _text("id", key=True), _text("order_id"), _big("seq"),
    sa.Index("ix_checks_order_id", "order_id"),
)  # fmt: skip
#: Limits that orders would exceed.
hits: Final = _table(
    "hits",
    _text("id", key=True),
    _big("seq"),
    _text("order_id"),
    _text("fund"),
    _text("rule_id"),
    _big("at"),
    _text("state"),
    sa.Index("ix_hits_seq", "seq"),
    sa.Index("ix_hits_order_id", "order_id"),
    sa.Index("ix_hits_fund", "fund", "id"),
    sa.Index("ix_hits_rule_id", "rule_id", "id"),
)
#: Limits that portfolios exceed, or did: the register. Days are ISO 8601, empty for none.
breaches: Final = _table(
    "breaches",
    _text("id", key=True),
    _big("seq"),
    _text("fund"),
    _text("rule_id"),
    _text("cell"),
    _text("status"),
    _text("kind"),
    _text("assignee"),
    _text("found_on"),
    _text("due_on"),
    _text("cured_on"),
    _big("created_at"),
    _text("state"),
    sa.Index("ix_breaches_seq", "seq"),
    sa.Index("uq_breaches_fund_rule_id_cell", "fund", "rule_id", "cell", unique=True),
)
#: Post-trade runs. The result for each fund stands in the journal, where `fund_runs` says.
runs: Final = _table(
    "runs",
    _text("id", key=True),
    _big("seq"),
    _text("status"),
    _text("executor"),
    _text("trade_on"),
    _big("started_at"),
    _text("state"),
    sa.Index("ix_runs_seq", "seq"),
    sa.Index("ix_runs_status", "status"),
)
fund_runs: Final = _table(
    "fund_runs",
    _text("run_id", key=True),
    _text("fund", key=True),
    _text("trade_on"),
    _big("seq"),
    sa.Index("ix_fund_runs_fund_seq", "fund", "seq"),
)
#: The newest result of every fund.
last_runs: Final = _table("last_runs", _text("fund", key=True), _big("seq"), _text("state"))
waivers: Final = _table(
    "waivers", _text("id", key=True), _big("seq"), _text("order_id"), _text("status"), _live(),
    _text("state"), sa.Index("ix_waivers_seq", "seq"), _live_seq("waivers"),
    sa.Index("ix_waivers_order_id", "order_id"),
)  # fmt: skip
breaks: Final = _table(
    "breaks",
    _text("id", key=True),
    _big("seq"),
    _text("kind"),
    _text("status"),
    _text("session"),
    _live(),
    _big("created_at"),
    _text("state"),
    sa.Index("ix_breaks_seq", "seq"),
)
rules: Final = _table(
    "rules",
    _text("rule_id", key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
    _big("seq"),
    _text("status"),
    _text("state"),
)
funds: Final = _table("funds", _text("code", key=True), _big("seq"), _text("state"), *_stamps())
securities: Final = _table(
    "securities", _text("id", key=True), _big("seq"), _text("symbol"), _text("state"),
    *_stamps(), sa.Index("ix_securities_symbol", "symbol"),
)  # fmt: skip
identifiers: Final = _table(
    "identifiers", _text("scheme", key=True), _text("value", key=True), _text("security_id")
)
prices: Final = _table(
    "prices", _text("security_id", key=True), _big("seq"), _text("state"), *_stamps()
)
rates: Final = _table(
    "rates", _text("base", key=True), _text("to", key=True), _big("seq"), _text("state")
)
destinations: Final = _table(
    "destinations", _text("name", key=True), _big("seq"), _text("state"), *_stamps()
)
users: Final = _table("users", _text("id", key=True), _big("seq"), _text("state"), *_stamps())
api_keys: Final = _table("api_keys", _text("id", key=True), _big("seq"), _text("state"), *_stamps())
sign_ins: Final = _table(
    "sign_ins", _text("id", key=True), _big("seq"), _text("token_sha256"), _live(),
    _text("state"), sa.Index("ix_sign_ins_token_sha256", "token_sha256"),
)  # fmt: skip
kill_switches: Final = _table(
    "kill_switches", _text("id", key=True), _big("seq"), _text("status"), _text("state"),
    sa.Index("ix_kill_switches_seq", "seq"),
)  # fmt: skip
models: Final = _table(
    "models",
    _text("model", key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
    _big("seq"),
    _text("status"),
    _text("state"),
)
#: Proposals without their lines, which never change.
proposals: Final = _table(
    "proposals", _text("id", key=True), _big("seq"), _text("status"), _text("state"),
    sa.Index("ix_proposals_seq", "seq"),
)  # fmt: skip
proposal_funds: Final = _table(
    "proposal_funds", _text("fund", key=True), _text("proposal_id", key=True)
)
proposal_lines: Final = _table(
    "proposal_lines",
    _text("proposal_id", key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
    _text("fund"),
    _text("security_id"),
    _big("seq"),
    _text("state"),
)
order_lists: Final = _table(
    "order_lists", _text("id", key=True), _big("seq"), _text("state"), *_stamps(),
    sa.Index("ix_order_lists_seq", "seq"),
)  # fmt: skip
list_orders: Final = _table("list_orders", _text("list_id", key=True), _text("order_id", key=True))
import_mappings: Final = _table(
    "import_mappings", _text("name", key=True), _big("seq"), _text("state")
)
#: `shared_with` has each role between two bars.
layouts: Final = _table(
    "layouts", _text("id", key=True), _big("seq"), _text("owner"), _text("page"), _live(),
    _text("shared_with"), _text("state"),
)  # fmt: skip
#: What people did to FIX sessions, and what became of it.
session_actions: Final = _table(
    "session_actions", _text("id", key=True), _big("seq"), _text("session"), _text("status"),
    _text("state"), sa.Index("ix_session_actions_seq", "seq"),
)  # fmt: skip
#: What was loaded from outside; `name` is what rules ask for, `fund` empty where it is of none.
outside: Final = _table(
    "outside", _text("id", key=True), _big("seq"), _text("kind"), _text("name"), _text("fund"),
    _text("state"), *_stamps(),
)  # fmt: skip
#: What brokers are told of how executions are split, and their confirmations.
allocation_instructions: Final = _table(
    "allocation_instructions", _text("id", key=True), _big("seq"), _text("alloc_id"),
    _text("placement_id"), _text("status"), _text("state"),
    sa.Index("ix_allocation_instructions_seq", "seq"),
    sa.Index("ix_allocation_instructions_alloc_id", "alloc_id"),
    sa.Index("ix_allocation_instructions_placement_id", "placement_id"),
)  # fmt: skip
confirmations: Final = _table(
    "confirmations", _text("id", key=True), _big("seq"), _text("session"), _text("confirm_id"),
    _text("instruction_id"), _text("fund"), _text("status"), _text("answer_id"), _text("state"),
    sa.Index("ix_confirmations_seq", "seq"),
    sa.Index("ix_confirmations_confirm_id", "session", "confirm_id"),
    sa.Index("ix_confirmations_answer_id", "answer_id"),
    sa.Index("ix_confirmations_instruction_id", "instruction_id"),
)  # fmt: skip
#: What counterparties told a second time, and how it stands beside what they told at first.
drop_copies: Final = _table(
    "drop_copies", _text("id", key=True), _big("seq"), _text("session"), _text("report_id"),
    _text("kind"), _text("status"), _text("placement_id"), _text("execution_id"), _text("state"),
    sa.Index("ix_drop_copies_seq", "seq"),
    sa.Index("ix_drop_copies_report_id", "session", "report_id"),
    sa.Index("ix_drop_copies_execution_id", "execution_id"),
    sa.Index("ix_drop_copies_status", "status"),
)  # fmt: skip
#: Crosses between funds of the house, and both orders of each. `trade_on` is empty until booked.
crosses: Final = _table(
    "crosses", _text("id", key=True), _big("seq"), _text("status"), _text("trade_on"),
    _text("state"), sa.Index("ix_crosses_trade_on", "trade_on"),
)  # fmt: skip
cross_orders: Final = _table(
    "cross_orders", _text("cross_id", key=True), _text("order_id", key=True)
)
#: Commissions that funds paid destinations, by month of the trading day.
commissions: Final = _table(
    "commissions", _text("destination", key=True), _text("fund", key=True),
    _text("currency", key=True), _text("month", key=True), _big("seq"), _text("state"),
)  # fmt: skip
#: Single facts by name: `trade_on`, the trading day; `gateway:` its session's journal;
#: `drop_copy:` whom its session copies; `pair:` two orders worked in step;
#: `routing` its rules, lists and budgets, `charges` and `allocation_policies` those in force,
#: `custom-fields` the fields, as JSON.
facts: Final = _table("facts", _text("name", key=True), _big("seq"), _text("value"))

#: One row: of which shape the rows of the read models are (see `shape`).
shapes: Final = _table("shapes", _text("digest", key=True))

#: What a rebuild empties and folds anew.
READ_MODELS: Final = (
    orders, order_funds, blocks, placements, placement_parts, cl_ord_ids, executions, exec_ids,
    allocations, bookings, positions, cash, checks, hits, breaches, runs, fund_runs, last_runs,
    waivers, breaks, rules, funds, securities, identifiers, prices, rates, destinations, users,
    api_keys, sign_ins, kill_switches, models, proposals, proposal_funds, proposal_lines,
    order_lists, list_orders, import_mappings, layouts, session_actions, outside, drop_copies,
    crosses, cross_orders, allocation_instructions, confirmations,
    commissions, facts,
)  # fmt: skip
