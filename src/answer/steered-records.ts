// What stands in an answer of a steered RRset: STEERING.md §3 steps 4 to 10, §4 to §6 and §9.
import { PlanWord, RRsetWord } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import { tierCounter } from '../image/tier-counter.ts';
import { Arrangement, type Turns } from '../steer/arrangement.ts';
import { ALL, type Chooser } from '../steer/chooser.ts';
import { Shuffler } from '../steer/shuffle.ts';
import type { Choosers } from './choosers.ts';
import type { Client } from './client.ts';
import type { Response } from './response.ts';
import type { Tickets } from './tickets.ts';

/** Appends the records of steered RRsets, which have at least one. One per thread; allocates nothing. */
export class SteeredRecords implements Turns {
  /** The time of the query; it decides between the two TTLs. */
  nowSeconds = 0;
  readonly #response: Response;
  readonly #tickets: Tickets;
  readonly #client: Client;
  readonly #choosers: Choosers;
  readonly #arrangement: Arrangement;
  // The RRset in hand.
  #image: ImageReader | undefined;
  #counter = 0;
  #isPerClient = false;

  constructor(response: Response, tickets: Tickets, client: Client, choosers: Choosers, seed: Uint8Array) {
    this.#response = response;
    this.#tickets = tickets;
    this.#client = client;
    this.#choosers = choosers;
    this.#arrangement = new Arrangement(new Shuffler(seed));
  }

  /** The addresses of an answer, in their turn. Returns how many; 0 when they do not all fit. */
  addresses(image: ImageReader, rrset: number, ownerAt: number): number {
    const chooser = this.#choosers.of(image, rrset);
    this.#choose(image, rrset, chooser, chooser.take, this);
    return this.#append(image, rrset, ownerAt);
  }

  /** The addresses that the client's answers have, for the additional section: they take no turn. As {@link addresses}. */
  helpers(image: ImageReader, rrset: number, ownerAt: number): number {
    this.#choose(image, rrset, this.#choosers.of(image, rrset), ALL, NO_TURNS);
    return this.#append(image, rrset, ownerAt);
  }

  /** One CNAME, in its turn (STEERING.md §9). Returns 1; 0 when it does not fit. */
  alias(image: ImageReader, rrset: number, ownerAt: number, apexAt: number): number {
    this.#choose(image, rrset, this.#choosers.of(image, rrset), 1, this);
    const at = this.#response.length;
    const index = this.#arrangement.picks[0] ?? 0;
    if (!this.#response.record(image, rrset, index, ownerAt, apexAt)) return 0;
    this.#lower(image, rrset, at, 1);
    return 1;
  }

  /** The next ticket of a tier of the RRset in hand. Tiers that are the same for everybody share one. */
  ticket(tag: number): number {
    const image = this.#image;
    if (image === undefined || this.#counter === 0) return 0;
    const counter = this.#isPerClient ? tierCounter(image.counters, this.#counter, tag) : this.#counter;
    return this.#tickets.draw(image, counter);
  }

  /** Picks at most `most` members for the client, and notes how wide a network that holds for. */
  #choose(image: ImageReader, rrset: number, chooser: Chooser, most: number, turns: Turns): void {
    const client = this.#client;
    const place = chooser.isTold ? client.place(chooser.usesSubnet) : client.anywhere;
    const choice = chooser.choiceAt(place);
    if (chooser.isTold && chooser.usesSubnet && client.hasSubnet) client.narrow(chooser.scopeAt(place));
    this.#image = image;
    this.#counter = image.words[rrset + RRsetWord.COUNTER] ?? 0;
    this.#isPerClient = chooser.isPerClient;
    this.#arrangement.arrange(chooser, choice, most, place, turns);
  }

  #append(image: ImageReader, rrset: number, ownerAt: number): number {
    const { picks, count } = this.#arrangement;
    const at = this.#response.length;
    const written = this.#response.records(image, rrset, picks, count, ownerAt);
    this.#lower(image, rrset, at, written);
    return written;
  }

  /** §6: the records are prepared with the high TTL. */
  #lower(image: ImageReader, rrset: number, at: number, count: number): void {
    const settledAt = (image.words[rrset + PlanWord.SETTLED_AT] ?? 0) >>> 0;
    if (this.nowSeconds < settledAt && count > 0) this.#response.setTtl(at, count, lowTtl(image, rrset));
  }
}

const NO_TURNS: Turns = { ticket: () => 0 };

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
