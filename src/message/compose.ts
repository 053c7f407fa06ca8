// Whole messages to octets. RFC 1035 §4.1, RFC 6891 §6.1.
import { latin1 } from '../base/latin1.ts';
import { isCompressible, namesInRdata } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { ROOT } from '../wire/name.ts';
import { WireWriter } from '../wire/writer.ts';
import { composeOptions, type Edns } from './edns.ts';
import { UnwritableMessageError } from './errors.ts';
import type { Message, MessageFlags, MessageRecord } from './message.ts';

/** How {@link composeMessage} writes. */
export interface ComposeOptions {
  /** The largest result, in octets; 65535 unless it is less. */
  readonly limit?: number;
  /** Whether names are compressed; default true. Nothing else differs. */
  readonly compress?: boolean;
}

/**
 * Writes one whole message: additional records first, then OPT, then TSIG. Names are compressed onto names of
 * equal case only, so that parsing gives back the same value. Throws {@link NoRoomError} beyond the limit and
 * {@link UnwritableMessageError} for counts, lengths and RCODEs the format has no room for.
 */
export function composeMessage(message: Message, options: ComposeOptions = {}): Uint8Array {
  const writer = new MessageWriter(
    Math.min(options.limit ?? MAX_LENGTH, MAX_LENGTH),
    options.compress ?? true,
  );
  const { edns, tsig } = message;
  if (message.rcode > 0xfff || (message.rcode > 0xf && edns === undefined)) {
    throw new UnwritableMessageError(`RCODE ${message.rcode} without EDNS to carry it`);
  }
  const additionalCount =
    message.additionals.length + (edns === undefined ? 0 : 1) + (tsig === undefined ? 0 : 1);
  writer.u16(message.id);
  writer.u16(bitsOf(message.flags) | (message.opcode << 11) | (message.rcode & 0xf));
  writer.count(message.questions.length);
  writer.count(message.answers.length);
  writer.count(message.authorities.length);
  writer.count(additionalCount);
  for (const question of message.questions) {
    writer.name(question.name);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  for (const record of message.answers) writer.record(record);
  for (const record of message.authorities) writer.record(record);
  for (const record of message.additionals) writer.record(record);
  if (edns !== undefined) writer.opt(edns, message.rcode >>> 4);
  if (tsig !== undefined) writer.plainRecord(tsig);
  return writer.finish();
}

function bitsOf(flags: MessageFlags): number {
  return (
    (flags.qr ? 0x8000 : 0) |
    (flags.aa ? 0x0400 : 0) |
    (flags.tc ? 0x0200 : 0) |
    (flags.rd ? 0x0100 : 0) |
    (flags.ra ? 0x0080 : 0) |
    (flags.ad ? 0x0020 : 0) |
    (flags.cd ? 0x0010 : 0)
  );
}

/** A message over TCP has a 16-bit length (RFC 1035 §4.2.2). */
const MAX_LENGTH = 65_535;

/** Compression pointers have 14 bits (RFC 1035 §4.1.4). */
const MAX_POINTER = 0x3fff;

/** A writer that remembers where names stand. */
class MessageWriter extends WireWriter {
  /** Offset by name, case kept, as Latin-1 text; `undefined` when nothing is compressed. */
  readonly #offsets: Map<string, number> | undefined;

  constructor(limit: number, compress: boolean) {
    super(limit);
    this.#offsets = compress ? new Map() : undefined;
  }

  count(value: number): void {
    if (value > 0xffff) throw new UnwritableMessageError(`${value} records in one section`);
    this.u16(value);
  }

  /** Writes a name, as a pointer from the first label on that already stands somewhere. */
  name(name: Uint8Array): void {
    const text = this.#offsets === undefined ? '' : latin1(name);
    let at = 0;
    for (let size = name[0] ?? 0; size !== 0; size = name[at] ?? 0) {
      const suffix = text.slice(at);
      const target = this.#offsets?.get(suffix);
      if (target !== undefined) {
        this.u16(0xc000 | target);
        return;
      }
      if (this.length <= MAX_POINTER) this.#offsets?.set(suffix, this.length);
      this.bytes(name.subarray(at, at + 1 + size));
      at += 1 + size;
    }
    this.u8(0);
  }

  record(record: MessageRecord): void {
    this.name(record.owner);
    const lengthAt = this.#fixed(record);
    // RDATA of meta types, and none at all, has no names in it.
    if (record.rdata.length === 0 || !isCompressible(record.type)) this.bytes(record.rdata);
    else this.#compressed(record);
    this.#patchLength(lengthAt);
  }

  /** A record in which nothing is compressed: RFC 8945 §4.2 wants TSIG so. */
  plainRecord(record: MessageRecord): void {
    this.bytes(record.owner);
    const lengthAt = this.#fixed(record);
    this.bytes(record.rdata);
    this.#patchLength(lengthAt);
  }

  opt(edns: Edns, upperRcode: number): void {
    this.bytes(ROOT);
    this.u16(RRType.OPT);
    this.u16(edns.udpPayloadSize);
    this.u8(upperRcode);
    this.u8(edns.version);
    this.u16(edns.dnssecOk ? 0x8000 : 0);
    const lengthAt = this.length;
    this.u16(0);
    composeOptions(this, edns.options);
    this.#patchLength(lengthAt);
  }

  /** Everything between owner and RDATA; returns where RDLENGTH stands. */
  #fixed(record: MessageRecord): number {
    this.u16(record.type);
    this.u16(record.class);
    this.u32(record.ttl);
    this.u16(0);
    return this.length - 2;
  }

  #compressed(record: MessageRecord): void {
    const { rdata } = record;
    let done = 0;
    for (const at of namesInRdata(record.type, rdata)) {
      this.bytes(rdata.subarray(done, at));
      const end = endOfName(rdata, at);
      this.name(rdata.subarray(at, end));
      done = end;
    }
    this.bytes(rdata.subarray(done));
  }

  #patchLength(lengthAt: number): void {
    const length = this.length - lengthAt - 2;
    if (length > 0xffff) throw new UnwritableMessageError(`${length} octets of RDATA`);
    this.patchU16(lengthAt, length);
  }
}

function endOfName(octets: Uint8Array, start: number): number {
  let at = start;
  while ((octets[at] ?? 0) !== 0) at += 1 + (octets[at] ?? 0);
  return at + 1;
}
