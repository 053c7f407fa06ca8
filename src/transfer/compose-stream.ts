// A zone transfer as a stream of messages: RFC 5936 §2.2, RFC 1995 §4; compression as RFC 5936 §3.4 has it.
import { composeOptions, type Edns } from '../message/edns.ts';
import type { Question } from '../message/message.ts';
import { isCompressible, namesInRdata } from '../rdata/table.ts';
import { RRClass, RRType } from '../wire/iana.ts';
import { NoRoomError, WireWriter } from '../wire/writer.ts';
import type { RR } from '../zone/record.ts';
import { NameTable } from './name-table.ts';

/** What the messages of one response have in common. */
export interface StreamHead {
  /** The request's. */
  readonly id: number;
  readonly question: Question;
  /** RD of the request, which comes back as it was. */
  readonly recursionDesired: boolean;
  /** Goes into the first message (RFC 5936 §2.2.5). */
  readonly edns: Edns | undefined;
}

/** One message of a stream. */
export interface StreamMessage {
  /** Its own memory. */
  readonly octets: Uint8Array;
  /** How many records it answers with. */
  readonly records: number;
}

/**
 * Puts records into as few messages as hold them, each of at most `room` octets; the question stands in the first alone.
 * Messages are made as they are asked for, and `records` are read no farther than that. Names keep their case: they are
 * compressed onto names of equal case only. Throws {@link NoRoomError} for a record that no message can hold.
 */
export function* composeStream(
  head: StreamHead,
  records: Iterable<RR>,
  room: number,
): Iterable<StreamMessage> {
  const composer = new StreamComposer(head, Math.min(room, MAX_MESSAGE));
  for (const record of records) {
    if (composer.add(record)) continue;
    yield composer.take();
    if (composer.add(record)) continue;
    throw new NoRoomError(`a record of ${record.rdata.length} octets does not fit into ${room}`);
  }
  yield composer.take();
}

// --- one message after the other ---

/** A message over TCP has a 16-bit length (RFC 1035 §4.2.2). */
const MAX_MESSAGE = 65_535;
const HEADER = 12;
/** Type, class, TTL, RDLENGTH. */
const FIXED = 10;
/** A record is written whole and taken back if it is too long: the longest owner, with the longest RDATA. */
const SPILL = 255 + FIXED + 65_535;

/** QR and AA; opcode QUERY, RCODE NOERROR. */
const FLAGS = 0x8400;
const RECURSION_DESIRED = 0x0100;

class StreamComposer {
  readonly #head: StreamHead;
  readonly #limit: number;
  readonly #octets: Uint8Array;
  readonly #names: NameTable;
  readonly #opt: Uint8Array;
  #isFirst = true;
  #length = 0;
  #count = 0;
  /** Most records have the owner of the one before: where that stands, 0 for nowhere that a pointer reaches. */
  #owner: Uint8Array | undefined;
  #ownerAt = 0;

  constructor(head: StreamHead, limit: number) {
    this.#head = head;
    this.#limit = limit;
    this.#octets = new Uint8Array(limit + SPILL);
    this.#names = new NameTable(this.#octets);
    this.#opt = head.edns === undefined ? new Uint8Array(0) : composeOpt(head.edns);
    this.#begin();
  }

  /** Writes one record; when it does not fit, `false`, and the message is as it was: it must be taken. */
  add(record: RR): boolean {
    const start = this.#length;
    this.#write(record);
    if (this.#length <= this.#limit - (this.#isFirst ? this.#opt.length : 0)) {
      this.#count++;
      return true;
    }
    this.#length = start;
    return false;
  }

  /** The message as it is; begins the next. */
  take(): StreamMessage {
    const { id, recursionDesired } = this.#head;
    const octets = this.#octets;
    const isFirst = this.#isFirst;
    if (isFirst) this.#bytes(this.#opt);
    put16(octets, 0, id);
    put16(octets, 2, FLAGS | (recursionDesired ? RECURSION_DESIRED : 0));
    put16(octets, 4, isFirst ? 1 : 0);
    put16(octets, 6, this.#count);
    put16(octets, 8, 0);
    put16(octets, 10, isFirst && this.#opt.length > 0 ? 1 : 0);
    const message = { octets: octets.slice(0, this.#length), records: this.#count };
    this.#isFirst = false;
    this.#begin();
    return message;
  }

  #begin(): void {
    this.#names.clear();
    this.#length = HEADER;
    this.#count = 0;
    this.#owner = undefined;
    if (!this.#isFirst) return;
    const { name, type } = this.#head.question;
    this.#name(name);
    put16(this.#octets, this.#length, type);
    put16(this.#octets, this.#length + 2, RRClass.IN);
    this.#length += 4;
  }

  #write({ owner, type, ttl, rdata }: RR): void {
    const octets = this.#octets;
    if (owner === this.#owner && this.#ownerAt !== 0) {
      put16(octets, this.#length, 0xc000 | this.#ownerAt);
      this.#length += 2;
    } else {
      this.#owner = owner;
      this.#name(owner);
      this.#ownerAt = this.#names.lastAt;
    }
    const at = this.#length;
    put16(octets, at, type);
    put16(octets, at + 2, RRClass.IN);
    put16(octets, at + 4, ttl >>> 16);
    put16(octets, at + 6, ttl);
    this.#length = at + FIXED;
    if (isCompressible(type)) this.#compressed(type, rdata);
    else this.#bytes(rdata);
    put16(octets, at + 8, this.#length - at - FIXED);
  }

  #compressed(type: number, rdata: Uint8Array): void {
    let done = 0;
    for (const start of namesInRdata(type, rdata)) {
      this.#bytes(rdata.subarray(done, start));
      done = start;
      while ((rdata[done] ?? 0) !== 0) done += 1 + (rdata[done] ?? 0);
      done++;
      this.#name(rdata.subarray(start, done));
    }
    this.#bytes(rdata.subarray(done));
  }

  #name(name: Uint8Array): void {
    this.#length = this.#names.write(name, this.#length);
  }

  #bytes(octets: Uint8Array): void {
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
  }
}

// --- helpers ---

function put16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

/** RFC 6891 §6.1.2; RCODE NOERROR. */
function composeOpt(edns: Edns): Uint8Array {
  const writer = new WireWriter();
  writer.u8(0);
  writer.u16(RRType.OPT);
  writer.u16(edns.udpPayloadSize);
  writer.u16(edns.version);
  writer.u16(edns.dnssecOk ? 0x8000 : 0);
  const lengthAt = writer.length;
  writer.u16(0);
  composeOptions(writer, edns.options);
  writer.patchU16(lengthAt, writer.length - lengthAt - 2);
  return writer.finish();
}
