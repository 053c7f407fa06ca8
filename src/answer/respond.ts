import type { Peer } from '../base/peer.ts';
import { NOWHERE } from '../geo/nowhere.ts';
import { GeoTables } from '../geo/tables.ts';
import type { ImageMemory } from '../image/layout.ts';
import { ImageReader } from '../image/lookup.ts';
import { CookieJar } from '../message/cookie.ts';
import { HEADER_OCTETS, QueryScanner, Scanned } from '../message/query.ts';
import { SEED_LENGTH } from '../steer/shuffle.ts';
import { Rcode, RRClass, RRType } from '../wire/iana.ts';
import { ChaosNames, type ChaosTexts } from './chaos.ts';
import { Choosers } from './choosers.ts';
import { Client } from './client.ts';
import { OptWriter, type PreparedError, Reason } from './opt.ts';
import { QUESTION_NAME, Response } from './response.ts';
import { StandardQuery } from './standard-query.ts';
import { SteeredRecords } from './steered-records.ts';
import { Tickets } from './tickets.ts';
import type { AnswerTrace } from './trace.ts';

/** What a responder must know beside the zones; can be sent to a thread. */
export interface ResponderOptions {
  /** The largest UDP response, and the payload size offered (RFC 6891 §6.2.5); octets. */
  readonly maxPayload: number;
  /** What NSID is answered with (RFC 5001), at most 128 octets of it; empty: nothing. */
  readonly nsid: string;
  readonly chaos: ChaosTexts;
  /** Shared memory of the cookie secrets (message/cookie.ts); without it cookies are ignored. */
  readonly cookieSecrets: SharedArrayBuffer | undefined;
  /**
   * Opcodes whose requests are left to the control thread; other opcodes are not implemented. Of QUERY those are the
   * signed ones, and over TCP also AXFR and IXFR without a signature.
   */
  readonly lateOpcodes: readonly number[];
}

/** What {@link Responder.answer} returns for a request that is left to the control thread. */
const LATE = -1;

/** What is kept of locations where a few answers are traced. */
const TRACED_ROOM_OCTETS = 8 * 2 ** 20;
/** The largest message without EDNS over UDP (RFC 1035 §4.2.1). */
const PLAIN_PAYLOAD = 512;
const MAX_MESSAGE = 65_535;
/** Octets. The longest question and an OPT with every option still fit into {@link PLAIN_PAYLOAD}. */
const MAX_NSID_LENGTH = 128;

/**
 * Turns a query into its response, in place: header and question stay, everything after them is written over.
 * One per thread; it allocates nothing per query and never throws on any octets.
 */
export class Responder {
  readonly #scanner = new QueryScanner();
  readonly #response = new Response();
  readonly #tickets: Tickets;
  readonly #client: Client;
  readonly #choosers: Choosers;
  readonly #steered: SteeredRecords;
  readonly #query: StandardQuery;
  readonly #opt: OptWriter;
  readonly #chaos: ChaosNames;
  readonly #maxPayload: number;
  readonly #lateOpcodes: readonly number[];
  readonly #nowMs: () => number;
  readonly #trace: AnswerTrace | undefined;
  #image: ImageReader;
  #geo: SharedArrayBuffer | undefined;
  #nowSeconds: number;
  // The outcome of the query in hand.
  #rcode: number = Rcode.NOERROR;
  #isAuthoritative = false;
  #isTruncated = false;
  #why: PreparedError | undefined;

  /**
   * `geo` are compiled tables of geo/tables.ts, shared memory; without them nothing is known of any client. With a
   * `trace`, which is told how each answer comes about, no counter goes on.
   */
  constructor(
    memory: ImageMemory,
    options: ResponderOptions,
    nowMs: () => number,
    geo?: SharedArrayBuffer | undefined,
    trace?: AnswerTrace,
  ) {
    this.#trace = trace;
    this.#tickets = new Tickets({ isPeeking: trace !== undefined });
    const tables = tablesOf(geo);
    this.#geo = geo;
    this.#client = new Client(tables);
    this.#choosers = new Choosers(tables, trace === undefined ? undefined : TRACED_ROOM_OCTETS);
    this.#steered = new SteeredRecords(
      this.#response,
      this.#tickets,
      this.#client,
      this.#choosers,
      seedFrom(nowMs()),
      trace,
    );
    this.#query = new StandardQuery(this.#response, this.#tickets, this.#steered, trace);
    this.#image = new ImageReader(memory);
    this.#maxPayload = options.maxPayload;
    this.#lateOpcodes = options.lateOpcodes;
    const cookies = options.cookieSecrets === undefined ? undefined : new CookieJar(options.cookieSecrets);
    const nsid = new TextEncoder().encode(options.nsid).subarray(0, MAX_NSID_LENGTH);
    this.#opt = new OptWriter(options.maxPayload, nsid, cookies);
    this.#chaos = new ChaosNames(options.chaos);
    this.#nowMs = nowMs;
    this.#nowSeconds = Math.floor(nowMs() / 1000);
  }

  /** Goes over to another generation of the image, or to other tables. */
  take(memory: ImageMemory, geo?: SharedArrayBuffer | undefined): void {
    this.#image = new ImageReader(memory);
    if (geo === this.#geo) return;
    this.#geo = geo;
    const tables = tablesOf(geo);
    this.#client.take(tables);
    this.#choosers.take(tables);
  }

  /** To be called before a batch of queries: reads the clock. */
  beginBatch(): void {
    this.#nowSeconds = Math.floor(this.#nowMs() / 1000);
  }

  /**
   * Answers the request `octets[start, start + length)`; the response is written from `start` on, at most `room`
   * octets. Returns its length; 0 = send nothing; {@link LATE}.
   */
  answer(octets: Uint8Array, start: number, length: number, room: number, peer: Peer): number {
    const scanner = this.#scanner;
    const outcome = scanner.scan(octets, start, length);
    if (outcome === Scanned.DROP) return 0;
    if (outcome !== Scanned.QUERY || scanner.qtype === RRType.AXFR || scanner.qtype === RRType.IXFR) {
      if (this.#isLate(outcome, octets[start + 2] ?? 0, peer)) return LATE;
    }
    const payload = scanner.hasEdns ? Math.min(scanner.udpPayloadSize, this.#maxPayload) : PLAIN_PAYLOAD;
    const largest = Math.min(room, peer.overTcp ? MAX_MESSAGE : payload);
    const optLength = this.#opt.lengthFor(scanner);
    this.#rcode = Rcode.NOERROR;
    this.#isAuthoritative = false;
    this.#isTruncated = false;
    this.#why = undefined;
    this.#response.begin(octets, start, room, scanner.questionEnd, largest - optLength);
    this.#client.begin(scanner, peer);
    if (outcome === Scanned.QUERY || outcome === Scanned.SIGNED) this.#answerQuestion(octets, start);
    else this.#rcode = rcodeOf(outcome);
    return this.#finish(octets, start, largest, peer);
  }

  /** SERVFAIL without anything else: too many requests wait for the control thread (RFC 2136 §2.2). */
  refuseLate(octets: Uint8Array, start: number): number {
    octets[start + 2] = 0x80 | ((octets[start + 2] ?? 0) & 0x79);
    octets[start + 3] = Rcode.SERVFAIL;
    octets.fill(0, start + 4, start + HEADER_OCTETS);
    return HEADER_OCTETS;
  }

  #isLate(outcome: number, flags: number, peer: Peer): boolean {
    if (!this.#lateOpcodes.includes((flags >>> 3) & 0xf)) return false;
    if (outcome === Scanned.QUERY) return peer.overTcp; // a transfer
    return outcome === Scanned.OTHER_OPCODE || outcome === Scanned.SIGNED;
  }

  #answerQuestion(octets: Uint8Array, start: number): void {
    const { qclass, qtype, questionEnd } = this.#scanner;
    const query = this.#query;
    query.key.load(octets, start + QUESTION_NAME, start + questionEnd);
    if (qclass === RRClass.IN) {
      if (qtype >= 128 && qtype !== RRType.ANY && qtype < 255) this.#refuseMetaType(qtype);
      else if (qtype === RRType.OPT)
        this.#rcode = Rcode.FORMERR; // RFC 6891 §6.1.1: OPT is no question
      else this.#answerFromZones(octets, start, qtype, questionEnd);
    } else if (qclass !== RRClass.CH) {
      this.#refuse(Reason.CLASS);
    } else if (this.#chaos.answer(query.key, qtype, this.#response)) {
      this.#isAuthoritative = true;
    } else this.#refuse(Reason.CHAOS_NAME);
  }

  #answerFromZones(octets: Uint8Array, start: number, qtype: number, questionEnd: number): void {
    const image = this.#image;
    const query = this.#query;
    const response = this.#response;
    const { limit } = response;
    this.#tickets.reset();
    for (;;) {
      const sequence = image.enter();
      this.#trace?.begin();
      query.answer(image, qtype, this.#nowSeconds);
      if (image.unchanged(sequence)) break;
      response.restart(questionEnd, limit);
      this.#client.scope = 0;
      query.key.load(octets, start + QUESTION_NAME, start + questionEnd);
    }
    this.#rcode = query.rcode;
    this.#isAuthoritative = query.isAuthoritative;
    this.#isTruncated = query.isTruncated;
    if (query.isOutside) this.#why = Reason.NOT_HOSTED;
    else if (query.rcode === Rcode.SERVFAIL) this.#why = Reason.WITHHELD;
  }

  #refuseMetaType(qtype: number): void {
    const isTransfer = qtype === RRType.AXFR || qtype === RRType.IXFR;
    this.#refuse(isTransfer ? Reason.TRANSFER : Reason.META_TYPE);
  }

  #refuse(why: PreparedError): void {
    this.#rcode = Rcode.REFUSED;
    this.#why = why;
  }

  /** Writes OPT and the header over the query's. */
  #finish(octets: Uint8Array, start: number, largest: number, peer: Peer): number {
    const response = this.#response;
    const scanner = this.#scanner;
    const rcode = this.#rcode;
    let end = start + response.length;
    if (scanner.hasEdns) {
      const limit = start + largest;
      const { scope } = this.#client;
      if (scanner.subnetLength > 0) this.#trace?.scope(scope);
      end = this.#opt.write(
        octets,
        end,
        limit,
        scanner,
        peer,
        this.#nowSeconds,
        rcode >>> 4,
        scope,
        this.#why,
      );
    }
    // QR, OPCODE as asked, AA, TC, RD as asked | RA 0, Z 0, AD 0, CD 0 (RFC 4035 §3.1.6), RCODE.
    octets[start + 2] =
      0x80 |
      ((octets[start + 2] ?? 0) & 0x79) |
      (this.#isAuthoritative ? 0x04 : 0) |
      (this.#isTruncated ? 0x02 : 0);
    octets[start + 3] = rcode & 0x0f;
    octets[start + 4] = 0;
    octets[start + 5] = scanner.questionEnd > HEADER_OCTETS ? 1 : 0;
    octets[start + 6] = response.answers >>> 8;
    octets[start + 7] = response.answers;
    octets[start + 8] = response.authorities >>> 8;
    octets[start + 9] = response.authorities;
    const additionals = response.additionals + (scanner.hasEdns ? 1 : 0);
    octets[start + 10] = additionals >>> 8;
    octets[start + 11] = additionals;
    return end - start;
  }
}

/** Threads begin at different times; more chance than that is not wanted of an order that nobody gains by foreseeing. */
function seedFrom(nowMs: number): Uint8Array {
  const seed = new Uint8Array(SEED_LENGTH);
  new DataView(seed.buffer).setFloat64(0, nowMs);
  return seed;
}

function tablesOf(geo: SharedArrayBuffer | undefined): GeoTables {
  return geo === undefined ? NOWHERE : new GeoTables(geo);
}

function rcodeOf(outcome: number): number {
  if (outcome === Scanned.BADVERS) return Rcode.BADVERS;
  return outcome === Scanned.OTHER_OPCODE ? Rcode.NOTIMP : Rcode.FORMERR;
}
