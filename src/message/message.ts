import type { WireName } from '../wire/name.ts';
import type { Edns } from './edns.ts';

/** A whole DNS message as a value (RFC 1035 §4.1): what UPDATE, transfers, tools and tests work with. */
export interface Message {
  readonly id: number;
  /** Four bits: see `Opcode`. */
  readonly opcode: number;
  /** Twelve bits when the message carries EDNS, otherwise four: see `Rcode` (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly flags: MessageFlags;
  readonly questions: readonly Question[];
  readonly answers: readonly MessageRecord[];
  readonly authorities: readonly MessageRecord[];
  /** Without OPT and TSIG, which stand in {@link edns} and {@link tsig}. */
  readonly additionals: readonly MessageRecord[];
  readonly edns: Edns | undefined;
  readonly tsig: SignatureRecord | undefined;
}

/** The header's flags (RFC 1035 §4.1.1, RFC 4035 §3.2). The Z bit is sent as 0 and not looked at. */
export interface MessageFlags {
  /** A response. */
  readonly qr: boolean;
  /** Authoritative answer. */
  readonly aa: boolean;
  /** Truncated. */
  readonly tc: boolean;
  /** Recursion desired. */
  readonly rd: boolean;
  /** Recursion available. */
  readonly ra: boolean;
  /** Authentic data. */
  readonly ad: boolean;
  /** Checking disabled. */
  readonly cd: boolean;
}

/** One entry of the question section; the zone section of an UPDATE. Case is as it was sent. */
export interface Question {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
}

/** One record of a message; its class may be ANY or NONE (RFC 2136 §2.4, §2.5). Case is as it was sent. */
export interface MessageRecord {
  readonly owner: WireName;
  readonly type: number;
  readonly class: number;
  /** Seconds, 32 bits unsigned. */
  readonly ttl: number;
  /** Uncompressed wire form; empty where RDLENGTH is 0. */
  readonly rdata: Uint8Array;
}

/** The TSIG record that ends a signed message (RFC 8945 §5.1), not taken apart. */
export interface SignatureRecord extends MessageRecord {
  /** Where it begins in the octets it was parsed from: the signature covers what is before (RFC 8945 §4.3.3). */
  readonly offset: number;
}

/** No flag set. */
export const NO_FLAGS: MessageFlags = {
  qr: false,
  aa: false,
  tc: false,
  rd: false,
  ra: false,
  ad: false,
  cd: false,
};

/** A query for one name: what a test or a tool begins with. */
export function makeQuery(id: number, question: Question, rest: Partial<Message> = {}): Message {
  return {
    id,
    opcode: 0,
    rcode: 0,
    flags: NO_FLAGS,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
    tsig: undefined,
    ...rest,
  };
}
