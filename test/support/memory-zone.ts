import {
  compareNames,
  type DomainName,
  equalNames,
  foldName,
  isSubdomain,
  scanName,
} from '../../src/wire/name.ts';
import type { Owner, RR, RRset } from '../../src/zone/record.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { scanRdata, scanType } from './presentation.ts';

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

/** The one record of a line such as `www 60 A 192.0.2.1`; names are completed with `origin`. */
export function rr(line: string, origin = 'example.test'): RR {
  const [record] = scanRecords(line, name(origin));
  if (record === undefined) throw new Error(`no record in '${line}'`);
  return record;
}

/** A lower-case name from text, absolute whether or not it ends with a dot. */
export function name(text: string): DomainName {
  return foldName(scanName(text.endsWith('.') ? text : `${text}.`, undefined));
}

/** What maps are keyed by when they are keyed by names. */
export function keyOf(owner: Uint8Array): string {
  return Buffer.from(owner).toString('latin1');
}

/**
 * Records of a plain master file: one record a line as `[owner] [TTL] [IN] TYPE RDATA`, comments, inherited
 * owner and TTL, `$ORIGIN`, `$TTL`. Enough for tests, and independent of src/zonefile.
 */
export function scanRecords(text: string, apex: DomainName): RR[] {
  const records: RR[] = [];
  let origin: DomainName = apex;
  let owner: DomainName = apex;
  let ttl = 300;
  for (const line of text.split('\n')) {
    const { words, quoted } = splitWords(line);
    if (words.length === 0) continue;
    const [first = '', second = ''] = words;
    if (first === '$ORIGIN') origin = foldName(scanName(second, origin));
    else if (first === '$TTL') ttl = Number(second);
    if (first.startsWith('$')) continue;
    let at = 0;
    if (!/^\s/.test(line)) owner = foldName(scanName(words[at++] ?? '', origin));
    let own = ttl;
    for (; /^(\d+|IN)$/i.test(words[at] ?? ''); at++)
      if (words[at]?.toUpperCase() !== 'IN') own = Number(words[at]);
    const type = scanType(words[at] ?? '');
    if (type === undefined) throw new Error(`no type in '${line}'`);
    const rdata = scanRdata(type, words.slice(at + 1), quoted.slice(at + 1), origin);
    records.push({ owner, type, ttl: own, rdata });
  }
  return records;
}

// --- helpers ---

function splitWords(line: string): { words: string[]; quoted: boolean[] } {
  const words: string[] = [];
  const quoted: boolean[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|;.*|((?:[^\s";\\]|\\.)+)/g)) {
    const text = match[1] ?? match[2];
    if (text === undefined) break;
    words.push(text);
    quoted.push(match[1] !== undefined);
  }
  return { words, quoted };
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
