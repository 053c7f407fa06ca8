/**
 * The schema, as the steps that lead to it: step n makes version n of version n − 1. A step that was released
 * is never changed; what comes later is a new step.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- A zone is loading (its records are being put in), live (it is served) or dead (to be cleared away).
  -- source: 'file' when it came from a zone file.
  CREATE TABLE zone (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    apex   BLOB NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('loading', 'live', 'dead')),
    source TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX live_zone ON zone (apex) WHERE state = 'live';

  -- The records, in canonical order. owner: relative to the apex, see owner-key.ts. rdata: canonical form
  -- (RFC 4034 §6.2); written: the RDATA as it was written, where that differs.
  CREATE TABLE rr (
    zone    INTEGER NOT NULL,
    owner   BLOB NOT NULL,
    type    INTEGER NOT NULL,
    rdata   BLOB NOT NULL,
    ttl     INTEGER NOT NULL,
    written BLOB,
    PRIMARY KEY (zone, owner, type, rdata)
  ) STRICT, WITHOUT ROWID;

  -- One row for each change of a zone, its first load and its removal among them; those two have no journal_rr.
  CREATE TABLE journal (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    apex        BLOB NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('load', 'change', 'remove')),
    serial_from INTEGER,
    serial_to   INTEGER,
    removed     INTEGER NOT NULL,
    added       INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    by_kind     TEXT NOT NULL,
    by_name     TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_of_zone ON journal (apex, id);

  -- The records of a change, in the order in which they were removed (added = 0) and added (added = 1).
  CREATE TABLE journal_rr (
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    added    INTEGER NOT NULL,
    owner    BLOB NOT NULL,
    type     INTEGER NOT NULL,
    rdata    BLOB NOT NULL,
    ttl      INTEGER NOT NULL,
    written  BLOB,
    PRIMARY KEY (journal, sequence)
  ) STRICT, WITHOUT ROWID;

  -- The files a zone was last read from: its zone file (sequence 0) and what that includes.
  CREATE TABLE zone_file (
    zone     INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    path     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    read_ms  INTEGER NOT NULL,
    sha256   BLOB NOT NULL,
    PRIMARY KEY (zone, sequence)
  ) STRICT, WITHOUT ROWID;

  -- The records as last read from those files: packed, see packed-records.ts. first: sorts the chunks.
  CREATE TABLE zone_file_chunk (
    zone   INTEGER NOT NULL,
    first  BLOB NOT NULL,
    octets BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX zone_file_chunk_order ON zone_file_chunk (zone, first);
  `,
  `
  -- Where a zone's history begins: its loads and removals, found without going through its changes.
  CREATE INDEX journal_loads ON journal (apex, id) WHERE action <> 'change';

  -- More of who made a change: the address it came from, where there was one.
  ALTER TABLE journal ADD COLUMN by_address TEXT;

  -- Changes whose row in the journal is gone already and whose records are still to be cleared away.
  CREATE TABLE journal_cut (journal INTEGER PRIMARY KEY) STRICT;
  `,
  `
  -- Zones that come from a primary (zone.source 'transfer'): when it was last heard to have nothing newer, and until
  -- when what is here may be answered from.
  CREATE TABLE secondary (
    apex         BLOB PRIMARY KEY,
    confirmed_ms INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
