// The rules that look at one owner alone.
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';
import { type Finding, finding } from './finding.ts';
import { rrsetOf } from './owner.ts';
import type { Owner } from './record.ts';
import { isSteered } from './steering-owner.ts';
import type { ZoneView } from './view.ts';

/** RFC 2181 §8: a TTL has 31 bits; seconds. */
export const MAX_TTL = 0x7fff_ffff;

/** What the apex must own, also when it owns nothing: RFC 1035 §5.2, RFC 2181 §6. */
export function* checkApex(apex: DomainName, owner: Owner | undefined): Iterable<Finding> {
  const soas = rrsetOf(owner, RRType.SOA)?.rdatas.length ?? 0;
  if (soas === 0) yield finding('no-soa', apex, RRType.SOA, 'has no SOA: every zone begins with one');
  if (soas > 1) yield finding('several-soa', apex, RRType.SOA, `has ${soas} SOA records: keep one`);
  if (rrsetOf(owner, RRType.NS) === undefined) {
    yield finding('no-apex-ns', apex, RRType.NS, 'has no NS: name at least one server of this zone');
  }
}

/** The rules that hold for an owner wherever it stands in the zone. */
export function* checkOwner(view: ZoneView, owner: Owner): Iterable<Finding> {
  const { name, rrsets } = owner;
  if (rrsetOf(owner, RRType.SOA) !== undefined && !equalNames(name, view.apex)) {
    yield finding(
      'soa-below-apex',
      name,
      RRType.SOA,
      `SOA belongs to the apex ${showName(view.apex)} alone: move this zone to its own file`,
    );
  }
  yield* checkCname(view, owner);
  yield* checkDname(owner);
  if (name[0] === 1 && name[1] === ASTERISK && rrsetOf(owner, RRType.NS) !== undefined) {
    const message = 'NS at a wildcard delegates no name but the asterisk itself (RFC 4592 §4.2): remove it';
    yield finding('wildcard-ns', name, RRType.NS, message);
  }
  for (const { type, ttl } of rrsets) {
    if (ttl >= 0 && ttl <= MAX_TTL) continue;
    yield finding('ttl-range', name, type, `TTL ${ttl} of ${showType(type)} is not in 0–${MAX_TTL}`);
  }
}

/** RFC 1034 §3.6.2, RFC 2181 §10.1; RFC 4034 §2 lets the records of DNSSEC stand beside a CNAME. */
function* checkCname(view: ZoneView, owner: Owner): Iterable<Finding> {
  const cname = rrsetOf(owner, RRType.CNAME);
  if (cname === undefined) return;
  const others = owner.rrsets.map(({ type }) => type).filter((type) => !BESIDE_CNAME.has(type));
  if (others.length > 0) {
    const message = `CNAME beside ${others.map(showType).join(', ')}: an alias has no other data`;
    yield finding('cname-and-other-data', owner.name, RRType.CNAME, message);
  }
  if (cname.rdatas.length > 1 && !isSteered(view, owner.name)) {
    const message = `${cname.rdatas.length} CNAME records: keep one, or put a policy line (TXT) at _steer.${showName(owner.name)}`;
    yield finding('several-cnames', owner.name, RRType.CNAME, message);
  }
}

/** RFC 6672 §2.4, RFC 4592 §4.4. */
function* checkDname(owner: Owner): Iterable<Finding> {
  const { name } = owner;
  const dname = rrsetOf(owner, RRType.DNAME);
  if (dname === undefined) return;
  if (dname.rdatas.length > 1) {
    const message = `${dname.rdatas.length} DNAME records: keep one`;
    yield finding('several-dnames', name, RRType.DNAME, message);
  }
  if (rrsetOf(owner, RRType.CNAME) !== undefined) {
    yield finding('cname-and-dname', name, RRType.DNAME, 'DNAME beside CNAME: keep one of them');
  }
  if (name[0] === 1 && name[1] === ASTERISK) {
    const message = 'DNAME at a wildcard redirects only below the asterisk itself (RFC 4592 §4.4): remove it';
    yield finding('wildcard-dname', name, RRType.DNAME, message);
  }
}

const ASTERISK = 42;

/** DNAME has its own rule. */
const BESIDE_CNAME: ReadonlySet<number> = new Set([RRType.CNAME, RRType.DNAME, RRType.RRSIG, RRType.NSEC]);
