import fc from 'fast-check';
import type { ZoneStep } from '../../src/zone/history.ts';
import type { RR } from '../../src/zone/record.ts';
import { rr, showRecord } from './rr.ts';

/** A zone at one serial, as its primary has it. */
export interface PrimaryVersion {
  readonly serial: number;
  /** Without the SOA. */
  readonly records: readonly RR[];
}

/** The SOA of `example.test` at a serial. */
export function soaAt(serial: number): RR {
  return rr(`@ 3600 SOA ns1 hostmaster ${serial} 7200 900 1209600 300`);
}

/** All of a version, the SOA first. */
export function wholeOf({ serial, records }: PrimaryVersion): readonly RR[] {
  return [soaAt(serial), ...records];
}

/** What leads from one version to another. */
export function stepBetween(from: PrimaryVersion, to: PrimaryVersion): ZoneStep {
  const [before, after] = [new Set(from.records.map(showRecord)), new Set(to.records.map(showRecord))];
  return {
    serialFrom: from.serial,
    serialTo: to.serial,
    removed: [soaAt(from.serial), ...from.records.filter((record) => !after.has(showRecord(record)))],
    added: [soaAt(to.serial), ...to.records.filter((record) => !before.has(showRecord(record)))],
  };
}

/** A transfer of differences, as it goes over the wire. */
export function recordsOf(steps: readonly ZoneStep[], last: number): readonly RR[] {
  return [soaAt(last), ...steps.flatMap(({ removed, added }) => [...removed, ...added]), soaAt(last)];
}

/** Up to eight versions of `example.test`, each ahead of the one before, also over the end of the serials. */
export function histories(): fc.Arbitrary<readonly PrimaryVersion[]> {
  const serials = fc.tuple(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.array(fc.integer({ min: 1, max: 0x7fff_ffff }), { minLength: 8, maxLength: 8 }),
  );
  const contents = fc.array(fc.subarray([...CANDIDATES]), { minLength: 2, maxLength: 8 });
  return fc.tuple(serials, contents).map(([[first, steps], lists]) => {
    let serial = first;
    return lists.map((list, i) => {
      if (i > 0) serial = (serial + (steps[i] ?? 1)) >>> 0;
      return { serial, records: [...FIXED, ...evened(list)] };
    });
  });
}

const FIXED = [rr('@ 3600 NS ns1'), rr('ns1 3600 A 192.0.2.53')];
const OWNERS = ['www', 'a.b.c', '*', 'sub', 'MAIL'];
const DATA = [
  '60 A 192.0.2.1',
  '60 A 192.0.2.2',
  '300 A 192.0.2.2',
  '60 TXT "x"',
  '60 MX 10 Mail',
  '60 MX 10 mail',
];
const CANDIDATES: readonly RR[] = OWNERS.flatMap((owner) => DATA.map((data) => rr(`${owner} ${data}`)));

/** One record of each kind, one TTL for each RRset: what a sound zone has. */
function evened(records: readonly RR[]): readonly RR[] {
  const kept = new Map<string, RR>();
  const ttls = new Map<string, number>();
  for (const record of records) {
    const rrset = `${Buffer.from(record.owner).toString('latin1')} ${record.type}`;
    const ttl = ttls.get(rrset) ?? record.ttl;
    ttls.set(rrset, ttl);
    kept.set(showRecord({ ...record, ttl }).toLowerCase(), { ...record, ttl });
  }
  return [...kept.values()];
}
