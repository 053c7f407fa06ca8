import { latin1 } from '../base/latin1.ts';
import { type DomainName, labelCount, parentName } from '../wire/name.ts';

/** A zone that the image holds. */
export interface HostedZone {
  /** Its row in the zone table; given again when the zone is gone. */
  readonly number: number;
  readonly apex: DomainName;
  readonly labels: number;
  /** Hosted zones below this one's apex. */
  nested: number;
  /** Owners hidden by nested zones; they still make empty non-terminals above those. */
  readonly hidden: Set<string>;
  /** Whether any node of this zone cuts or redirects, so that occlusion must be asked about. */
  hasOccluders: boolean;
}

/** Which zones are hosted, and which lies within which. The deepest apex at or above a name answers for it. */
export class HostedZones {
  readonly #byName = new Map<string, HostedZone>();
  readonly #byNumber: (HostedZone | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** For every name above a hosted apex: how many there are below it. */
  readonly #below = new Map<string, number>();

  get size(): number {
    return this.#byName.size;
  }

  /** All numbers are below this. */
  get numbers(): number {
    return this.#byNumber.length;
  }

  get(apex: DomainName): HostedZone | undefined {
    return this.#byName.get(latin1(apex));
  }

  numbered(number: number): HostedZone | undefined {
    return this.#byNumber[number];
  }

  all(): Iterable<HostedZone> {
    return this.#byName.values();
  }

  /** The zone must not be there yet. */
  add(apex: DomainName): HostedZone {
    const key = latin1(apex);
    const zone: HostedZone = {
      number: this.#freeNumbers.pop() ?? this.#byNumber.length,
      apex,
      labels: labelCount(apex),
      nested: this.#below.get(key) ?? 0,
      hidden: new Set(),
      hasOccluders: false,
    };
    this.#countAbove(apex, 1);
    this.#byName.set(key, zone);
    this.#byNumber[zone.number] = zone;
    return zone;
  }

  remove(zone: HostedZone): void {
    this.#byName.delete(latin1(zone.apex));
    this.#byNumber[zone.number] = undefined;
    this.#freeNumbers.push(zone.number);
    this.#countAbove(zone.apex, -1);
  }

  /** The deepest hosted zone whose apex is `name` or above it. */
  deepest(name: DomainName): HostedZone | undefined {
    for (let at: DomainName | undefined = name; at !== undefined; at = parentName(at)) {
      const zone = this.get(at);
      if (zone !== undefined) return zone;
    }
    return undefined;
  }

  /** The hosted zones that `apex` lies within, the deepest first. */
  *above(apex: DomainName): Iterable<HostedZone> {
    for (let name = parentName(apex); name !== undefined; name = parentName(name)) {
      const zone = this.get(name);
      if (zone !== undefined) yield zone;
    }
  }

  /** The zones nested in `zone` whose apex is `name` or above it, the deepest first: that one answers for `name`. */
  hiding(zone: HostedZone, name: DomainName): readonly HostedZone[] {
    const found: HostedZone[] = [];
    for (let at: DomainName | undefined = name; at !== undefined; at = parentName(at)) {
      if (at.length <= zone.apex.length) break;
      const nested = this.get(at);
      if (nested !== undefined) found.push(nested);
    }
    return found;
  }

  #countAbove(apex: DomainName, by: 1 | -1): void {
    for (let name = parentName(apex); name !== undefined; name = parentName(name)) {
      const key = latin1(name);
      const count = (this.#below.get(key) ?? 0) + by;
      if (count === 0) this.#below.delete(key);
      else this.#below.set(key, count);
      const zone = this.#byName.get(key);
      if (zone !== undefined) zone.nested = count;
    }
  }
}
