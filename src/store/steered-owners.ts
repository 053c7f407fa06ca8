import { latin1 } from '../base/latin1.ts';
import { type SteeringLines, steeringLinesOf } from '../steer/lines.ts';
import { lastLapse, nextLapse } from '../steer/live.ts';
import { isSteeredType } from '../steer/member.ts';
import { planOwner } from '../steer/plan.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, isSubdomain } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';
import type { ServedOwner, ServedView } from '../zone/served.ts';
import { isSteeringOwner, steeredOwner, steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { DueHeap } from './due-heap.ts';

/**
 * Why owners are shown. 'load': they are as they were, or new with their zone. 'change': a change has touched them,
 * and starts the time of the low TTL where members or lines differ. 'lapse': what has lapsed by now was looked at.
 */
export type Occasion = 'load' | 'change' | 'lapse';

/** An owner whose lines hold something that has lapsed. */
export interface LapsedOwner {
  readonly apex: DomainName;
  /** The steered owner, without `_steer`. */
  readonly owner: DomainName;
}

/**
 * Which owners have steering lines, in every zone that is served. Everything the image shows comes through here: raw
 * owners go in, live sets with their plans come out. For an owner without lines that is one look into a set, and in
 * a zone without any not even that.
 */
export class SteeredOwners {
  readonly #nowMs: () => number;
  /** By apex. */
  readonly #zones = new Map<string, SteeredZone>();
  readonly #due = new DueHeap<SteeredEntry>((entry, due) => entry.due === due);
  #compactAt = MIN_COMPACT;
  /** Called when something falls due sooner than all before. */
  onSooner: () => void = () => {};

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * The owners as they are answered, in their order. `_steer.<owner>` brings its owner with it, so that one may come
   * a second time; then that is how it is. `view` is the zone as it is now.
   */
  *served(view: ZoneView, owners: Iterable<Owner>, occasion: Occasion): Iterable<ServedOwner> {
    const { entries } = this.#zone(view.apex);
    const shown = new Set<SteeredEntry>();
    for (const owner of owners) {
      if (isSteeringOwner(owner.name)) {
        yield owner; // the image does not answer it
        const steered = steeredOwner(owner.name);
        if (steered === undefined || !isSubdomain(steered, view.apex)) continue;
        const known = entries.get(latin1(steered));
        if (known !== undefined && shown.delete(known)) continue;
        const raw = view.get(steered) ?? { name: steered, rrsets: [] };
        const served = this.#serve(view.apex, raw, owner, occasion);
        if (raw.rrsets.length > 0) yield served;
      } else if (entries.size === 0 || !entries.has(latin1(owner.name))) {
        yield owner;
      } else {
        const at = steeringOwner(owner.name);
        const lines = at === undefined ? undefined : view.get(at);
        yield this.#serve(view.apex, owner, lines, occasion);
        const entry = entries.get(latin1(owner.name));
        if (entry !== undefined) shown.add(entry);
      }
    }
  }

  /** A zone as the image makes it anew. */
  view(view: ZoneView): ServedView {
    return {
      owners: () => this.served(view, view.owners(), 'load'),
      ownersBelow: (name) => view.ownersBelow(name),
    };
  }

  /** Forgets a zone that is no longer served. */
  forget(apex: DomainName): void {
    for (const entry of this.#zone(apex).entries.values()) entry.due = undefined;
    this.#zones.delete(latin1(apex));
  }

  // --- when members and lines last changed ---

  /** The longest `settle` in a zone; seconds, 0 where nothing is steered. */
  longestSettle(apex: DomainName): number {
    let longest = 0;
    for (const { settle } of this.#zone(apex).entries.values()) longest = Math.max(longest, settle);
    return longest;
  }

  /**
   * Notes when owners (by name, or by that of their lines) last changed, as the journal knows it, and that each other
   * may have changed at `earliest`; seconds since 1970. Returns those that are to be shown again.
   */
  noteChanges(
    apex: DomainName,
    changes: Iterable<readonly [DomainName, number]>,
    earliest: number,
  ): DomainName[] {
    const { entries } = this.#zone(apex);
    const noted = new Set<SteeredEntry>();
    const note = (entry: SteeredEntry, at: number): void => {
      if (at <= entry.changedAt) return;
      entry.changedAt = at;
      noted.add(entry);
    };
    for (const [name, at] of changes) {
      const entry = entries.get(latin1(steeredOwner(name) ?? name));
      if (entry !== undefined) note(entry, at);
    }
    for (const entry of entries.values()) note(entry, earliest);
    return [...noted].map(({ owner }) => owner);
  }

  /** When members or lines of an owner last changed; seconds since 1970, `undefined` when that is long ago. */
  changedAt(apex: DomainName, owner: DomainName): number | undefined {
    const at = this.#zone(apex).entries.get(latin1(owner))?.changedAt ?? LONG_AGO;
    return at === LONG_AGO ? undefined : at;
  }

  // --- what lapses ---

  /** When the next verdict or operator's word lapses, or did so without anybody looking; seconds since 1970. */
  get nextLapse(): number | undefined {
    return this.#due.next;
  }

  /** Up to `most` owners for which something has lapsed. They are not named again until they are shown. */
  takeLapsed(most: number): LapsedOwner[] {
    const lapsed: LapsedOwner[] = [];
    while (lapsed.length < most) {
      const entry = this.#due.take(this.#nowSeconds());
      if (entry === undefined) break;
      entry.due = undefined;
      lapsed.push({ apex: entry.apex, owner: entry.owner });
    }
    return lapsed;
  }

  /** Notes the lines of an owner and returns how it is answered. */
  #serve(apex: DomainName, raw: Owner, steering: Owner | undefined, occasion: Occasion): ServedOwner {
    const { entries } = this.#zone(apex);
    const key = latin1(raw.name);
    const now = this.#nowSeconds();
    const known = entries.get(key);
    const hasLines = rrsetOf(steering, RRType.TXT) !== undefined;
    if (!hasLines) {
      if (known !== undefined) known.due = undefined;
      entries.delete(key);
      return raw;
    }
    const lines = steeringLinesOf(steering);
    const digest = digestOf(raw, steering);
    const entry = known ?? { apex, owner: raw.name, digest, changedAt: LONG_AGO, settle: 0, due: undefined };
    if (known === undefined) entries.set(key, entry);
    if (occasion === 'change' && (known === undefined || known.digest !== digest)) entry.changedAt = now;
    entry.digest = digest;
    entry.settle = lines.policy?.settle ?? 0;
    this.#expect(entry, lines, occasion, now);
    return planOwner(raw, lines, { now, changedAt: entry.changedAt });
  }

  /** Has the owner fall due when the next of its lines lapses, or at once when one has and nobody looked. */
  #expect(entry: SteeredEntry, lines: SteeringLines, occasion: Occasion, now: number): void {
    const past = occasion === 'lapse' ? undefined : lastLapse(lines, now);
    const due = past ?? nextLapse(lines, now);
    if (due === entry.due) return;
    entry.due = due;
    if (due === undefined) return;
    const next = this.#due.next;
    this.#due.add(due, entry);
    if (this.#due.size > this.#compactAt) {
      this.#due.compact();
      this.#compactAt = Math.max(MIN_COMPACT, 2 * this.#due.size);
    }
    if (next === undefined || due < next) this.onSooner();
  }

  #zone(apex: DomainName): SteeredZone {
    const key = latin1(apex);
    const known = this.#zones.get(key);
    if (known !== undefined) return known;
    const zone = { entries: new Map() };
    this.#zones.set(key, zone);
    return zone;
  }

  #nowSeconds(): number {
    return Math.floor(this.#nowMs() / 1000);
  }
}

// --- helpers ---

interface SteeredZone {
  /** By owner. */
  readonly entries: Map<string, SteeredEntry>;
}

interface SteeredEntry {
  readonly apex: DomainName;
  readonly owner: DomainName;
  /** Of members and lines. */
  digest: number;
  /** Seconds since 1970. */
  changedAt: number;
  /** Seconds. */
  settle: number;
  /** Seconds since 1970. */
  due: number | undefined;
}

const LONG_AGO = Number.NEGATIVE_INFINITY;
const MIN_COMPACT = 1024;

/** 52 bits over the desired members and the lines. */
function digestOf(owner: Owner, steering: Owner | undefined): number {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  const take = (octet: number): void => {
    a = Math.imul(a ^ octet, 0x01000193);
    b = Math.imul(b + octet, 0x85ebca6b) ^ (b >>> 13);
  };
  const steered = owner.rrsets.filter(({ type }) => isSteeredType(type));
  for (const { type, rdatas } of [...steered, ...(steering?.rrsets ?? [])]) {
    take(type);
    for (const rdata of rdatas) {
      take(rdata.length);
      for (const octet of rdata) take(octet);
    }
  }
  return (a >>> 0) * 0x10_0000 + (b >>> 12);
}
