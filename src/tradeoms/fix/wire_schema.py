"""The tables of the wire journal."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, next_out INTEGER NOT NULL DEFAULT 0,
  next_in INTEGER NOT NULL DEFAULT 0, halted TEXT NOT NULL DEFAULT '',
  acked_row INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS rows (
  row INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, epoch INTEGER NOT NULL,
  kind TEXT NOT NULL, msg_seq_num INTEGER NOT NULL, poss_dup INTEGER NOT NULL,
  poss_resend INTEGER NOT NULL, at_us INTEGER NOT NULL, variant INTEGER NOT NULL,
  raw BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS rows_transport
  ON rows (session, epoch, msg_seq_num, variant) WHERE kind = 'in';
CREATE TABLE IF NOT EXISTS instructions (
  number INTEGER PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, cl_ord_id TEXT NOT NULL,
  placement_id TEXT NOT NULL, order_id TEXT NOT NULL, orig_cl_ord_id TEXT NOT NULL,
  state TEXT NOT NULL, body BLOB NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0, msg_seq_num INTEGER NOT NULL DEFAULT 0,
  sent_us INTEGER NOT NULL DEFAULT 0, raw BLOB, reason TEXT NOT NULL DEFAULT '',
  repeated INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS instructions_identity
  ON instructions (kind, cl_ord_id) WHERE kind <> 'status' AND repeated = 0;
CREATE INDEX IF NOT EXISTS instructions_cl_ord_id ON instructions (cl_ord_id);
CREATE INDEX IF NOT EXISTS instructions_orig ON instructions (orig_cl_ord_id);
CREATE INDEX IF NOT EXISTS instructions_seq ON instructions (session, epoch, msg_seq_num);
CREATE INDEX IF NOT EXISTS instructions_placement ON instructions (placement_id);
CREATE INDEX IF NOT EXISTS instructions_open
  ON instructions (session, state) WHERE state IN ('READY', 'CLAIMED', 'SENT', 'UNKNOWN');
CREATE TABLE IF NOT EXISTS placements (
  placement_id TEXT PRIMARY KEY, session TEXT NOT NULL, order_id TEXT NOT NULL,
  number INTEGER NOT NULL, cl_ord_id TEXT NOT NULL, quantity TEXT NOT NULL,
  cum_qty TEXT NOT NULL DEFAULT '0', closed TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE IF NOT EXISTS broker_ids (
  session TEXT NOT NULL, broker_order_id TEXT NOT NULL, placement_id TEXT NOT NULL,
  PRIMARY KEY (session, broker_order_id)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replaces (
  cl_ord_id TEXT PRIMARY KEY, placement_id TEXT NOT NULL, number INTEGER NOT NULL,
  quantity TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS mass_cancels (
  cl_ord_id TEXT PRIMARY KEY, session TEXT NOT NULL, action_id TEXT NOT NULL,
  answered INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS covered (
  number INTEGER PRIMARY KEY, mass_cancel TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS programs (
  list_id TEXT PRIMARY KEY, session TEXT NOT NULL, action_id TEXT NOT NULL,
  told INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS listed (number INTEGER PRIMARY KEY, list_id TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS listed_list ON listed (list_id);
CREATE TABLE IF NOT EXISTS escalated (number INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS denied (number INTEGER PRIMARY KEY, at_us INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS news (row INTEGER PRIMARY KEY, session TEXT NOT NULL,
  at_us INTEGER NOT NULL, headline TEXT NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS replaces_placement ON replaces (placement_id);
CREATE INDEX IF NOT EXISTS placements_order ON placements (order_id);
CREATE INDEX IF NOT EXISTS placements_open ON placements (session) WHERE closed = '';
"""
