import { messageOf } from '../../src/base/errors.ts';
import { showRdata, showType } from '../../src/rdata/table.ts';
import { type DomainName, scanName, showName } from '../../src/wire/name.ts';
import type { ZoneFileError, ZoneFileWarning } from '../../src/zonefile/errors.ts';
import type { ScannedRecord } from '../../src/zonefile/record-scanner.ts';
import { ZoneFileScanner } from '../../src/zonefile/scanner.ts';
import type { ShownOwner } from '../../src/zonefile/writer.ts';

/** What a scan told. */
export interface Scan {
  readonly records: readonly ScannedRecord[];
  /** `owner ttl type rdata`, names absolute. */
  readonly lines: readonly string[];
  readonly errors: readonly ZoneFileError[];
  readonly warnings: readonly ZoneFileWarning[];
  /** Paths, in the order the files were opened. */
  readonly files: readonly string[];
}

/** Options of {@link scanZone}. */
export interface ScanOptions {
  readonly origin?: string;
  /** Files for `$INCLUDE`, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly maxErrors?: number;
  /** Entries per step. */
  readonly slice?: number;
}

/** Scans a zone file given as text (one octet for each character) or octets; its path is `zone`. */
export function scanZone(file: string | Uint8Array, options: ScanOptions = {}): Scan {
  const records: ScannedRecord[] = [];
  const files: string[] = [];
  const scanner = new ZoneFileScanner(
    { path: 'zone', octets: typeof file === 'string' ? Buffer.from(file, 'latin1') : file },
    {
      origin: scanName(options.origin ?? 'example.test.', undefined),
      include: (path) => {
        const text = options.files?.[path];
        if (text === undefined) throw new Error(`no file '${path}'`);
        return { path, octets: Buffer.from(text, 'latin1') };
      },
      onRecord: (record) => records.push(record),
      onFile: ({ path }) => files.push(path),
      ...(options.maxErrors === undefined ? {} : { maxErrors: options.maxErrors }),
    },
  );
  while (scanner.step(options.slice ?? 1000));
  return { records, lines: records.map(showLine), errors: scanner.errors, warnings: scanner.warnings, files };
}

/** The records of a zone file without errors, as lines. */
export function scanLines(file: string | Uint8Array, options?: ScanOptions): readonly string[] {
  const { lines, errors } = scanZone(file, options);
  if (errors.length > 0) throw new Error(errors.map(messageOf).join('\n'));
  return lines;
}

/** The messages of the errors in a zone file. */
export function scanErrors(file: string | Uint8Array, options?: ScanOptions): readonly string[] {
  return scanZone(file, options).errors.map(messageOf);
}

function showLine({ owner, ttl, type, rdata }: ScannedRecord): string {
  return `${showName(owner)} ${ttl} ${showType(type)} ${showRdata(type, rdata)}`;
}

/** Scanned records as owners with RRsets, in the order they first occur; an RRset has its first record's TTL. */
export function groupRecords(records: readonly ScannedRecord[]): readonly ShownOwner[] {
  const owners = new Map<
    string,
    { name: DomainName; rrsets: { type: number; ttl: number; rdatas: Uint8Array[] }[] }
  >();
  for (const { owner, type, ttl, rdata } of records) {
    const key = showName(owner);
    const entry = owners.get(key) ?? { name: owner, rrsets: [] };
    owners.set(key, entry);
    const rrset = entry.rrsets.find((other) => other.type === type);
    if (rrset === undefined) entry.rrsets.push({ type, ttl, rdatas: [rdata] });
    else rrset.rdatas.push(rdata);
  }
  return [...owners.values()];
}
