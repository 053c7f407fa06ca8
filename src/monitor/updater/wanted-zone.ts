import type { Timers } from '../../base/timers.ts';
import type { DomainName } from '../../wire/name.ts';
import { nameKey, type Want, type WantedName } from './plan.ts';

/** What is wanted in one zone, and of what nothing is sent for a while. */
export class WantedZone {
  readonly #timers: Timers;
  readonly #names = new Map<string, { wants: Map<string, Want>; weights: Map<string, number> }>();
  /** Until when; by name and member. */
  readonly #restingMs = new Map<string, number>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Says where a member shall be; returns whether that is new. */
  want(name: DomainName, member: string, want: Want): boolean {
    const { wants } = this.#at(name);
    if (wants.get(member)?.wanted === want.wanted) return false;
    wants.delete(member); // so that the order is that of the wants
    wants.set(member, want);
    return true;
  }

  /** Says what weight a member shall have; returns whether that is new. */
  weigh(name: DomainName, member: string, weight: number): boolean {
    const { weights } = this.#at(name);
    if (weights.get(member) === weight) return false;
    weights.set(member, weight);
    return true;
  }

  of(name: DomainName): WantedName {
    return this.#names.get(nameKey(name)) ?? NOTHING;
  }

  /** Leaves a member alone for `ms`. */
  rest(name: DomainName, member: string, ms: number): void {
    this.#restingMs.set(restKey(name, member), this.#timers.nowMs() + ms);
  }

  isResting(name: DomainName, member: string): boolean {
    return (this.#restingMs.get(restKey(name, member)) ?? 0) > this.#timers.nowMs();
  }

  /** Ends a rest. */
  resume(name: DomainName, member: string): void {
    this.#restingMs.delete(restKey(name, member));
  }

  /** How long until the next rest is over; milliseconds. */
  nextMs(): number | undefined {
    const nowMs = this.#timers.nowMs();
    let next: number | undefined;
    for (const [key, untilMs] of this.#restingMs) {
      if (untilMs <= nowMs) this.#restingMs.delete(key);
      else next = Math.min(next ?? untilMs - nowMs, untilMs - nowMs);
    }
    return next;
  }

  #at(name: DomainName): { wants: Map<string, Want>; weights: Map<string, number> } {
    const key = nameKey(name);
    const wanted = this.#names.get(key) ?? { wants: new Map(), weights: new Map() };
    this.#names.set(key, wanted);
    return wanted;
  }
}

// --- helpers ---

const NOTHING: WantedName = { wants: new Map(), weights: new Map() };

function restKey(name: DomainName, member: string): string {
  return `${nameKey(name)} ${member}`;
}
