// What stands in an answer of a steered RRset: STEERING.md §3 steps 4 to 10, §4 to §6 and §9.
import type { ClientPlace } from '../geo/client-place.ts';
import { PlanWord, RRsetWord } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import { findTierCounter, tierCounter } from '../image/tier-counter.ts';
import { Arrangement, type Turns } from '../steer/arrangement.ts';
import { ALL, type Chooser } from '../steer/chooser.ts';
import { Shuffler } from '../steer/shuffle.ts';
import type { Choosers } from './choosers.ts';
import type { Client } from './client.ts';
import type { Response } from './response.ts';
import type { Tickets } from './tickets.ts';
import { toldChoice } from './told-choice.ts';
import type { AnswerTrace } from './trace.ts';

/** Appends the records of steered RRsets, which have at least one. One per thread; allocates nothing. */
export class SteeredRecords implements Turns {
  /** The time of the query; it decides between the two TTLs. */
  nowSeconds = 0;
  readonly #response: Response;
  readonly #tickets: Tickets;
  readonly #client: Client;
  readonly #choosers: Choosers;
  readonly #arrangement: Arrangement;
  readonly #trace: AnswerTrace | undefined;
  /** With a trace: the tickets of tiers, by tag. */
  readonly #told = new Map<number, number>();
  // The RRset in hand.
  #image: ImageReader | undefined;
  #counter = 0;
  #isPerClient = false;

  constructor(
    response: Response,
    tickets: Tickets,
    client: Client,
    choosers: Choosers,
    seed: Uint8Array,
    trace?: AnswerTrace,
  ) {
    this.#trace = trace;
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
    if (this.#trace !== undefined) return this.#peek(image, tag);
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
    if (this.#trace !== undefined && turns === this)
      this.#tell(this.#trace, image, rrset, chooser, choice, place);
  }

  // --- with a trace ---

  /** Tells of an RRset with nobody live, which is answered with NODATA. */
  tellNone(image: ImageReader, rrset: number): void {
    if (this.#trace === undefined) return;
    const { scope } = this.#client;
    this.#choose(image, rrset, this.#choosers.of(image, rrset), 0, this);
    this.#client.scope = scope; // NODATA is for everybody
  }

  /** The ticket that the next answer will draw. */
  #peek(image: ImageReader, tag: number): number {
    const counter = this.#isPerClient ? findTierCounter(image.counters, this.#counter, tag) : this.#counter;
    const ticket = this.#tickets.draw(image, counter);
    this.#told.set(tag, ticket);
    return ticket;
  }

  #tell(
    trace: AnswerTrace,
    image: ImageReader,
    rrset: number,
    chooser: Chooser,
    choice: number,
    place: ClientPlace,
  ): void {
    const { picks, count } = this.#arrangement;
    const isBySubnet = chooser.usesSubnet && this.#client.hasSubnet;
    if (chooser.isTold) place.locate(this.#client.tables); // the choice may have been known without
    const told = toldChoice(chooser, choice, place, {
      tickets: this.#told,
      records: [...picks.subarray(0, count)],
      isLow: this.nowSeconds < settledAt(image, rrset),
      isBySubnet,
      scope: isBySubnet && chooser.isTold ? chooser.scopeAt(place) : 0,
    });
    this.#told.clear();
    trace.steered(rrset, told);
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
    if (this.nowSeconds < settledAt(image, rrset) && count > 0)
      this.#response.setTtl(at, count, lowTtl(image, rrset));
  }
}

const NO_TURNS: Turns = { ticket: () => 0 };

/** From when on the high TTL holds; seconds since 1970. */
function settledAt(image: ImageReader, rrset: number): number {
  return (image.words[rrset + PlanWord.SETTLED_AT] ?? 0) >>> 0;
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
