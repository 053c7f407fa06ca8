import Database from 'better-sqlite3';
import { messageOf, WaypostError } from '../base/errors.ts';
import { showType } from '../rdata/table.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { Finding } from '../zone/finding.ts';
import type { RR } from '../zone/record.ts';

/** What kept the database from doing its work. */
export type StoreTrouble =
  | 'locked'
  | 'full'
  | 'not-writable'
  | 'newer-schema'
  | 'damaged'
  | 'busy'
  | 'failed';

/** The zone database could not be opened, read or written. Nothing was changed. Becomes SERVFAIL. */
export class StoreError extends WaypostError {
  readonly code = 'WP_STORE';
  readonly trouble: StoreTrouble;
  constructor(trouble: StoreTrouble, message: string, cause?: unknown) {
    super(message, { cause });
    this.trouble = trouble;
  }
}

/** As many snapshots of zones are open as may be. */
export class TooManySnapshotsError extends StoreError {
  constructor(most: number) {
    super('busy', `${most} zones are being read, no more may be: try again later`);
  }
}

/** A change that would make a zone unservable. Nothing was changed. `findings` holds at least one error. */
export class ChangeRefusedError extends WaypostError {
  readonly code = 'WP_CHANGE_REFUSED';
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    const errors = findings.filter((finding) => finding.severity === 'error');
    super(errors.map((finding) => `${showName(finding.owner)}: ${finding.message}`).join('; '));
    this.findings = findings;
  }
}

/** A zone that should come from a primary is served from a zone file. */
export class ZoneFromFileError extends WaypostError {
  readonly code = 'WP_ZONE_FROM_FILE';
  constructor(apex: Uint8Array) {
    super(`zone ${showName(apex)} is served from a zone file: remove the file, or the zone's primary`);
  }
}

/** Differences that a primary sent do not fit the zone here. Nothing was changed. */
export class ChangeMismatchError extends WaypostError {
  readonly code = 'WP_CHANGE_MISMATCH';
  readonly owner: DomainName;
  readonly type: number;
  constructor(apex: Uint8Array, { owner, type }: Pick<RR, 'owner' | 'type'>) {
    super(
      `the differences for ${showName(apex)} remove a record that is not here: ${showName(owner)} ${showType(type)}`,
    );
    this.owner = owner;
    this.type = type;
  }
}

/** The image is being filled, and shows nothing new until that ends: see `ZoneWriter.isFilling`. */
export class WriterBusyError extends WaypostError {
  readonly code = 'WP_WRITER_BUSY';
  constructor() {
    super('zones are being loaded: try again when that is done');
  }
}

/** As many changes wait for their commit as may. Nothing was changed. Becomes SERVFAIL. */
export class QueueFullError extends WaypostError {
  readonly code = 'WP_QUEUE_FULL';
  constructor(limit: number) {
    super(`${limit} changes are waiting to be stored, no more are taken: try again later`);
  }
}

/** The server is stopping. Nothing was changed. Becomes SERVFAIL. */
export class QueueClosedError extends WaypostError {
  readonly code = 'WP_QUEUE_CLOSED';
  constructor() {
    super('the server is stopping: try again when it is back');
  }
}

/** A zone that is not in the database. */
export class NoSuchZoneError extends WaypostError {
  readonly code = 'WP_NO_SUCH_ZONE';
  constructor(apex: Uint8Array) {
    super(`no zone ${showName(apex)} in the database`);
  }
}

/** Turns what SQLite or the file system threw into a {@link StoreError} that says what to do; keeps our own. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof WaypostError) return error;
  const code = codeOf(error);
  const row = TROUBLES.find(({ codes }) => codes.test(code));
  if (row !== undefined) return new StoreError(row.trouble, `${path} ${row.text} (${code})`, error);
  if (code === 'ERR_DLOPEN_FAILED' || /bindings file/.test(messageOf(error))) {
    const message = `better-sqlite3 has no usable native part (${messageOf(error)}): run npm rebuild better-sqlite3`;
    return new StoreError('failed', message, error);
  }
  if (error instanceof Database.SqliteError) {
    return new StoreError('failed', `${path}: ${messageOf(error)} (${code})`, error);
  }
  return error;
}

const TROUBLES: readonly { codes: RegExp; trouble: StoreTrouble; text: string }[] = [
  {
    codes: /^(SQLITE_FULL|ENOSPC|EDQUOT)/,
    trouble: 'full',
    text: 'cannot grow, the disk is full: make room and try again',
  },
  {
    codes: /^(SQLITE_BUSY|SQLITE_LOCKED)/,
    trouble: 'locked',
    text: 'is being written by another process: end that process and try again',
  },
  {
    codes: /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENOENT|EEXIST)/,
    trouble: 'not-writable',
    text: 'cannot be written: give this user read and write permission to the data directory',
  },
  {
    codes: /^(SQLITE_CORRUPT|SQLITE_NOTADB)/,
    trouble: 'damaged',
    text:
      'is damaged: stop waypost, move the data directory aside and restore a backup, or start without it: ' +
      'zones are then loaded from their files, and dynamic changes not in them are lost',
  },
  {
    codes: /^(SQLITE_IOERR|EIO)/,
    trouble: 'failed',
    text: 'could not be read or written: the system log may say what is wrong with the disk',
  },
];

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}
