"""The schema's versions. Number N is the N-th script; a script that has landed is never changed, only followed."""

from __future__ import annotations

_HISTORY = """
CREATE TABLE message (
  message_id     TEXT PRIMARY KEY,
  account_id     TEXT NOT NULL,
  direction      TEXT NOT NULL,
  peer           TEXT NOT NULL,
  peer_display   TEXT NOT NULL,
  content_type   TEXT NOT NULL,
  body           TEXT NOT NULL,
  truncated      INTEGER NOT NULL,
  state          TEXT NOT NULL,
  sip_status     INTEGER NOT NULL,
  reason_phrase  TEXT NOT NULL,
  created_at_ms  INTEGER NOT NULL,
  read           INTEGER NOT NULL,
  remote_id      TEXT            -- the sender's id of it, where the sender is an Elsipo: a repeat is no second message
) STRICT;
CREATE UNIQUE INDEX message_by_peer ON message (account_id, peer, created_at_ms);
CREATE INDEX message_waiting ON message (account_id, created_at_ms) WHERE state IN ('queued', 'sending');
CREATE UNIQUE INDEX message_once ON message (account_id, peer, remote_id) WHERE remote_id IS NOT NULL;

CREATE TABLE call (
  call_id          TEXT PRIMARY KEY,
  account_id       TEXT NOT NULL,
  direction        TEXT NOT NULL,
  peer             TEXT NOT NULL,
  peer_display     TEXT NOT NULL,
  state            TEXT NOT NULL,
  sip_status       INTEGER NOT NULL,
  reason_phrase    TEXT NOT NULL,
  sip_call_id      TEXT NOT NULL,
  started_at_ms    INTEGER NOT NULL,
  confirmed_at_ms  INTEGER,
  ended_at_ms      INTEGER,
  outcome          TEXT
) STRICT;
CREATE INDEX call_by_time ON call (account_id, started_at_ms);
"""

_UNREAD = "CREATE INDEX message_unread ON message (account_id) WHERE NOT read;"

_DEVICES = """
CREATE TABLE device (
  account_id  TEXT NOT NULL,
  contact     TEXT NOT NULL,     -- as the registrar lists it
  since_ms    INTEGER NOT NULL,  -- when it was first listed to us
  PRIMARY KEY (account_id, contact)
) STRICT;
"""

_PAGES = """
CREATE TABLE page (
  account_id  TEXT NOT NULL,
  shelf       TEXT NOT NULL,         -- visited, or kept as a bookmark
  uri         TEXT NOT NULL,
  title       TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  PRIMARY KEY (account_id, shelf, uri)
) STRICT;
"""

MIGRATIONS: tuple[str, ...] = (_HISTORY, _UNREAD, _DEVICES, _PAGES)
