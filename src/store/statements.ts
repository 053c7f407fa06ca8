import type { Database } from 'better-sqlite3';
import { RRType } from '../wire/iana.ts';
import { RULED_TYPES } from '../zone/check.ts';
import { RECORD_HEAD, SURE } from '../zone/check-size.ts';
import { storeError } from './errors.ts';

/** What SQLite takes as a parameter and gives as a column. */
export type Value = number | string | Uint8Array | null;

/** One prepared statement. Its errors are {@link StoreError}s. */
export interface Query<B extends Value[], R extends Value[]> {
  run(...values: B): { readonly changes: number; readonly id: number };
  /** The first row, as an array of columns. */
  get(...values: B): R | undefined;
  all(...values: B): R[];
}

/** Every statement the store uses, prepared once. `pageRecords` is described in zone-view.ts. */
export type Statements = ReturnType<typeof prepareStatements>;

/** Rows of one multi-row INSERT: fewer calls into SQLite, half the time for each record. */
export const ROWS_AT_ONCE = 40;

/** The size between {@link ROWS_AT_ONCE} and a single row. */
const FEW_ROWS = 8;

/** INSERTs of several sizes, the largest first, for any number of rows. */
export interface RowsQuery {
  readonly columns: number;
  readonly sizes: readonly { readonly rows: number; readonly query: Query<Value[], []> }[];
}

/**
 * Inserts rows whose values stand one after the other, in as few statements as there are sizes for. Returns the id of
 * the last row, in tables that have ids.
 */
export function insertRows({ columns, sizes }: RowsQuery, values: readonly Value[]): number {
  let at = 0;
  let last = 0;
  for (const { rows, query } of sizes) {
    const length = rows * columns;
    for (; values.length - at >= length; at += length) {
      last = query.run(...values.slice(at, at + length)).id;
    }
  }
  return last;
}

/** Owners whose records one call fetches. */
export const OWNERS_AT_ONCE = 128;

/** Changes of a zone that are looked at when it is served after a start. */
const CHANGES_LOOKED_AT = 50_000;

/** Records in a page of `pageRecords`: enough to make the call cheap, few enough to stay in the CPU's cache. */
const PAGE = 500;

/** Prepares every statement; `path` is for error messages. */
export function prepareStatements(sql: Database, path: string) {
  function query<B extends Value[], R extends Value[] = []>(text: string): Query<B, R> {
    return prepareQuery<B, R>(sql, text, path);
  }
  function rowsQuery(table: string, columns: number): RowsQuery {
    const row = `(${Array(columns).fill('?').join(',')})`;
    const sizes = [ROWS_AT_ONCE, FEW_ROWS, 1];
    return {
      columns,
      sizes: sizes.map((rows) => ({
        rows,
        query: query<Value[]>(`INSERT INTO ${table} VALUES ${Array(rows).fill(row).join(',')}`),
      })),
    };
  }
  return {
    // zone
    zones: query<[], [id: number, apex: Uint8Array, source: string]>(
      "SELECT id, apex, source FROM zone WHERE state = 'live' ORDER BY id",
    ),
    liveZone: query<[apex: Uint8Array], [id: number, source: string]>(
      "SELECT id, source FROM zone WHERE apex = ? AND state = 'live'",
    ),
    leftOverZones: query<[], [id: number]>("SELECT id FROM zone WHERE state <> 'live'"),
    insertZone: query<[apex: Uint8Array, source: string]>(
      "INSERT INTO zone (apex, state, source) VALUES (?, 'loading', ?)",
    ),
    setZoneState: query<[state: string, id: number]>('UPDATE zone SET state = ? WHERE id = ?'),
    deleteZone: query<[id: number]>('DELETE FROM zone WHERE id = ?'),

    // rr
    insertRecordValues: query<Value[]>(`INSERT INTO rr ${RECORD_COLUMNS} VALUES ${ROW}`),
    insertRecords: query<Value[]>(
      `INSERT INTO rr ${RECORD_COLUMNS} VALUES ${Array(ROWS_AT_ONCE).fill(ROW).join(',')}`,
    ),
    recordRows: rowsQuery('rr', 6),
    findRecord: query<
      [zone: number, owner: Uint8Array, type: number, rdata: Uint8Array],
      [ttl: number, written: Uint8Array | null]
    >('SELECT ttl, written FROM rr WHERE zone = ? AND owner = ? AND type = ? AND rdata = ?'),
    /** Deletes a record and gives what it was. */
    takeRecord: query<
      [zone: number, owner: Uint8Array, type: number, rdata: Uint8Array],
      [ttl: number, written: Uint8Array | null]
    >('DELETE FROM rr WHERE zone = ? AND owner = ? AND type = ? AND rdata = ? RETURNING ttl, written'),
    deleteRecord: query<[zone: number, owner: Uint8Array, type: number, rdata: Uint8Array]>(
      'DELETE FROM rr WHERE zone = ? AND owner = ? AND type = ? AND rdata = ?',
    ),
    /** Inserts a record unless it is there already: then it changes nothing. */
    insertMissing: query<RecordRow>(`INSERT INTO rr ${RECORD_COLUMNS} VALUES ${ROW} ON CONFLICT DO NOTHING`),
    /** The records of an RRset whose TTL is not its lowest, and that. Wants the RRset twice. */
    longerLived: query<
      [...Value[]],
      [rdata: Uint8Array, ttl: number, written: Uint8Array | null, least: number]
    >(
      `SELECT rdata, ttl, written, least FROM rr, (
         SELECT min(ttl) AS least FROM rr WHERE zone = ? AND owner = ? AND type = ?
       ) WHERE zone = ? AND owner = ? AND type = ? AND ttl > least`,
    ),
    ownerRecords: query<
      [zone: number, owner: Uint8Array],
      [type: number, rdata: Uint8Array, ttl: number, written: Uint8Array | null]
    >('SELECT type, rdata, ttl, written FROM rr WHERE zone = ? AND owner = ? ORDER BY type, rdata'),
    /** The records of {@link OWNERS_AT_ONCE} owners as one page. */
    ownersPage: query<[zone: number, ...owners: Uint8Array[]], [page: Uint8Array | null]>(
      packedPage(`owner IN (${Array(OWNERS_AT_ONCE).fill('?').join(',')})`),
    ),
    /** Owners that a rule looks at, and whether each may hide what is below it: a zone cut or a DNAME. */
    ruledOwners: query<[zone: number, limit: number], [owner: Uint8Array, hides: number]>(
      `SELECT owner, max(type = ${RRType.DNAME} OR (type = ${RRType.NS} AND owner <> x'')) FROM rr WHERE zone = ?
       GROUP BY owner HAVING max(type IN (${[...RULED_TYPES].join(',')}))
       OR sum(${RECORD_HEAD} + length(rdata)) > ${SURE} LIMIT ?`,
    ),
    countRecords: query<[zone: number], [count: number]>('SELECT count(*) FROM rr WHERE zone = ?'),
    pageRecords: query<
      [zone: number, owner: Uint8Array, type: number, rdata: Uint8Array],
      [page: Uint8Array | null]
    >(packedPage(AFTER_PLACE, PAGE)),
    pageRecordsBefore: query<
      [zone: number, owner: Uint8Array, type: number, rdata: Uint8Array, before: Uint8Array],
      [page: Uint8Array | null]
    >(packedPage(`${AFTER_PLACE} AND owner < ?`, PAGE)),
    clearRecords: query<[zone: number, limit: number]>('DELETE FROM rr WHERE zone = ? LIMIT ?'),

    // journal
    /** The serial that a zone had when it was taken away last. */
    lastRemoval: query<[apex: Uint8Array], [serial: number]>(
      "SELECT serial_from FROM journal WHERE apex = ? AND action = 'remove' ORDER BY id DESC LIMIT 1",
    ),
    insertJournal: query<
      [
        apex: Uint8Array,
        action: string,
        serialFrom: number | null,
        serialTo: number | null,
        removed: number,
        added: number,
        atMs: number,
        byKind: string,
        byName: string,
        byAddress: string | null,
      ]
    >(
      `INSERT INTO journal ${JOURNAL_COLUMNS}
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    completeJournal: query<
      [serialFrom: number, serialTo: number, removed: number, added: number, id: number]
    >('UPDATE journal SET serial_from = ?, serial_to = ?, removed = ?, added = ? WHERE id = ?'),
    deleteJournal: query<[id: number]>('DELETE FROM journal WHERE id = ?'),
    journalRows: rowsQuery(`journal ${JOURNAL_COLUMNS}`, 10),
    journalRecordRows: rowsQuery('journal_rr', 8),
    insertJournalRecord: query<Value[]>('INSERT INTO journal_rr VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    insertJournalRecords: query<Value[]>(
      `INSERT INTO journal_rr VALUES ${Array(ROWS_AT_ONCE).fill('(?, ?, ?, ?, ?, ?, ?, ?)').join(',')}`,
    ),
    /** The last row of a zone that is no change: its load, or the removal of the one before of that name. */
    lastLoad: query<[apex: Uint8Array], [id: number | null]>(
      "SELECT max(id) FROM journal INDEXED BY journal_loads WHERE apex = ? AND action <> 'change'",
    ),
    /** The newest change from that serial on, among the `most` newest rows after the row `after`. */
    changeFrom: query<[apex: Uint8Array, after: number, most: number, serialFrom: number], [id: number]>(
      `SELECT id FROM (SELECT id, serial_from FROM journal WHERE apex = ? AND id > ? ORDER BY id DESC LIMIT ?)
       WHERE serial_from = ? LIMIT 1`,
    ),
    journalSums: query<
      [apex: Uint8Array, from: number],
      [steps: number, removed: number | null, added: number | null]
    >('SELECT count(*), sum(removed), sum(added) FROM journal WHERE apex = ? AND id >= ?'),
    journalSteps: query<
      [apex: Uint8Array, from: number, limit: number],
      [id: number, serialFrom: number, serialTo: number, removed: number, added: number]
    >(
      `SELECT id, serial_from, serial_to, removed, added FROM journal WHERE apex = ? AND id >= ?
       ORDER BY id LIMIT ?`,
    ),
    /** Entries after that one, the records they hold, the SOAs among them, and the last of them. */
    journalGrowth: query<
      [apex: Uint8Array, after: number],
      [entries: number, records: number | null, last: number | null]
    >(
      `SELECT count(*), sum(CASE action WHEN 'change' THEN removed + added + 2 ELSE 0 END), max(id)
       FROM journal WHERE apex = ? AND id > ?`,
    ),
    oldestEntries: query<[apex: Uint8Array, limit: number], [id: number, records: number]>(
      `SELECT id, CASE action WHEN 'change' THEN removed + added + 2 ELSE 0 END
       FROM journal WHERE apex = ? ORDER BY id LIMIT ?`,
    ),
    /** The records of a zone's entries as far as `last`. */
    deleteOldestRecords: query<[apex: Uint8Array, last: number]>(
      'DELETE FROM journal_rr WHERE journal IN (SELECT id FROM journal WHERE apex = ? AND id <= ?)',
    ),
    deleteOldestEntries: query<[apex: Uint8Array, last: number]>(
      'DELETE FROM journal WHERE apex = ? AND id <= ?',
    ),
    clearJournalRecords: query<[journal: number, limit: number]>(
      'DELETE FROM journal_rr WHERE journal = ? LIMIT ?',
    ),
    insertCut: query<[journal: number]>('INSERT INTO journal_cut VALUES (?)'),
    oldestCut: query<[], [journal: number]>('SELECT journal FROM journal_cut ORDER BY journal LIMIT 1'),
    deleteCut: query<[journal: number]>('DELETE FROM journal_cut WHERE journal = ?'),
    /** Newest first. */
    journalPage: query<
      [apex: Uint8Array, before: number, limit: number],
      [
        id: number,
        action: string,
        serialFrom: number | null,
        serialTo: number | null,
        removed: number,
        added: number,
        atMs: number,
        byKind: string,
        byName: string,
        byAddress: string | null,
      ]
    >(
      `SELECT id, action, serial_from, serial_to, removed, added, at_ms, by_kind, by_name, by_address
       FROM journal WHERE apex = ? AND id < ? ORDER BY id DESC LIMIT ?`,
    ),
    /** The newest change to that serial after the row `after`. */
    changeTo: query<
      [apex: Uint8Array, after: number, serialTo: number],
      [id: number, removed: number, added: number]
    >(
      `SELECT id, removed, added FROM journal WHERE apex = ? AND id > ? AND serial_to = ?
       ORDER BY id DESC LIMIT 1`,
    ),
    oldestSerial: query<[apex: Uint8Array, after: number], [serialFrom: number]>(
      'SELECT serial_from FROM journal WHERE apex = ? AND id > ? ORDER BY id LIMIT 1',
    ),
    journalRecords: query<
      [journal: number],
      [
        added: number,
        owner: Uint8Array,
        type: number,
        rdata: Uint8Array,
        ttl: number,
        written: Uint8Array | null,
      ]
    >('SELECT added, owner, type, rdata, ttl, written FROM journal_rr WHERE journal = ? ORDER BY sequence'),

    /** When owners of steered types and of TXT last changed, as the newest {@link CHANGES_LOOKED_AT} changes tell. */
    lastChanges: query<
      [apex: Uint8Array, sinceMs: number],
      [owner: Uint8Array, isText: number, atMs: number]
    >(
      `SELECT owner, type = ${RRType.TXT}, max(at_ms) FROM
         (SELECT id, at_ms FROM journal WHERE apex = ? ORDER BY id DESC LIMIT ${CHANGES_LOOKED_AT}) AS change
         CROSS JOIN journal_rr ON journal_rr.journal = change.id
       WHERE at_ms > ? AND type IN (${RRType.A}, ${RRType.CNAME}, ${RRType.TXT}, ${RRType.AAAA}) GROUP BY 1, 2`,
    ),
    /** The oldest change that `lastChanges` looks at, when there are older ones. */
    earliestLookedAt: query<[apex: Uint8Array], [atMs: number]>(
      `SELECT at_ms FROM journal WHERE apex = ? ORDER BY id DESC LIMIT 1 OFFSET ${CHANGES_LOOKED_AT - 1}`,
    ),
    // secondary
    secondary: query<[apex: Uint8Array], [confirmedMs: number, expiresMs: number]>(
      'SELECT confirmed_ms, expires_ms FROM secondary WHERE apex = ?',
    ),
    putSecondary: query<[apex: Uint8Array, confirmedMs: number, expiresMs: number]>(
      'INSERT OR REPLACE INTO secondary VALUES (?, ?, ?)',
    ),
    deleteSecondary: query<[apex: Uint8Array]>('DELETE FROM secondary WHERE apex = ?'),

    // zone_file
    zoneFiles: query<
      [zone: number],
      [path: string, size: number, mtimeMs: number, readMs: number, sha256: Uint8Array]
    >('SELECT path, size, mtime_ms, read_ms, sha256 FROM zone_file WHERE zone = ? ORDER BY sequence'),
    insertZoneFile: query<
      [
        zone: number,
        sequence: number,
        path: string,
        size: number,
        mtimeMs: number,
        readMs: number,
        sha256: Uint8Array,
      ]
    >('INSERT INTO zone_file VALUES (?, ?, ?, ?, ?, ?, ?)'),
    deleteZoneFiles: query<[zone: number]>('DELETE FROM zone_file WHERE zone = ?'),
    chunkAfter: query<[zone: number, after: Uint8Array], [first: Uint8Array, octets: Uint8Array]>(
      'SELECT first, octets FROM zone_file_chunk WHERE zone = ? AND first > ? ORDER BY first LIMIT 1',
    ),
    putChunk: query<[zone: number, first: Uint8Array, octets: Uint8Array]>(
      'INSERT OR REPLACE INTO zone_file_chunk (zone, first, octets) VALUES (?, ?, ?)',
    ),
    deleteChunk: query<[zone: number, first: Uint8Array]>(
      'DELETE FROM zone_file_chunk WHERE zone = ? AND first = ?',
    ),
    clearChunks: query<[zone: number, limit: number]>('DELETE FROM zone_file_chunk WHERE zone = ? LIMIT ?'),
  };
}

type RecordRow = [
  zone: number,
  owner: Uint8Array,
  type: number,
  rdata: Uint8Array,
  ttl: number,
  written: Uint8Array | null,
];

const AFTER_PLACE = '(owner, type, rdata) > (?, ?, ?)';
const RECORD_COLUMNS = '(zone, owner, type, rdata, ttl, written)';
const JOURNAL_COLUMNS =
  '(apex, action, serial_from, serial_to, removed, added, at_ms, by_kind, by_name, by_address)';
const ROW = '(?, ?, ?, ?, ?, ?)';

/**
 * A page of records in canonical order as one blob: a row of its own for each record would cost four times as
 * much on its way to JavaScript. Each record is a head of HEAD_LENGTH octets, seven bits in each since
 * `char()` writes UTF-8, then owner key, canonical RDATA and written RDATA; record-page.ts reads
 * it. `group_concat` takes the rows in the order in which the inner query gives them.
 */
function packedPage(condition: string, limit = -1): string {
  return `
    SELECT CAST(group_concat(record, '') AS BLOB) FROM (
      SELECT char(
          length(owner) & 127, length(owner) >> 7,
          type & 127, type >> 7 & 127, type >> 14,
          ttl & 127, ttl >> 7 & 127, ttl >> 14 & 127, ttl >> 21 & 127, ttl >> 28,
          length(rdata) & 127, length(rdata) >> 7 & 127, length(rdata) >> 14,
          coalesce(length(written), 0) & 127, coalesce(length(written), 0) >> 7 & 127, coalesce(length(written), 0) >> 14
        ) || owner || rdata || coalesce(written, '') AS record
      FROM rr
      WHERE zone = ? AND ${condition}
      ORDER BY owner, type, rdata
      LIMIT ${limit}
    )`;
}

function prepareQuery<B extends Value[], R extends Value[]>(
  sql: Database,
  text: string,
  path: string,
): Query<B, R> {
  const statement = sql.prepare<B, R>(text);
  if (statement.reader) statement.raw();
  return {
    run(...values) {
      try {
        const { changes, lastInsertRowid } = statement.run(...values);
        return { changes, id: Number(lastInsertRowid) };
      } catch (error) {
        throw storeError(error, path);
      }
    },
    get(...values) {
      try {
        return statement.get(...values);
      } catch (error) {
        throw storeError(error, path);
      }
    },
    all(...values) {
      try {
        return statement.all(...values);
      } catch (error) {
        throw storeError(error, path);
      }
    },
  };
}
