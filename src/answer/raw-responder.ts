import type { Peer } from '../base/peer.ts';
import { composeMessage } from '../message/compose.ts';
import { CookieJar } from '../message/cookie.ts';
import { UnwritableMessageError } from '../message/errors.ts';
import { type Message, type MessageFlags, NO_FLAGS } from '../message/message.ts';
import { HEADER_OCTETS, QueryScanner, Scanned } from '../message/query.ts';
import { ExtendedError, isMetaType, RRClass, RRType } from '../wire/iana.ts';
import { parseName } from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import { NoRoomError } from '../wire/writer.ts';
import { OPTION_HEAD, OptWriter, type PreparedError, prepareError } from './opt.ts';
import type { ResponderOptions } from './respond.ts';
import { QUESTION_NAME } from './response.ts';
import {
  answerStored,
  type FindAnsweringZone,
  type ResponsePart,
  type StoredAnswer,
} from './stored-answer.ts';

/** The largest message without EDNS over UDP (RFC 1035 §4.2.1). */
const PLAIN_PAYLOAD = 512;
const MAX_MESSAGE = 65_535;
/** Octets. As the responder that answers everybody does. */
const MAX_NSID_LENGTH = 128;

/**
 * Answers queries of those who get the raw view (STEERING.md §8), from the zones' stored records. For editors and
 * tools: it takes its time, makes objects, and says in an Extended DNS Error what kind of answer it is.
 */
export class RawResponder {
  readonly #scanner = new QueryScanner();
  readonly #opt: OptWriter;
  readonly #maxPayload: number;
  readonly #nowMs: () => number;

  constructor(options: ResponderOptions, nowMs: () => number) {
    const cookies = options.cookieSecrets === undefined ? undefined : new CookieJar(options.cookieSecrets);
    const nsid = new TextEncoder().encode(options.nsid).subarray(0, MAX_NSID_LENGTH);
    this.#opt = new OptWriter(options.maxPayload, nsid, cookies);
    this.#maxPayload = options.maxPayload;
    this.#nowMs = nowMs;
  }

  /**
   * The response to `query`, at most `room` octets; `query` is without its TSIG. `undefined` when it is for the
   * responder that answers everybody: not well-formed, not of class IN, of a type that no zone holds, or about a name
   * for which `findZone` has no zone.
   */
  answer(query: Uint8Array, findZone: FindAnsweringZone, room: number, peer: Peer): Uint8Array | undefined {
    const scanner = this.#scanner;
    if (scanner.scan(query, 0, query.length) !== Scanned.QUERY) return undefined;
    const { qtype, qclass } = scanner;
    if (qclass !== RRClass.IN || (isMetaType(qtype) && qtype !== RRType.ANY)) return undefined;
    const name = parseName(new WireReader(query, QUESTION_NAME));
    const nowSeconds = Math.floor(this.#nowMs() / 1000);
    const said = answerStored(name, qtype, findZone, nowSeconds);
    if (said === undefined) return undefined;

    const payload = scanner.hasEdns ? Math.min(scanner.udpPayloadSize, this.#maxPayload) : PLAIN_PAYLOAD;
    const largest = Math.min(room, peer.overTcp ? MAX_MESSAGE : payload);
    const limit = largest - this.#opt.lengthFor(scanner);
    const head = headOf(query, { name, type: qtype, class: qclass }, said);
    const note = scanner.hasEdns ? prepareError(ExtendedError.OTHER, said.note) : undefined;
    if (note === undefined) return composeWithin(head, said.parts, limit).octets;
    // The note is worth more than what only helps, and less than what was asked for.
    const beside = composeWithin(head, said.parts, limit - OPTION_HEAD - note.length);
    const response = beside.isTruncated ? composeWithin(head, said.parts, limit) : beside;
    return this.#withOpt(response.octets, largest, peer, nowSeconds, note);
  }

  #withOpt(
    message: Uint8Array,
    largest: number,
    peer: Peer,
    nowSeconds: number,
    note: PreparedError,
  ): Uint8Array {
    const length = message.length + this.#opt.lengthFor(this.#scanner);
    if (length > largest) return message;
    const octets = new Uint8Array(Math.min(length + OPTION_HEAD + note.length, largest));
    octets.set(message);
    const end = this.#opt.write(
      octets,
      message.length,
      octets.length,
      this.#scanner,
      peer,
      nowSeconds,
      0,
      0,
      note,
    );
    const view = new DataView(octets.buffer);
    view.setUint16(ARCOUNT_AT, view.getUint16(ARCOUNT_AT) + 1);
    return octets.subarray(0, end);
  }
}

/**
 * Writes as many parts behind the question as fit into `limit` octets, from the first on. TC is set when one that is
 * needed is not among them; what comes after it is then left out, too.
 */
export function composeWithin(
  head: Message,
  parts: readonly ResponsePart[],
  limit: number,
): { readonly octets: Uint8Array; readonly isTruncated: boolean } {
  const compose = (count: number) => composeParts(head, parts, count, limit);
  let octets = compose(parts.length);
  let fitting = parts.length;
  if (octets === undefined) {
    let tooMany = parts.length; // compose(tooMany) does not fit, compose(fitting) does, or is nothing at all
    fitting = 0;
    octets = compose(0);
    while (octets !== undefined && tooMany - fitting > 1) {
      const middle = (fitting + tooMany) >> 1;
      const tried = compose(middle);
      if (tried === undefined) tooMany = middle;
      else [fitting, octets] = [middle, tried];
    }
  }
  // A header fits in everything that is sent at all.
  const bare = { ...head, questions: [], flags: { ...head.flags, tc: true } };
  const isTruncated = octets === undefined || isCut(parts, fitting);
  return { octets: octets ?? composeMessage(bare), isTruncated };
}

// --- helpers ---

/** Where ARCOUNT stands in a message. */
const ARCOUNT_AT = 10;

function isCut(parts: readonly ResponsePart[], count: number): boolean {
  return parts.slice(count).some(({ isNeeded }) => isNeeded);
}

/** `undefined` when it does not fit. */
function composeParts(
  head: Message,
  parts: readonly ResponsePart[],
  count: number,
  limit: number,
): Uint8Array | undefined {
  if (limit < HEADER_OCTETS) return undefined;
  const some = parts.slice(0, count);
  const section = (wanted: ResponsePart['section']) =>
    some.filter((part) => part.section === wanted).flatMap(({ records }) => records);
  const message = {
    ...head,
    flags: { ...head.flags, tc: isCut(parts, count) },
    answers: section('answer'),
    authorities: section('authority'),
    additionals: section('additional'),
  };
  try {
    return composeMessage(message, { limit });
  } catch (error) {
    if (error instanceof NoRoomError || error instanceof UnwritableMessageError) return undefined;
    throw error;
  }
}

/** The response without records: ID, RD and question as asked. */
function headOf(query: Uint8Array, question: Message['questions'][number], said: StoredAnswer): Message {
  const flags: MessageFlags = {
    ...NO_FLAGS,
    qr: true,
    aa: said.isAuthoritative,
    rd: ((query[2] ?? 0) & 0x01) !== 0,
  };
  return {
    id: ((query[0] ?? 0) << 8) | (query[1] ?? 0),
    opcode: 0,
    rcode: said.rcode,
    flags,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
    tsig: undefined,
  };
}
