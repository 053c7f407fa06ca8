// What stands in an answer of a steered RRset: STEERING.md §3 steps 6 to 9, §4, §6.
import { PlanWord } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import type { Response } from './response.ts';
import type { Tickets } from './tickets.ts';

/** Appends the records of steered RRsets, which have at least one. One per thread; allocates nothing. */
export class SteeredRecords {
  /** The time of the query; it decides between the two TTLs. */
  nowSeconds = 0;
  readonly #response: Response;
  readonly #tickets: Tickets;

  constructor(response: Response, tickets: Tickets) {
    this.#response = response;
    this.#tickets = tickets;
  }

  /** The addresses of an answer, in their turn. Returns how many; 0 when they do not all fit. */
  addresses(image: ImageReader, rrset: number, ownerAt: number): number {
    const take = image.words[rrset + PlanWord.TAKE] ?? 0;
    const at = this.#response.length;
    const count = this.#response.tiers(image, rrset, this.#tickets.turn(image, rrset), take, ownerAt);
    this.#lower(image, rrset, at, count);
    return count;
  }

  /** All addresses that answers have, for the additional section: they take no turn. Returns as {@link addresses}. */
  helpers(image: ImageReader, rrset: number, ownerAt: number): number {
    const at = this.#response.length;
    const count = this.#response.rrset(image, rrset, 0, ownerAt, 0);
    this.#lower(image, rrset, at, count);
    return count;
  }

  /** One CNAME, in its turn (STEERING.md §9). Returns 1; 0 when it does not fit. */
  alias(image: ImageReader, rrset: number, ownerAt: number, apexAt: number): number {
    const at = this.#response.length;
    const tier = image.words[rrset + PlanWord.FIRST_TIER] ?? 1;
    const index = this.#tickets.turn(image, rrset) % tier;
    if (!this.#response.record(image, rrset, index, ownerAt, apexAt)) return 0;
    this.#lower(image, rrset, at, 1);
    return 1;
  }

  /** §6: the records are prepared with the high TTL. */
  #lower(image: ImageReader, rrset: number, at: number, count: number): void {
    const settledAt = (image.words[rrset + PlanWord.SETTLED_AT] ?? 0) >>> 0;
    if (this.nowSeconds < settledAt && count > 0) this.#response.setTtl(at, count, lowTtl(image, rrset));
  }
}

/** The TTL of a steered RRset while it may soon change; seconds. */
export function lowTtl(image: ImageReader, rrset: number): number {
  return image.words[rrset + PlanWord.LOW_TTL] ?? 0;
}

/** The lowest type at `node` that has records to answer; otherwise the lowest. */
export function typeForAny(image: ImageReader, node: number): number {
  const { words } = image;
  const directory = image.directory(node);
  const end = directory + 2 * image.rrsetCount(node);
  for (let entry = directory; entry < end; entry += 2) {
    if (((words[node + (words[entry + 1] ?? 0)] ?? 0) & 0xffff) > 0) return words[entry] ?? 0;
  }
  return words[directory] ?? 0;
}
