// What the zones say about a question of class IN: RFC 1034 §4.3.2, with RFC 2308 (negative answers), RFC 4592
// (wildcards), RFC 6672 (DNAME), RFC 8020 (NXDOMAIN), RFC 8482 (ANY), RFC 9471 (glue); and STEERING.md §3 to §6.
import {
  NEGATIVE_SOA,
  NODE_SPECIAL,
  NodeFlag,
  PARENT_SIDE_HASH,
  RECORD_HEAD,
  RRsetWord,
  STEERED,
} from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import { NameKey } from '../image/name-key.ts';
import { Rcode, RRType } from '../wire/iana.ts';
import { MAX_NAME_LENGTH } from '../wire/name.ts';
import { AdditionalSection } from './additional.ts';
import { copy } from './octets.ts';
import { QUESTION_NAME, type Response } from './response.ts';
import { lowTtl, type SteeredRecords, typeForAny } from './steered-records.ts';
import type { Tickets } from './tickets.ts';
import type { AnswerTrace } from './trace.ts';

/** CNAMEs and DNAMEs followed for one question. BIND follows 16 as well. */
export const MAX_ALIASES = 16;

/** Answers one question after the other; one per thread. Results are its fields and what it put into `response`. */
export class StandardQuery {
  /** One of {@link Rcode}. */
  rcode: number = Rcode.NOERROR;
  isAuthoritative = false;
  isTruncated = false;
  /** No zone here holds QNAME. */
  isOutside = false;
  /** The name looked up: QNAME at first, then the targets of aliases. The caller loads QNAME. */
  readonly key: NameKey = new NameKey();
  readonly #response: Response;
  readonly #tickets: Tickets;
  readonly #steeredRecords: SteeredRecords;
  readonly #additional: AdditionalSection;
  readonly #trace: AnswerTrace | undefined;
  readonly #made = new Uint8Array(MAX_NAME_LENGTH);
  readonly #seen = new Int32Array(MAX_ALIASES + 1);
  /** DNAMEs that stand in the answer. */
  readonly #redirections = new Int32Array(MAX_ALIASES + 1);
  #redirected = 0;
  #qtype = 0;
  #aliases = 0;
  /** Where {@link key}'s name stands in the message. */
  #ownerAt = QUESTION_NAME;

  constructor(response: Response, tickets: Tickets, steered: SteeredRecords, trace?: AnswerTrace) {
    this.#trace = trace;
    this.#response = response;
    this.#steeredRecords = steered;
    this.#additional = new AdditionalSection(response, this.#steeredRecords);
    this.#tickets = tickets;
  }

  /** Answers for {@link key} and `qtype` at this time; the response must hold just its question. */
  answer(image: ImageReader, qtype: number, nowSeconds: number): void {
    this.rcode = Rcode.NOERROR;
    this.isAuthoritative = false;
    this.isTruncated = false;
    this.isOutside = false;
    this.#qtype = qtype;
    this.#steeredRecords.nowSeconds = nowSeconds;
    this.#aliases = 0;
    this.#redirected = 0;
    this.#ownerAt = QUESTION_NAME;
    for (;;) {
      const node = image.find(this.key, 0);
      const follows = node === 0 ? this.#missing(image) : this.#found(image, node);
      if (!follows || this.#isLoop()) return;
    }
  }

  // --- §4.3.2 step 3: where the walk ends; each returns whether an alias is to be followed ---

  /** §4.3.2 3a: QNAME exists. */
  #found(image: ImageReader, node: number): boolean {
    const flags = image.flags(node);
    if ((flags & NODE_SPECIAL) === 0) return this.#fromNode(image, node);
    if ((flags & NodeFlag.OCCLUDED) !== 0) return this.#occluded(image, node);
    if ((flags & NodeFlag.CUT) !== 0) {
      // RFC 4035 §3.1.4.1: DS belongs to the parent; everything else at a cut is a referral.
      if (this.#qtype === RRType.DS) return this.#fromNode(image, node);
      return this.#refer(image, node, 0);
    }
    if ((flags & NodeFlag.APEX) !== 0 && this.#qtype === RRType.DS) {
      const parentSide = image.findHashed((this.key.hashes[0] ?? 0) ^ PARENT_SIDE_HASH, this.key, 0);
      if (parentSide !== 0 && (image.flags(parentSide) & NodeFlag.OCCLUDED) === 0)
        return this.#fromNode(image, parentSide);
    }
    return this.#fromNode(image, node);
  }

  /** §4.3.2 3b, 3c: QNAME does not exist; its closest encloser decides. */
  #missing(image: ImageReader): boolean {
    const { key } = this;
    let label = Math.max(1, key.labels - image.maxLabels);
    let node = 0;
    for (; label <= key.labels; label++) {
      node = image.find(key, label);
      if (node !== 0) break;
    }
    if (node === 0) return this.#outside();
    const flags = image.flags(node);
    if ((flags & NodeFlag.OCCLUDED) !== 0) return this.#occluded(image, node);
    if ((flags & NodeFlag.CUT) !== 0) return this.#refer(image, node, label);
    if ((flags & NodeFlag.DNAME) !== 0) return this.#redirect(image, node, label);
    if ((flags & NodeFlag.WILDCARD_CHILD) !== 0) {
      const source = image.findWildcard(key, label);
      if (source !== 0) return this.#fromNode(image, source);
    }
    this.rcode = Rcode.NXDOMAIN;
    this.#trace?.walked('nxdomain', this.key, node);
    return this.#negative(image, node);
  }

  /** Below another owner's zone cut or DNAME: that one decides. */
  #occluded(image: ImageReader, node: number): boolean {
    const label = this.key.labels - image.occluderLabels(node);
    const occluder = image.find(this.key, label);
    if ((image.flags(occluder) & NodeFlag.CUT) !== 0) return this.#refer(image, occluder, label);
    return this.#redirect(image, occluder, label);
  }

  #outside(): false {
    this.#trace?.walked('outside', this.key, 0);
    if (this.#aliases > 0) return false; // the chain leaves what is ours: the resolver goes on
    this.isOutside = true;
    this.rcode = Rcode.REFUSED;
    return false;
  }

  /** A zone that is hosted and has no SOA: a secondary zone that has not come yet, or has expired (RFC 1034 §4.3.5). */
  #withheld(node: number): false {
    this.#trace?.walked('withheld', this.key, node);
    this.isAuthoritative = this.#aliases > 0;
    this.rcode = this.#aliases > 0 ? Rcode.NOERROR : Rcode.SERVFAIL; // an alias is right even so
    return false;
  }

  // --- the kinds of answers ---

  /** Data, an alias or NODATA: from QNAME's node, or from its source of synthesis (RFC 4592 §3.3). */
  #fromNode(image: ImageReader, node: number): boolean {
    this.isAuthoritative = true;
    this.#trace?.walked('found', this.key, node);
    const qtype = this.#qtype;
    // RFC 8482 §4.1: one RRset is enough for ANY; the lowest type.
    const isAny = qtype === RRType.ANY && image.rrsetCount(node) > 0;
    const type = isAny ? typeForAny(image, node) : qtype;
    const rrset = image.rrset(node, type);
    if (rrset !== 0) return this.#data(image, node, rrset, type);
    // RFC 4035 §2.5: RRSIG and NSEC may stand beside a CNAME, so asking for them is not asking for its target's.
    const isBesideAlias = qtype === RRType.RRSIG || qtype === RRType.NSEC;
    if ((image.flags(node) & NodeFlag.CNAME) !== 0 && !isBesideAlias) return this.#alias(image, node);
    return this.#negative(image, node);
  }

  #data(image: ImageReader, node: number, rrset: number, type: number): false {
    if (((image.words[rrset] ?? 0) & STEERED) !== 0) return this.#steered(image, node, rrset, type);
    const response = this.#response;
    const apexAt = this.#compressionAt(image, image.zoneOf(node));
    const first = this.#tickets.first(image, rrset);
    this.#trace?.plain(rrset, first);
    if (type === RRType.CNAME) {
      // STEERING.md §9: one of several CNAMEs is a valid answer, two are not.
      if (response.record(image, rrset, first, this.#ownerAt, apexAt)) response.answers++;
      else this.isTruncated = true;
      return false;
    }
    response.forgetTargets();
    const count = response.rrset(image, rrset, first, this.#ownerAt, apexAt);
    if (count === 0) this.isTruncated = true;
    response.answers += count;
    // RFC 1035 §3.3.12, §3.3.13: PTR and SOA name hosts, too, but ask for no addresses.
    const helps = type !== RRType.SOA && type !== RRType.PTR;
    if (count > 0 && helps && response.targets > 0) this.#additional.addAddresses(image, node);
    return false;
  }

  /** STEERING.md §3: what is live, in its turn, at most `take` of it; of CNAMEs one (§9). */
  #steered(image: ImageReader, node: number, rrset: number, type: number): false {
    if (((image.words[rrset] ?? 0) & 0xffff) === 0) return this.#noneLive(image, node, rrset);
    const steered = this.#steeredRecords;
    const count =
      type === RRType.CNAME
        ? steered.alias(image, rrset, this.#ownerAt, this.#compressionAt(image, image.zoneOf(node)))
        : steered.addresses(image, rrset, this.#ownerAt);
    if (count === 0) this.isTruncated = true;
    this.#response.answers += count;
    return false;
  }

  /** STEERING.md §3: with `min=0` and nothing live the type exists, and the answer is NODATA with the low TTL. */
  #noneLive(image: ImageReader, node: number, rrset: number): false {
    this.#steeredRecords.tellNone(image, rrset);
    const at = this.#response.length;
    this.#negative(image, node);
    if (this.#response.length > at) this.#response.limitTtl(at, lowTtl(image, rrset));
    return false;
  }

  #alias(image: ImageReader, node: number): boolean {
    const response = this.#response;
    const before = response.answers;
    const rrset = image.rrset(node, RRType.CNAME);
    if (((image.words[rrset] ?? 0) & STEERED) !== 0) {
      this.#steered(image, node, rrset, RRType.CNAME);
      return response.answers > before && this.#follow(image.octets, response.nameFrom);
    }
    const first = this.#tickets.first(image, rrset);
    this.#trace?.plain(rrset, first);
    const apexAt = this.#compressionAt(image, image.zoneOf(node));
    if (!response.record(image, rrset, first, this.#ownerAt, apexAt)) {
      this.isTruncated = true;
      return false;
    }
    response.answers++;
    return this.#follow(image.octets, response.nameFrom);
  }

  /** RFC 6672 §3.2: the DNAME, the CNAME made from it, and on with its target. */
  #redirect(image: ImageReader, node: number, label: number): boolean {
    this.isAuthoritative = true;
    this.#trace?.walked('dname', this.key, node);
    const response = this.#response;
    const rrset = image.rrset(node, RRType.DNAME);
    const record = (rrset + RRsetWord.TABLE) * 4;
    const target = record + RECORD_HEAD;
    const targetLength = image.octets[record + RECORD_HEAD - 1] ?? 0;
    const kept = this.key.starts[label] ?? 0;
    // A DNAME that leads below itself is met again and again; it stands in the answer once.
    if (!this.#isRedirected(rrset)) {
      if (response.rrset(image, rrset, 0, this.#placeOf(label), 0) === 0) {
        this.isTruncated = true;
        return false;
      }
      response.answers++;
      this.#redirections[this.#redirected++] = rrset;
    }
    if (kept + targetLength > MAX_NAME_LENGTH) {
      this.rcode = Rcode.YXDOMAIN;
      return false;
    }
    const made = this.#made;
    if (this.#ownerAt === QUESTION_NAME) copy(response.octets, response.start + QUESTION_NAME, made, 0, kept);
    else copy(this.key.folded, 0, made, 0, kept);
    copy(image.octets, target, made, kept, targetLength);
    if (!response.cname(this.#ownerAt, image.octets, record + 6, made, kept + targetLength)) {
      this.isTruncated = true;
      return false;
    }
    response.answers++;
    if (this.#qtype === RRType.CNAME || this.#qtype === RRType.ANY) return false;
    return this.#follow(made, 0);
  }

  /** RFC 1034 §4.3.2 3b. AA is about the first owner only, so an alias before keeps it (RFC 1035 §4.1.1). */
  #refer(image: ImageReader, cut: number, label: number): false {
    const response = this.#response;
    this.#trace?.walked('cut', this.key, cut);
    const apexAt = this.#compressionAt(image, image.zoneOf(cut));
    response.forgetTargets();
    const count = response.rrset(image, image.rrset(cut, RRType.NS), 0, this.#placeOf(label), apexAt);
    response.authorities += count;
    if (count === 0) this.isTruncated = true;
    else if (!this.#additional.addGlue(image, cut)) this.isTruncated = true;
    return false;
  }

  /** NXDOMAIN or NODATA, with the SOA of the zone of `node` (RFC 2308 §2, §3). */
  #negative(image: ImageReader, node: number): false {
    this.isAuthoritative = true;
    const zone = image.zoneOf(node);
    const soa = image.rrset(image.apexNode(zone), NEGATIVE_SOA);
    if (soa === 0) return this.#withheld(node);
    const ownerAt = this.#placeOf(this.key.labels - image.apexLabels(zone));
    if (this.#response.rrset(image, soa, 0, ownerAt, this.#compressionAt(image, zone)) > 0) {
      this.#response.authorities++;
    } else this.isTruncated = true;
    return false;
  }

  // --- aliases and places ---

  /** Makes the target that was just written the name to look up next. */
  #follow(octets: Uint8Array, at: number): boolean {
    this.#seen[this.#aliases] = this.key.hashes[0] ?? 0;
    this.#aliases++;
    this.#ownerAt = this.#response.nameAt;
    return this.#aliases < MAX_ALIASES && this.key.load(octets, at, octets.length) > 0;
  }

  #isRedirected(rrset: number): boolean {
    for (let i = 0; i < this.#redirected; i++) if (this.#redirections[i] === rrset) return true;
    return false;
  }

  #isLoop(): boolean {
    const hash = this.key.hashes[0] ?? 0;
    for (let i = 0; i < this.#aliases; i++) if (this.#seen[i] === hash) return true;
    return false;
  }

  /** Where the suffix of the name looked up, from label `label` on, stands in the message. */
  #placeOf(label: number): number {
    if (this.#ownerAt === QUESTION_NAME) return QUESTION_NAME + (this.key.starts[label] ?? 0);
    const { octets, start } = this.#response;
    let at = this.#ownerAt;
    for (let i = 0; ; i++) {
      while ((octets[start + at] ?? 0) >= 0xc0) {
        at = (((octets[start + at] ?? 0) & 0x3f) << 8) | (octets[start + at + 1] ?? 0);
      }
      if (i === label) return at;
      at += (octets[start + at] ?? 0) + 1;
    }
  }

  /** Where a pointer to the zone's apex may lead to; 0 when that would save nothing (the root). */
  #compressionAt(image: ImageReader, zone: number): number {
    return image.apexLength(zone) < 2 ? 0 : this.#placeOf(this.key.labels - image.apexLabels(zone));
  }
}
