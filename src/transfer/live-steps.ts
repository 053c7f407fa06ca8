// What a step of a zone's history is for those who see the live view. STEERING.md §8.
import { latin1 } from '../base/latin1.ts';
import { liveOwner } from '../steer/live-view.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import { PastView } from '../zone/past-view.ts';
import type { Owner, RR } from '../zone/record.ts';
import { steeredOwner, steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';

/**
 * The same steps, with the same serials and SOAs, as differences of the live view: nothing has lapsed in it, and lapses
 * are changes of their own. `raw` is the zone at the end of the last step. Looks at the owners that the steps touch and
 * at no other. Yields between owners.
 */
export function* liveSteps(raw: ZoneView, steps: readonly ZoneStep[]): Generator<void, ZoneStep[]> {
  const rewound = new RewoundZone(raw);
  const live: ZoneStep[] = [];
  for (const step of steps.toReversed()) {
    const owners = touchedBy(step);
    const newer: (Owner | undefined)[] = [];
    for (const name of owners) {
      newer.push(rewound.live(name));
      yield;
    }
    yield* rewound.undo(step);
    const isSoa = ({ type, owner }: RR) => type === RRType.SOA && equalNames(owner, raw.apex);
    const removed = step.removed.filter(isSoa);
    const added = step.added.filter(isSoa);
    for (const [i, name] of owners.entries()) {
      const older = rewound.live(name);
      removed.push(...recordsBeside(older, newer[i], raw.apex));
      added.push(...recordsBeside(newer[i], older, raw.apex));
      yield;
    }
    live.push({ ...step, removed, added });
  }
  return live.reverse();
}

/** A zone that goes back step by step, as far as its touched owners. */
class RewoundZone {
  readonly #zone: ZoneView;
  readonly #touched = new Map<string, Owner | undefined>();

  constructor(zone: ZoneView) {
    this.#zone = zone;
  }

  live(name: DomainName): Owner | undefined {
    const owner = this.#get(name);
    const at = steeringOwner(name);
    return owner && liveOwner(owner, at && this.#get(at), Number.NEGATIVE_INFINITY);
  }

  *undo(step: ZoneStep): Generator<void, void> {
    const { apex } = this.#zone;
    const get = (name: DomainName) => this.#get(name);
    const past = new PastView({ apex, get, owners: () => [], ownersBelow: () => [] }, [step]);
    const names = new Map([...step.removed, ...step.added].map(({ owner }) => [latin1(owner), owner]));
    for (const [key, name] of names) {
      this.#touched.set(key, past.get(name));
      yield;
    }
  }

  #get(name: DomainName): Owner | undefined {
    const key = latin1(name);
    if (!this.#touched.has(key)) this.#touched.set(key, this.#zone.get(name));
    return this.#touched.get(key);
  }
}

// --- helpers ---

/** The owners whose live sets a step may change: those of its records, and those whose `_steer` lines it changes. */
function touchedBy({ removed, added }: ZoneStep): readonly DomainName[] {
  const names = new Map<string, DomainName>();
  for (const { owner } of [...removed, ...added]) {
    const name = steeredOwner(owner) ?? owner;
    names.set(latin1(name), name);
  }
  return [...names.values()];
}

/** The records of `owner` that `other` does not have, or not with this TTL and spelling; the apex' SOA left out. */
function recordsBeside(owner: Owner | undefined, other: Owner | undefined, apex: DomainName): RR[] {
  if (owner === undefined) return [];
  const known = new Set((other?.rrsets ?? []).flatMap(({ type, ttl, rdatas }) => keysOf(type, ttl, rdatas)));
  const records: RR[] = [];
  for (const { type, ttl, rdatas } of owner.rrsets) {
    if (type === RRType.SOA && equalNames(owner.name, apex)) continue;
    for (const rdata of rdatas) {
      if (!known.has(keyOfData(type, ttl, rdata))) records.push({ owner: owner.name, type, ttl, rdata });
    }
  }
  return records;
}

function keysOf(type: number, ttl: number, rdatas: readonly Uint8Array[]): string[] {
  return rdatas.map((rdata) => keyOfData(type, ttl, rdata));
}

function keyOfData(type: number, ttl: number, rdata: Uint8Array): string {
  return `${type} ${ttl} ${latin1(rdata)}`;
}
