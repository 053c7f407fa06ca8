// Responses without records of a zone: what the control thread says of requests it refuses or has done.
import { composeMessage } from '../message/compose.ts';
import { composeExtendedError, type Option } from '../message/edns.ts';
import { type Message, NO_FLAGS } from '../message/message.ts';
import { HEADER_OCTETS } from '../message/query.ts';
import { ExtendedError, Rcode } from '../wire/iana.ts';
import { WireWriter } from '../wire/writer.ts';

/** What a response without records says. */
export interface Outcome {
  /** Twelve bits; above 15 only in reply to EDNS. */
  readonly rcode: number;
  /** For people: text of an Extended DNS Error, where the client sent EDNS and there is room. */
  readonly why?: string;
  readonly isAuthoritative?: boolean;
  /** EDNS options beside that. */
  readonly options?: readonly Option[];
}

/** Composes the response to a request, its question (the zone section of an UPDATE) echoed, at most `room` octets. */
export function composeReply(request: Message, outcome: Outcome, room: number): Uint8Array {
  const { rcode, why, isAuthoritative = false, options = [] } = outcome;
  const { id, opcode, questions, edns } = request;
  if (edns === undefined) return composePlainReply(request, rcode, isAuthoritative);
  const errors =
    why === undefined ? [] : [composeExtendedError({ infoCode: infoCodeOf(rcode), extraText: cut(why) })];
  const message: Message = {
    id,
    opcode,
    rcode,
    flags: { ...NO_FLAGS, qr: true, aa: isAuthoritative, rd: request.flags.rd },
    questions: questions.length === 1 ? questions : [],
    answers: [],
    authorities: [],
    additionals: [],
    edns: {
      udpPayloadSize: OFFERED_PAYLOAD,
      version: 0,
      dnssecOk: edns.dnssecOk,
      options: [...options, ...errors],
    },
    tsig: undefined,
  };
  const whole = composeMessage(message);
  if (whole.length <= room) return whole;
  return composeMessage({
    ...message,
    edns: { udpPayloadSize: OFFERED_PAYLOAD, version: 0, dnssecOk: edns.dnssecOk, options },
  });
}

/** The header alone, for requests that cannot be read (RFC 1035 §4.1.1); nothing for what has no header. */
export function composeHeaderReply(octets: Uint8Array, rcode: number): Uint8Array | undefined {
  if (octets.length < HEADER_OCTETS) return undefined;
  const reply = new Uint8Array(HEADER_OCTETS);
  reply.set(octets.subarray(0, 2));
  reply[2] = 0x80 | ((octets[2] ?? 0) & 0x79);
  reply[3] = rcode & 0xf;
  return reply;
}

// --- helpers ---

/** Header and question, of a response without EDNS: what most updates get. */
function composePlainReply(
  { id, opcode, questions, flags }: Message,
  rcode: number,
  isAuthoritative: boolean,
): Uint8Array {
  const question = questions.length === 1 ? questions[0] : undefined;
  const length = HEADER_OCTETS + (question === undefined ? 0 : question.name.length + 4);
  const writer = new WireWriter(length, length);
  writer.u16(id);
  writer.u8(0x80 | (opcode << 3) | (isAuthoritative ? 4 : 0) | (flags.rd ? 1 : 0));
  writer.u8(rcode & 0xf);
  writer.u16(question === undefined ? 0 : 1);
  writer.u16(0);
  writer.u32(0);
  if (question !== undefined) {
    writer.bytes(question.name);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  return writer.buffer; // full
}

/** As in docs: 1232 octets pass every path without fragments. */
const OFFERED_PAYLOAD = 1232;
/** Characters of a text that a client shows on a line or two. */
const MAX_TEXT = 400;

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}

function infoCodeOf(rcode: number): number {
  switch (rcode) {
    case Rcode.REFUSED:
      return ExtendedError.PROHIBITED;
    case Rcode.NOTAUTH:
      return ExtendedError.NOT_AUTHORITATIVE;
    default:
      return ExtendedError.OTHER;
  }
}
