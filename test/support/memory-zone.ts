import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  compareNames,
  type DomainName,
  equalNames,
  foldName,
  isSubdomain,
  scanName,
  type WireName,
} from '../../src/wire/name.ts';
import type { Owner, RR, RRset } from '../../src/zone/record.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { ZoneFileScanner } from '../../src/zonefile/scanner.ts';
import { name, scanRecord, splitWords } from './rr.ts';

/** A zone in plain objects, for tests that need a {@link ZoneView}. Owners outside the apex are kept. */
export class MemoryZone implements ZoneView {
  readonly apex: DomainName;
  /** As given, but in the order of owner and type. */
  readonly records: readonly RR[];
  readonly #owners: readonly Owner[];
  readonly #byName = new Map<string, Owner>();

  constructor(apex: DomainName, records: Iterable<RR>) {
    this.apex = apex;
    this.records = [...records].sort((a, b) => compareNames(a.owner, b.owner) || a.type - b.type);
    this.#owners = groupOwners(this.records);
    for (const owner of this.#owners) this.#byName.set(keyOf(owner.name), owner);
  }

  get(name: DomainName): Owner | undefined {
    return this.#byName.get(keyOf(name));
  }

  owners(): Iterable<Owner> {
    return this.#owners;
  }

  *ownersBelow(name: DomainName): Iterable<Owner> {
    let low = 0;
    let high = this.#owners.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const owner = this.#owners[middle];
      if (owner !== undefined && compareNames(owner.name, name) <= 0) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.#owners.length; i++) {
      const owner = this.#owners[i];
      if (owner === undefined || !isSubdomain(owner.name, name)) return;
      yield owner;
    }
  }
}

/** A zone from presentation format, see {@link scanRecords}; `apex` without its final dot will do. */
export function memoryZone(apex: string, text: string): MemoryZone {
  const origin = name(apex);
  return new MemoryZone(origin, scanRecords(text, origin));
}

/** What maps are keyed by when they are keyed by names. */
export function keyOf(owner: Uint8Array): string {
  return Buffer.from(owner).toString('latin1');
}

/** The zone that a master file describes; its name gives the apex. Throws the file's first error. */
export function readZoneFile(path: string): MemoryZone {
  const apex = name(basename(path, '.zone'));
  const records: RR[] = [];
  const read = (file: string) => ({ path: file, octets: readFileSync(file) });
  const scanner = new ZoneFileScanner(read(path), {
    origin: apex,
    include: read,
    onRecord: ({ owner, type, ttl, rdata }) => records.push({ owner, type, ttl, rdata }),
  });
  while (scanner.step(1000));
  for (const error of scanner.errors) throw error;
  return new MemoryZone(apex, records);
}

/**
 * Records of a plain master file, one a line as `[owner] [TTL] [IN] TYPE RDATA`, with comments, inherited owners,
 * `$ORIGIN` and `$TTL`. Unlike {@link readZoneFile} it takes any TTL. Of `$GENERATE` it knows `$` alone.
 */
export function scanRecords(text: string, apex: DomainName): RR[] {
  const records: RR[] = [];
  let origin: WireName = apex;
  let owner = '@';
  let ttl = '300';
  for (const line of text.split('\n').flatMap(generated)) {
    const [first = '', second = ''] = splitWords(line).texts;
    if (first === '$ORIGIN') origin = scanName(second, origin);
    else if (first === '$TTL') ttl = second;
    if (first === '' || first.startsWith('$')) continue;
    const [, own = '', rest = ''] = /^(\S*)\s+(.*)$/.exec(line) ?? [];
    if (own !== '') owner = own;
    const record = scanRecord(`${owner} ${ttl} ${rest}`, origin);
    records.push({ owner: foldName(record.owner), type: record.type, ttl: record.ttl, rdata: record.rdata });
  }
  return records;
}

// --- helpers ---

function generated(line: string): string[] {
  const [, from = '', to = '', template = ''] = /^\$GENERATE (\d+)-(\d+) (.*)$/.exec(line) ?? [];
  if (template === '') return [line];
  const numbers = Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i);
  return numbers.map((number) => template.replaceAll('$', `${number}`));
}

function groupOwners(records: readonly RR[]): Owner[] {
  const owners: { name: DomainName; rrsets: (RRset & { rdatas: Uint8Array[]; ttl: number })[] }[] = [];
  for (const { owner, type, ttl, rdata } of records) {
    let last = owners.at(-1);
    if (last === undefined || !equalNames(last.name, owner)) {
      last = { name: owner, rrsets: [] };
      owners.push(last);
    }
    const rrset = last.rrsets.at(-1);
    if (rrset?.type !== type) {
      last.rrsets.push({ type, ttl, rdatas: [rdata] });
      continue;
    }
    rrset.ttl = Math.min(rrset.ttl, ttl); // RFC 2181 §5.2
    if (!rrset.rdatas.some((other) => Buffer.compare(other, rdata) === 0)) rrset.rdatas.push(rdata);
  }
  return owners;
}
