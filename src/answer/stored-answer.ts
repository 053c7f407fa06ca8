// What a zone's records say as they are stored, nothing chosen, turned or left out: the raw view of STEERING.md §8.
// RFC 1034 §4.3.2, RFC 2308 (negative answers), RFC 4592 (wildcards), RFC 6672 (DNAME), RFC 8020 (empty non-terminals).
import type { MessageRecord } from '../message/message.ts';
import { canonicalRdata, showType } from '../rdata/table.ts';
import { steeringLinesOf } from '../steer/lines.ts';
import { liveSetOf } from '../steer/live.ts';
import { isSteeredType, memberOf } from '../steer/member.ts';
import { Rcode, RRClass, RRType } from '../wire/iana.ts';
import {
  childName,
  type DomainName,
  equalNames,
  foldName,
  isSubdomain,
  MAX_NAME_LENGTH,
  parentName,
  parseName,
  showName,
  type WireName,
} from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import { type Occluder, occluderAbove, occluderAt, rrsetOf } from '../zone/owner.ts';
import type { Owner, RRset } from '../zone/record.ts';
import { steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { MAX_ALIASES } from './standard-query.ts';

/** One RRset of a response: it goes in whole or not at all (RFC 2181 §9). */
export interface ResponsePart {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly records: readonly MessageRecord[];
  /** Without it the response is truncated; others are left out in silence. */
  readonly isNeeded: boolean;
}

/** What is said to one question. */
export interface StoredAnswer {
  /** One of `Rcode`. */
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  /** In the order of their sections, and there of their importance. */
  readonly parts: readonly ResponsePart[];
  /** For people: that the answer is of the raw view, and how many members are live where it is steered. */
  readonly note: string;
}

/** The zone that answers a question of `type` about `name`; `undefined`: none that may be read here. */
export type FindAnsweringZone = (name: DomainName, type: number) => ZoneView | undefined;

/**
 * Answers a question of class IN: whole RRsets in canonical order, with stored TTLs. Of an owner with several CNAMEs
 * all are answered and none is followed (STEERING.md §9). ANY is answered with every RRset. `undefined` when no zone
 * answers for `qname`.
 */
export function answerStored(
  qname: WireName,
  qtype: number,
  findZone: FindAnsweringZone,
  nowSeconds: number,
): StoredAnswer | undefined {
  const zone = findZone(foldName(qname), qtype);
  if (zone === undefined) return undefined;
  const answer = new AnswerDraft(qtype, findZone, nowSeconds);
  answer.walk(zone, qname);
  return answer;
}

/** The answer in the making. */
class AnswerDraft implements StoredAnswer {
  rcode: number = Rcode.NOERROR;
  isAuthoritative = false;
  readonly parts: ResponsePart[] = [];
  readonly #qtype: number;
  readonly #findZone: FindAnsweringZone;
  readonly #nowSeconds: number;
  readonly #asked: DomainName[] = [];
  /** Owners of the DNAMEs that stand in the answer: one that leads below itself is met again. */
  readonly #redirections: DomainName[] = [];
  readonly #live: { readonly type: number; readonly text: string }[] = [];

  constructor(qtype: number, findZone: FindAnsweringZone, nowSeconds: number) {
    this.#qtype = qtype;
    this.#findZone = findZone;
    this.#nowSeconds = nowSeconds;
  }

  get note(): string {
    const [only, ...more] = this.#live;
    if (only === undefined) return 'raw view';
    if (more.length === 0) return `raw view: ${only.text}`;
    return `raw view: ${this.#live.map(({ type, text }) => `${showType(type)} ${text}`).join(', ')}`;
  }

  /** RFC 1034 §4.3.2, once for every alias followed. A chain that leaves what may be read ends there. */
  walk(first: ZoneView, qname: WireName): void {
    let zone: ZoneView | undefined = first;
    let name: WireName | undefined = qname;
    while (zone !== undefined) {
      const target = this.#answer(zone, name);
      if (target === undefined) return;
      this.#asked.push(foldName(name));
      const isLoop = this.#asked.some((asked) => equalNames(asked, target));
      if (isLoop || this.#asked.length >= MAX_ALIASES) return;
      name = target;
      zone = this.#findZone(foldName(name), this.#qtype);
    }
  }

  /** Step 3: match down, label by label. Returns the alias's target when there is one to follow. */
  #answer(zone: ZoneView, asked: WireName): WireName | undefined {
    let encloser = zone.apex;
    let owner: Owner | undefined;
    for (const name of namesDown(zone.apex, foldName(asked))) {
      owner = zone.get(name);
      const isQname = name.length === asked.length;
      if (owner === undefined && !hasOwnersBelow(zone, name)) return this.#synthesize(zone, asked, encloser);
      const occluder = hiderAt(zone, owner);
      // 3b; RFC 4035 §3.1.4.1: DS at the cut is the parent's.
      if (occluder?.kind === 'cut' && !(isQname && this.#qtype === RRType.DS)) {
        this.#refer(zone, asked, owner);
        return undefined;
      }
      // RFC 6672 §3.2, 3c: a DNAME redirects what is below its owner, not the owner.
      if (occluder?.kind === 'dname' && !isQname) return this.#redirect(asked, owner);
      encloser = name;
    }
    return this.#fromOwner(zone, asked, owner); // 3a
  }

  /** Step 3c; RFC 4592 §3.3: the asterisk below the closest encloser speaks for what does not exist. */
  #synthesize(zone: ZoneView, asked: WireName, encloser: DomainName): WireName | undefined {
    const name = childName(ASTERISK, encloser);
    const source = zone.get(name);
    if (source === undefined && !hasOwnersBelow(zone, name)) this.rcode = Rcode.NXDOMAIN;
    return this.#fromOwner(zone, asked, source);
  }

  // --- the kinds of answers ---

  /** Data, an alias, NODATA, or NXDOMAIN where that is said already. */
  #fromOwner(zone: ZoneView, asked: WireName, source: Owner | undefined): WireName | undefined {
    this.isAuthoritative = true;
    const qtype = this.#qtype;
    const rrsets = source?.rrsets ?? [];
    const found = qtype === RRType.ANY ? rrsets : rrsets.filter(({ type }) => type === qtype);
    for (const rrset of found) this.#addAnswer(zone, asked, source, rrset);
    if (found.length > 0) {
      for (const rrset of found) this.#addAddresses(zone, rrset);
      return undefined;
    }
    // RFC 4035 §2.5: RRSIG and NSEC may stand beside a CNAME, so asking for them is not asking for its target's.
    const isBesideAlias = qtype === RRType.RRSIG || qtype === RRType.NSEC;
    const cnames = isBesideAlias ? undefined : rrsetOf(source, RRType.CNAME);
    const [target, ...others] = cnames?.rdatas ?? [];
    if (cnames === undefined || target === undefined) {
      this.#addNegativeSoa(zone, asked);
      return undefined;
    }
    this.#addAnswer(zone, asked, source, cnames);
    return others.length > 0 ? undefined : nameIn(target, 0);
  }

  #addAnswer(zone: ZoneView, asked: WireName, source: Owner | undefined, rrset: RRset): void {
    this.#add('answer', asked, rrset, true);
    if (source === undefined || !isSteeredType(rrset.type)) return;
    const at = steeringOwner(source.name);
    const lines = steeringLinesOf(at === undefined ? undefined : zone.get(at));
    if (lines.policy === undefined) return;
    const members = rrset.rdatas.map((rdata) => memberOf(rrset.type, rdata));
    const { states, failsOpen } = liveSetOf(members, lines, this.#nowSeconds);
    const live = [...states.values()].filter((state) => state === 'live').length;
    const isOpen = failsOpen && live < members.length;
    const text = `${live} of ${members.length} live${isOpen ? ', fails open' : ''}`;
    this.#live.push({ type: rrset.type, text });
  }

  /** RFC 6672 §3.1: the DNAME, and the CNAME of the same TTL that says what it means for the name asked. */
  #redirect(asked: WireName, owner: Owner | undefined): WireName | undefined {
    this.isAuthoritative = true;
    const dname = rrsetOf(owner, RRType.DNAME);
    const [destination] = dname?.rdatas ?? [];
    if (owner === undefined || dname === undefined || destination === undefined) return undefined;
    if (!this.#redirections.some((name) => equalNames(name, owner.name))) {
      this.#redirections.push(owner.name);
      this.#add('answer', spelt(asked, owner.name), dname, true);
    }
    const prefix = asked.subarray(0, asked.length - owner.name.length);
    if (prefix.length + destination.length > MAX_NAME_LENGTH) {
      this.rcode = Rcode.YXDOMAIN;
      return undefined;
    }
    const rdata = Uint8Array.of(...prefix, ...destination);
    this.#add('answer', asked, { type: RRType.CNAME, ttl: dname.ttl, rdatas: [rdata] }, true);
    const isAnswered = this.#qtype === RRType.CNAME || this.#qtype === RRType.ANY;
    return isAnswered ? undefined : nameIn(rdata, 0);
  }

  /** RFC 1034 §4.3.2 3b. AA is about the first owner, so an alias before keeps it (RFC 1035 §4.1.1). */
  #refer(zone: ZoneView, asked: WireName, cut: Owner | undefined): void {
    const servers = rrsetOf(cut, RRType.NS);
    if (cut === undefined || servers === undefined) return;
    this.#add('authority', spelt(asked, cut.name), servers, true);
    const targets = this.#targetsOf(zone, servers);
    const isBelow = (target: DomainName) => isSubdomain(target, cut.name);
    // RFC 9471 §3.1: without the addresses of servers below the cut the referral cannot be followed.
    for (const target of targets.filter(isBelow)) this.#addHost(zone, target, true);
    for (const target of targets.filter((name) => !isBelow(name))) this.#addHost(zone, target, false);
  }

  /** RFC 2308 §3 and §5: the SOA, with the lower of its own TTL and its MINIMUM field. */
  #addNegativeSoa(zone: ZoneView, asked: WireName): void {
    const soa = rrsetOf(zone.get(zone.apex), RRType.SOA);
    const [rdata] = soa?.rdatas ?? [];
    if (soa === undefined || rdata === undefined) return;
    const minimum = new WireReader(rdata, rdata.length - 4).u32();
    this.#add('authority', spelt(asked, zone.apex), { ...soa, ttl: Math.min(soa.ttl, minimum) }, true);
  }

  // --- the additional section: step 6 ---

  #addAddresses(zone: ZoneView, rrset: RRset): void {
    for (const target of this.#targetsOf(zone, rrset)) {
      const isHidden = hiderAt(zone, zone.get(target))?.kind === 'cut';
      if (!isHidden && occluderAbove(zone, target) === undefined) this.#addHost(zone, target, false);
    }
  }

  #addHost(zone: ZoneView, host: DomainName, isNeeded: boolean): void {
    const owner = zone.get(host);
    for (const type of [RRType.A, RRType.AAAA]) {
      const rrset = rrsetOf(owner, type);
      if (rrset !== undefined) this.#add('additional', host, rrset, isNeeded);
    }
  }

  /** The hosts that an RRset names and this zone answers for, each once. */
  #targetsOf(zone: ZoneView, { type, rdatas }: RRset): readonly DomainName[] {
    const at = TARGET_OFFSETS.get(type);
    if (at === undefined) return [];
    const targets = new Map<string, DomainName>();
    for (const rdata of inCanonicalOrder(type, rdatas)) {
      const target = foldName(nameIn(rdata, at));
      if (!isSubdomain(target, zone.apex) || targets.has(showName(target))) continue;
      const own = this.#findZone(target, RRType.A);
      if (own !== undefined && equalNames(own.apex, zone.apex)) targets.set(showName(target), target);
    }
    return [...targets.values()];
  }

  #add(section: ResponsePart['section'], owner: WireName, rrset: RRset, isNeeded: boolean): void {
    const { type, ttl, rdatas } = rrset;
    const records = inCanonicalOrder(type, rdatas).map((rdata) => {
      return { owner, type, class: RRClass.IN, ttl, rdata };
    });
    this.parts.push({ section, records, isNeeded });
  }
}

// --- helpers ---

/** `name` and what is above it, as far as `apex`, from there down. */
function namesDown(apex: DomainName, name: DomainName): readonly DomainName[] {
  const names: DomainName[] = [];
  for (let at: DomainName | undefined = name; at !== undefined; at = parentName(at)) {
    names.push(at);
    if (at.length <= apex.length) break;
  }
  return names.reverse();
}

function hasOwnersBelow(zone: ZoneView, name: DomainName): boolean {
  for (const _ of zone.ownersBelow(name)) return true;
  return false;
}

/** What `owner` is to the names below it. RFC 4592 §4.2, §4.4: an asterisk label delegates and redirects nothing. */
function hiderAt({ apex }: ZoneView, owner: Owner | undefined): Occluder | undefined {
  const isAsterisk = owner?.name[0] === 1 && owner.name[1] === ASTERISK[0];
  return isAsterisk ? undefined : occluderAt(apex, owner);
}

/** RFC 4034 §6.3. */
function inCanonicalOrder(type: number, rdatas: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdatas.length < 2) return rdatas;
  return rdatas
    .map((rdata) => ({ rdata, canonical: canonicalRdata(type, rdata) }))
    .sort((a, b) => Buffer.compare(a.canonical, b.canonical))
    .map(({ rdata }) => rdata);
}

/** `name`, which is `asked` or above it, in the spelling of the question. */
function spelt(asked: WireName, name: DomainName): WireName {
  let at: WireName | undefined = asked;
  while (at !== undefined && at.length > name.length) at = parentName(at);
  return at ?? name;
}

function nameIn(rdata: Uint8Array, at: number): WireName {
  return parseName(new WireReader(rdata, at));
}

/** Where in RDATA the name stands whose addresses help. */
const TARGET_OFFSETS: ReadonlyMap<number, number> = new Map([
  [RRType.NS, 0],
  [RRType.MX, 2],
  [RRType.SRV, 6],
]);

const ASTERISK = Uint8Array.of(42);
