// What an authoritative server says, written down from the RFCs as plainly as possible: RFC 1034 §4.3.2 (the
// algorithm), RFC 4592 (wildcards), RFC 6672 (DNAME), RFC 2308 (negative answers), RFC 6604 (RCODE after an
// alias), RFC 8020 (empty non-terminals), RFC 4035 §3.1.4.1 (DS), RFC 8482 (ANY); and STEERING.md §3, §6, §9 for
// steered owners. It shares no code with src/answer and src/image, knows no sizes and turns nothing; answers are
// compared as sets.
import { steeringLinesOf } from '../../src/steer/lines.ts';
import { liveSetOf } from '../../src/steer/live.ts';
import { memberOf } from '../../src/steer/member.ts';
import { Rcode, RRType } from '../../src/wire/iana.ts';
import {
  childName,
  compareNames,
  type DomainName,
  equalNames,
  foldName,
  isSubdomain,
  labelCount,
  MAX_NAME_LENGTH,
  parentName,
  parseName,
} from '../../src/wire/name.ts';
import { WireReader } from '../../src/wire/reader.ts';
import type { RR } from '../../src/zone/record.ts';

/** A zone that is hosted: every record it was loaded with. */
export interface ReferenceZone {
  readonly apex: DomainName;
  readonly records: readonly RR[];
}

/** Class IN. */
export interface Question {
  readonly qname: DomainName;
  readonly qtype: number;
}

/** A response without its header's other fields; records stand in no order. */
export interface Answer {
  readonly rcode: number;
  readonly aa: boolean;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  /** Addresses that help; a server may leave them out of an answer, but not glue out of a referral. */
  readonly additional: readonly RR[];
}

/** Which `count` of a tier's records are answered; any are right. */
export type Choice = (tier: readonly RR[], count: number) => readonly RR[];

/** Aliases that are followed for one question, CNAME and DNAME alike. */
export const MAX_ALIASES = 16;

/** Answers questions from a set of hosted zones. */
export class ReferenceAnswerer {
  readonly #zones: readonly Zone[];

  /** The zones have been as they are for long; `nowSeconds` is when all questions come. */
  constructor(zones: Iterable<ReferenceZone>, nowSeconds = 0) {
    this.#zones = [...zones].map(({ apex, records }) => new Zone(apex, records, nowSeconds));
  }

  /** RFC 1034 §4.3.2, its steps 1 to 4, once for every alias followed. */
  answer({ qname, qtype }: Question, choose: Choice = (tier, count) => tier.slice(0, count)): Answer {
    const answer: RR[] = [];
    const asked: DomainName[] = [];
    let name = qname;
    let aa = false;
    for (;;) {
      const zone = this.#zoneFor(name, qtype);
      if (zone === undefined) {
        // The first name is not ours: refused. A later one: the client goes on from here.
        const rcode = asked.length === 0 ? Rcode.REFUSED : Rcode.NOERROR;
        return { rcode, aa, answer, authority: [], additional: [] };
      }
      const said = zone.lookUp(name, qtype, choose);
      if (asked.length === 0) aa = said.kind !== 'referral'; // AA is about the first owner: RFC 1035 §4.1.1
      switch (said.kind) {
        case 'data': {
          const additional = this.#addressesOf(zone, said.records, 'authoritative');
          return {
            rcode: Rcode.NOERROR,
            aa,
            answer: [...answer, ...said.records],
            authority: [],
            additional,
          };
        }
        case 'referral': {
          const additional = this.#addressesOf(zone, said.records, 'glue too');
          return { rcode: Rcode.NOERROR, aa, answer, authority: said.records, additional };
        }
        case 'nodata': {
          const soa = zone.negativeSoa();
          const authority = [{ ...soa, ttl: Math.min(soa.ttl, said.most ?? soa.ttl) }];
          return { rcode: Rcode.NOERROR, aa, answer, authority, additional: [] };
        }
        case 'nxdomain':
          return { rcode: Rcode.NXDOMAIN, aa, answer, authority: [zone.negativeSoa()], additional: [] };
        case 'too long':
          answer.push(...said.records);
          return { rcode: Rcode.YXDOMAIN, aa, answer, authority: [], additional: [] };
        case 'alias': {
          answer.push(...said.records);
          asked.push(name);
          name = said.target;
          if (asked.length < MAX_ALIASES && !asked.some((earlier) => equalNames(earlier, name))) break;
          return { rcode: Rcode.NOERROR, aa, answer, authority: [], additional: [] };
        }
        default:
          said satisfies never;
      }
    }
  }

  /**
   * Step 2: the nearest hosted ancestor. RFC 4035 §3.1.4.1: DS at a cut is the parent's to answer when the parent is
   * here; when it is not, or has no cut there, the zone itself answers, although it can only say NODATA.
   */
  #zoneFor(name: DomainName, qtype: number): Zone | undefined {
    const [nearest, next] = this.#zones
      .filter((zone) => isSubdomain(name, zone.apex))
      .sort((a, b) => labelCount(b.apex) - labelCount(a.apex));
    if (qtype !== RRType.DS || nearest === undefined || !equalNames(nearest.apex, name)) return nearest;
    return next?.delegates(name) ? next : nearest;
  }

  /** Step 6 of RFC 1034 §4.3.2, for the names in NS, MX and SRV records, from the zone that named them. */
  #addressesOf(zone: Zone, records: readonly RR[], which: 'authoritative' | 'glue too'): RR[] {
    const targets = new Map<string, DomainName>();
    for (const { type, rdata } of records) {
      const offset = TARGET_OFFSETS.get(type);
      if (offset === undefined) continue;
      const target = nameIn(rdata, offset);
      if (this.#zoneFor(target, RRType.A) !== zone) continue; // another zone's, also when that is nested in this one
      if (which === 'authoritative' && zone.isHidden(target)) continue;
      targets.set(keyOf(target), target);
    }
    return [...targets.values()].flatMap((target) => [
      ...zone.rrset(target, RRType.A),
      ...zone.rrset(target, RRType.AAAA),
    ]);
  }
}

// --- one zone ---

/** What one zone says about one name. */
type Said =
  | { readonly kind: 'data' | 'referral' | 'too long'; readonly records: readonly RR[] }
  | { readonly kind: 'alias'; readonly records: readonly RR[]; readonly target: DomainName }
  | { readonly kind: 'nodata'; readonly most?: number | undefined }
  | { readonly kind: 'nxdomain' };

/** What exists by one name. */
interface Node {
  /** Those that are answered, and of steered types all that are desired. */
  readonly records: RR[];
  /** By type. */
  readonly steered: Map<number, SteeredSet>;
}

/** What may be answered of a steered RRset: its live members in tiers, with the TTL of now. */
interface SteeredSet {
  readonly tiers: readonly (readonly RR[])[];
  readonly take: number;
  readonly lowTtl: number;
}

class Zone {
  readonly apex: DomainName;
  /** Every name that exists: owners, and their ancestors up to the apex (RFC 8020 §2). */
  readonly #nodes = new Map<string, Node>();

  constructor(apex: DomainName, records: readonly RR[], nowSeconds: number) {
    this.apex = apex;
    for (const rr of records) {
      if (!isSubdomain(rr.owner, apex) || isSteering(rr.owner)) continue;
      for (const name of [rr.owner, ...ancestors(rr.owner)]) {
        if (!isSubdomain(name, apex) || this.#nodes.has(keyOf(name))) continue;
        this.#nodes.set(keyOf(name), { records: [], steered: new Map() });
      }
      this.#nodes.get(keyOf(rr.owner))?.records.push(rr);
    }
    for (const [key, node] of this.#nodes) {
      const lines = records.filter((rr) => rr.type === RRType.TXT && keyOf(rr.owner) === `\x06_steer${key}`);
      steer(node, lines, nowSeconds);
    }
  }

  /** Step 3: match down, label by label, from the apex to `qname`. */
  lookUp(qname: DomainName, qtype: number, choose: Choice): Said {
    let closestEncloser = this.apex;
    for (const name of [...ancestors(qname), qname].sort(compareNames)) {
      if (!isSubdomain(name, this.apex)) continue;
      if (!this.#nodes.has(keyOf(name))) return this.#synthesize(qname, qtype, closestEncloser, choose);
      const isQname = equalNames(name, qname);
      // 3b: out of the authoritative data; but DS at the cut is ours (RFC 4035 §3.1.4.1).
      if (this.#isCut(name) && !(isQname && qtype === RRType.DS)) {
        return { kind: 'referral', records: this.rrset(name, RRType.NS) };
      }
      // RFC 6672 §3.2, 3c: a DNAME redirects what is below its owner, not the owner.
      const [dname] = this.rrset(name, RRType.DNAME);
      if (dname !== undefined && !isQname) return redirect(qname, qtype, dname);
      closestEncloser = name;
    }
    return dataOrAlias(this.#nodes.get(keyOf(qname)) ?? NOTHING, qname, qtype, choose); // 3a
  }

  /** Step 3c: nothing by this name; RFC 4592 §3.3: the asterisk below the closest encloser speaks for it. */
  #synthesize(qname: DomainName, qtype: number, closestEncloser: DomainName, choose: Choice): Said {
    const source = this.#nodes.get(keyOf(childName(ASTERISK, closestEncloser)));
    if (source === undefined) return { kind: 'nxdomain' };
    return dataOrAlias(source, qname, qtype, choose);
  }

  /** RFC 2308 §3 and §5: the SOA, with the lower of its own TTL and its MINIMUM field. */
  negativeSoa(): RR {
    const [soa] = this.rrset(this.apex, RRType.SOA);
    if (soa === undefined) throw new Error('a zone without an SOA cannot be hosted');
    const minimum = new WireReader(soa.rdata, soa.rdata.length - 4).u32();
    return { ...soa, ttl: Math.min(soa.ttl, minimum) };
  }

  /** Records of one owner and type, with the lowest of their TTLs (RFC 2181 §5.2); of steered ones all that live. */
  rrset(owner: DomainName, type: number): readonly RR[] {
    return rrsetIn(this.#nodes.get(keyOf(owner)) ?? NOTHING, type);
  }

  /** Whether `name` is at or below a zone cut, or below a DNAME. */
  isHidden(name: DomainName): boolean {
    return this.#isCut(name) || ancestors(name).some((above) => this.#hides(above));
  }

  /** Whether `name` is the highest cut on the way to it. */
  delegates(name: DomainName): boolean {
    return this.#isCut(name) && !ancestors(name).some((above) => this.#hides(above));
  }

  #hides(name: DomainName): boolean {
    return this.#isCut(name) || this.rrset(name, RRType.DNAME).length > 0;
  }

  #isCut(name: DomainName): boolean {
    return (
      isSubdomain(name, this.apex) && !equalNames(name, this.apex) && this.rrset(name, RRType.NS).length > 0
    );
  }
}

/** What a node, or a source of synthesis, says about `qname` to a question of `qtype`. */
function dataOrAlias(node: Node, qname: DomainName, qtype: number, choose: Choice): Said {
  // RFC 8482 §4.1: one RRset will do for ANY; here the one of the lowest type that has something to say.
  const types = node.records.map((rr) => rr.type).sort((a, b) => a - b);
  const anyType = types.find((type) => rrsetIn(node, type).length > 0) ?? types[0] ?? qtype;
  const type = qtype === RRType.ANY ? anyType : qtype;
  const has = (one: number): boolean => types.includes(one);
  // RFC 4035 §2.5: these two may stand beside a CNAME, so where they do not, there is nothing to follow.
  const isBesideAlias = qtype === RRType.RRSIG || qtype === RRType.NSEC;
  const isAlias = !has(type) && has(RRType.CNAME) && !isBesideAlias;
  if (!has(type) && !isAlias) return { kind: 'nodata' };
  const records = answeredOf(node, isAlias ? RRType.CNAME : type, (tier, count) =>
    choose(
      tier.map((rr) => ({ ...rr, owner: qname })),
      count,
    ),
  );
  const [first] = records;
  // STEERING.md §3: it exists, but nothing of it is live.
  if (first === undefined) {
    return { kind: 'nodata', most: node.steered.get(isAlias ? RRType.CNAME : type)?.lowTtl };
  }
  return isAlias ? { kind: 'alias', records, target: nameIn(first.rdata, 0) } : { kind: 'data', records };
}

/** The records of one answer: STEERING.md §3 step 8, §9. */
function answeredOf(node: Node, type: number, choose: Choice): readonly RR[] {
  const steered = node.steered.get(type);
  if (steered === undefined) {
    const records = rrsetIn(node, type);
    return choose(records, type === RRType.CNAME ? 1 : records.length);
  }
  const answered: RR[] = [];
  for (const tier of steered.tiers) {
    answered.push(...choose(tier, Math.min(tier.length, steered.take - answered.length)));
  }
  return answered;
}

/** STEERING.md §3, steps 1 to 3, 5 and 6, and §6, in its own words. */
function steer(node: Node, steering: readonly RR[], nowSeconds: number): void {
  const rdatas = steering.map(({ rdata }) => rdata);
  const [line] = steering;
  if (line === undefined) return;
  const lines = steeringLinesOf({ name: line.owner, rrsets: [{ type: RRType.TXT, ttl: 0, rdatas }] });
  const { policy } = lines;
  if (policy === undefined) return;
  const lapses = [...lines.verdicts, ...lines.members.values()].map(
    ({ until }) => until ?? Number.POSITIVE_INFINITY,
  );
  const isCalm = lapses.every((until) => until > nowSeconds || until + policy.settle <= nowSeconds);
  for (const type of [RRType.A, RRType.CNAME, RRType.AAAA]) {
    const desired = rrsetIn(node, type);
    const [some] = desired;
    if (some === undefined) continue;
    const live = liveSetOf(
      desired.map(({ rdata }) => memberOf(type, rdata)),
      lines,
      nowSeconds,
    );
    const isHigh = isCalm && [...live.states.values()].every((state) => state === 'live');
    const { low, high } = policy.ttl ?? { low: some.ttl, high: some.ttl };
    const answering = desired
      .filter(({ rdata }) => live.answering.includes(memberOf(type, rdata)))
      .map((rr) => ({ ...rr, ttl: isHigh ? high : low }));
    const isBackup = ({ rdata }: RR): boolean => lines.members.get(memberOf(type, rdata))?.backup === true;
    const tiers: RR[][] = [];
    for (const tier of [answering.filter((rr) => !isBackup(rr)), answering.filter(isBackup)]) {
      if (tier.length > 0 && tiers.flat().length < policy.need) tiers.push(tier);
    }
    const take = type === RRType.CNAME ? 1 : policy.take;
    node.steered.set(type, { tiers, take, lowTtl: low });
  }
}

/**
 * RFC 6672 §2.2 and §3.1: the DNAME, and the CNAME that says what it means for `qname`, of the same TTL. That CNAME
 * is `qname`'s own, so it is the answer when CNAME or ANY was asked for (RFC 1034 §4.3.2, 3a).
 */
function redirect(qname: DomainName, qtype: number, dname: RR): Said {
  const prefix = qname.subarray(0, qname.length - dname.owner.length);
  const rdata = Uint8Array.of(...prefix, ...dname.rdata);
  if (rdata.length > MAX_NAME_LENGTH) return { kind: 'too long', records: [dname] };
  const cname = { owner: qname, type: RRType.CNAME, ttl: dname.ttl, rdata };
  if (qtype === RRType.CNAME || qtype === RRType.ANY) return { kind: 'data', records: [dname, cname] };
  return { kind: 'alias', records: [dname, cname], target: nameIn(rdata, 0) };
}

// --- helpers ---

/** `_steer.<owner>` is never answered (STEERING.md): it neither exists nor makes its ancestors exist. */
function isSteering(owner: DomainName): boolean {
  return Buffer.from(owner.subarray(0, 7)).toString('latin1') === '\x06_steer';
}

const NOTHING: Node = { records: [], steered: new Map() };

function rrsetIn({ records, steered }: Node, type: number): readonly RR[] {
  const tiers = steered.get(type)?.tiers;
  if (tiers !== undefined) return tiers.flat();
  const found = records.filter((rr) => rr.type === type);
  const ttl = Math.min(...found.map((rr) => rr.ttl));
  const once = new Map(found.map((rr) => [keyOf(rr.rdata), rr])); // RFC 2181 §5: no record comes twice
  return [...once.values()].map((rr) => ({ ...rr, ttl }));
}

/** Every name above `name`, the nearest first, the root last. */
function ancestors(name: DomainName): DomainName[] {
  const above = parentName(name);
  return above === undefined ? [] : [above, ...ancestors(above)];
}

function nameIn(rdata: Uint8Array, offset: number): DomainName {
  return foldName(parseName(new WireReader(rdata, offset)));
}

function keyOf(name: Uint8Array): string {
  return Buffer.from(name).toString('latin1');
}

/** Where in the RDATA the name stands whose addresses help. */
const TARGET_OFFSETS: ReadonlyMap<number, number> = new Map([
  [RRType.NS, 0],
  [RRType.MX, 2],
  [RRType.SRV, 6],
]);

const ASTERISK = Uint8Array.of(42);
