// The rule about RRsets that no message can hold.
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type Finding, finding } from './finding.ts';
import type { Owner, RRset } from './record.ts';
import { isSteered, isSteeringOwner } from './steering-owner.ts';
import type { ZoneView } from './view.ts';

/**
 * RRsets that cannot be answered, over TCP either (RFC 1035 §4.2.2: a message has 65,535 octets at most). Steered ones can, since
 * an answer may hold a few of their records; steering lines are not answered.
 */
export function* checkSizes(view: ZoneView, { name, rrsets }: Owner): Iterable<Finding> {
  for (const rrset of rrsets) {
    const octets = MESSAGE_HEAD + name.length + QUESTION_TAIL + leastOctets(rrset);
    if (octets <= MAX_MESSAGE) continue;
    if (isSteeringOwner(name) || (STEERABLE.has(rrset.type) && isSteered(view, name))) continue;
    const { type, rdatas } = rrset;
    const advice = STEERABLE.has(type)
      ? "divide them among several names, or steer the name with 'take='"
      : 'divide them among several names';
    const message = `${rdatas.length} ${showType(type)} records need ${octets} octets in an answer, which has ${MAX_MESSAGE} at most: ${advice}`;
    yield finding('rrset-too-large', name, type, message);
  }
}

/** Whether an RRset may be one that {@link checkSizes} tells of; quickly. */
export function mayBeTooLarge(rrset: RRset): boolean {
  const { rdatas } = rrset;
  const [first] = rdatas;
  if (rdatas.length === 1 && first !== undefined && first.length < SURE) return false;
  return leastOctets(rrset) > SURE;
}

/** Octets of records as an answer holds them, at least: owner, type, class, TTL and length, and the data. */
export const RECORD_HEAD = 12;
/** Octets of records that fit into any answer, however long the name. */
export const SURE = 65_000;

const MAX_MESSAGE = 65_535;
const MESSAGE_HEAD = 12;
const QUESTION_TAIL = 4;
const STEERABLE: ReadonlySet<number> = new Set([RRType.A, RRType.AAAA, RRType.CNAME]);

/** RFC 3597 §4: names in the data of these types may be compressed, to two octets each. */
const COMPRESSED: ReadonlyMap<number, number> = new Map([
  [RRType.NS, 2],
  [RRType.CNAME, 2],
  [RRType.PTR, 2],
  [RRType.MX, 4],
]);

function leastOctets({ type, rdatas }: RRset): number {
  const least = COMPRESSED.get(type);
  if (least !== undefined) return rdatas.length * (RECORD_HEAD + least);
  let octets = 0;
  for (const rdata of rdatas) octets += RECORD_HEAD + rdata.length;
  return octets;
}
