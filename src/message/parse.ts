// Whole messages from octets. RFC 1035 §4.1, RFC 6891 §6.1, RFC 8945 §5.1, RFC 2136 §2.
import { isCompressible, parseRdata } from '../rdata/table.ts';
import { MalformedMessageError } from '../wire/errors.ts';
import { isMetaType, RRClass, RRType } from '../wire/iana.ts';
import { parseName } from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import { type Edns, parseOptions } from './edns.ts';
import type { Message, MessageFlags, MessageRecord, Question, SignatureRecord } from './message.ts';

/** How strict {@link parseMessage} is. */
export interface ParseOptions {
  /** Octets after the message are passed over instead of being an error. */
  readonly trailing?: boolean;
}

/**
 * Reads one whole message. Any error in any part of it throws {@link MalformedMessageError}: there are no half
 * messages. Shares no memory with `octets`.
 */
export function parseMessage(octets: Uint8Array, options: ParseOptions = {}): Message {
  const reader = new WireReader(octets);
  const id = reader.u16();
  const bits = reader.u16();
  const counts = {
    question: reader.u16(),
    answer: reader.u16(),
    authority: reader.u16(),
    additional: reader.u16(),
  };
  const questions: Question[] = [];
  for (let i = 0; i < counts.question; i++) questions.push(parseQuestion(reader));
  const answers = parseSection(reader, counts.answer);
  const authorities = parseSection(reader, counts.authority);
  const additional = parseAdditional(reader, counts.additional);
  if (reader.remaining > 0 && options.trailing !== true) {
    throw new MalformedMessageError(`${reader.remaining} octets after the message`, reader.offset);
  }
  return {
    id,
    opcode: (bits >>> 11) & 0xf,
    rcode: (additional.upperRcode << 4) | (bits & 0xf),
    flags: flagsOf(bits),
    questions,
    answers,
    authorities,
    additionals: additional.records,
    edns: additional.edns,
    tsig: additional.tsig,
  };
}

// --- sections ---

function parseQuestion(reader: WireReader): Question {
  return { name: parseName(reader), type: reader.u16(), class: reader.u16() };
}

function parseSection(reader: WireReader, count: number): readonly MessageRecord[] {
  const records: MessageRecord[] = [];
  for (let i = 0; i < count; i++) {
    const start = reader.offset;
    const head = parseHead(reader);
    if (head.type === RRType.OPT || head.type === RRType.TSIG) {
      throw new MalformedMessageError('OPT or TSIG outside the additional section', start);
    }
    records.push(parseBody(reader, head));
  }
  return records;
}

interface Additional {
  readonly records: readonly MessageRecord[];
  readonly edns: Edns | undefined;
  readonly upperRcode: number;
  readonly tsig: SignatureRecord | undefined;
}

function parseAdditional(reader: WireReader, count: number): Additional {
  const records: MessageRecord[] = [];
  let edns: Edns | undefined;
  let upperRcode = 0;
  let tsig: SignatureRecord | undefined;
  for (let i = 0; i < count; i++) {
    const offset = reader.offset;
    const head = parseHead(reader);
    if (head.type === RRType.OPT) {
      // RFC 6891 §6.1.1: one OPT, owned by the root.
      if (edns !== undefined) throw new MalformedMessageError('a second OPT record', offset);
      if (head.owner.length !== 1) throw new MalformedMessageError('OPT record with an owner', offset);
      edns = {
        udpPayloadSize: head.class,
        version: Math.floor(head.ttl / 0x10000) & 0xff,
        dnssecOk: (head.ttl & 0x8000) !== 0,
        options: parseOptions(reader.part(head.length)),
      };
      upperRcode = Math.floor(head.ttl / 0x1000000);
    } else if (head.type === RRType.TSIG) {
      // RFC 8945 §5.1: one TSIG, and it is the last record.
      if (i !== count - 1) throw new MalformedMessageError('TSIG record that is not the last', offset);
      tsig = { ...parseBody(reader, head), offset };
    } else {
      records.push(parseBody(reader, head));
    }
  }
  return { records, edns, upperRcode, tsig };
}

// --- records ---

interface RecordHead {
  readonly owner: MessageRecord['owner'];
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** RDLENGTH. */
  readonly length: number;
}

function parseHead(reader: WireReader): RecordHead {
  const owner = parseName(reader);
  return { owner, type: reader.u16(), class: reader.u16(), ttl: reader.u32(), length: reader.u16() };
}

function parseBody(reader: WireReader, head: RecordHead): MessageRecord {
  const { owner, type, class: rrClass, ttl, length } = head;
  return { owner, type, class: rrClass, ttl, rdata: parseBodyRdata(reader, type, rrClass, length) };
}

function parseBodyRdata(reader: WireReader, type: number, rrClass: number, length: number): Uint8Array {
  // RFC 2136 §2.4, §2.5: classes ANY and NONE say "no data" with RDLENGTH 0, for any type.
  if (length === 0 && (rrClass === RRClass.ANY || rrClass === RRClass.NONE)) return new Uint8Array(0);
  const known = rrClass === RRClass.IN || rrClass === RRClass.ANY || rrClass === RRClass.NONE;
  // RFC 3597 §4: other classes give most types a meaning of their own, but never to the compressible ones.
  if (isMetaType(type) || !(known || isCompressible(type))) return reader.take(length).slice();
  return parseRdata(type, reader, length);
}

// --- header ---

function flagsOf(bits: number): MessageFlags {
  return {
    qr: (bits & 0x8000) !== 0,
    aa: (bits & 0x0400) !== 0,
    tc: (bits & 0x0200) !== 0,
    rd: (bits & 0x0100) !== 0,
    ra: (bits & 0x0080) !== 0,
    ad: (bits & 0x0020) !== 0,
    cd: (bits & 0x0010) !== 0,
  };
}
