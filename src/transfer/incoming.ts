// The client's side of AXFR (RFC 5936) and IXFR (RFC 1995): what the messages of an answer add up to.
import { messageOf } from '../base/errors.ts';
import { findOption, parseExtendedError } from '../message/edns.ts';
import type { Message, MessageRecord, Question } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import type { ReplyOutcome, TsigReplyVerifier } from '../message/tsig-reply.ts';
import { showType } from '../rdata/table.ts';
import { MalformedMessageError } from '../wire/errors.ts';
import { EdnsOption, isMetaType, Opcode, RRClass, RRType, showRcode, TsigError } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName, isSubdomain, showName } from '../wire/name.ts';
import type { RR } from '../zone/record.ts';
import { IncomingTransferError, type TransferFlaw } from './incoming-error.ts';
import { type IncomingTransfer, RecordReader } from './incoming-records.ts';

/** What was asked for, and how much of it is taken. */
export interface AskedTransfer {
  readonly apex: DomainName;
  /** The serial that is here, for IXFR; `undefined` asks for the whole zone (AXFR). */
  readonly serial: number | undefined;
  /** The ID of the request. */
  readonly id: number;
  /** Octets of all messages together. */
  readonly maxOctets: number;
  /** Verifies the messages when the request was signed. */
  readonly verifier: TsigReplyVerifier | undefined;
  /** Takes each record of a whole zone as it comes, its SOA first and once. What it got is void until the end. */
  onRecord(rr: RR): void;
}

/**
 * Reads the answer to one AXFR or IXFR, message by message, and checks it: each signed as it must be, all about this
 * zone, in class IN, beginning and ending with the same SOA, leading forward without a gap. Whatever is wrong throws
 * {@link IncomingTransferError}; then nothing of it is to be used.
 */
export class TransferReader {
  readonly #asked: AskedTransfer;
  #octets = 0;
  #messages = 0;
  readonly #records: RecordReader;

  constructor(asked: AskedTransfer) {
    this.#asked = asked;
    this.#records = new RecordReader(
      asked.serial,
      (rr) => asked.onRecord(rr),
      (what) => this.#flaw('malformed', what),
    );
  }

  /** What has come, once it is whole. */
  get result(): IncomingTransfer | undefined {
    return this.#records.result;
  }

  /** Records so far. */
  get records(): number {
    return this.#records.count;
  }

  /** Takes the next message over TCP; `nowS` is seconds since 1970. Returns whether that was the last one. */
  take(octets: Uint8Array, nowS: number): boolean {
    let message: Message;
    try {
      message = parseMessage(octets);
      this.#verify(octets, message, nowS);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      throw this.#flaw('malformed', `is no DNS message: ${messageOf(error)}`, error);
    }
    const isLast = this.takeMessage(message, octets.length);
    if (isLast && this.#asked.verifier?.isComplete === false) {
      throw this.#flaw('signature', 'is the last one and not signed (RFC 8945 §5.3.1)');
    }
    return isLast;
  }

  /** As {@link take}, for a message whose signature has been verified already; `length` in octets. */
  takeMessage(message: Message, length: number): boolean {
    this.#messages++;
    this.#octets += length;
    const { maxOctets } = this.#asked;
    if (this.#octets > maxOctets) {
      const most = maxOctets >= MIB ? `${Math.floor(maxOctets / MIB)} MiB` : `${maxOctets} octets`;
      throw new IncomingTransferError(
        'too-large',
        `the transfer is larger than ${most}, which is the most that is taken`,
      );
    }
    this.#checkHead(message);
    if (message.answers.length === 0) throw this.#flaw('malformed', 'has no records');
    for (const record of message.answers) this.#takeRecord(record);
    return this.result !== undefined;
  }

  // --- a message ---

  #verify(octets: Uint8Array, message: Message, nowS: number): void {
    const { verifier } = this.#asked;
    if (verifier === undefined) return;
    const outcome = verifier.verify(octets, message, nowS);
    if (outcome.kind === 'good' || outcome.kind === 'unsigned') return;
    const says = message.rcode === 0 ? '' : ` (it says ${showRcode(message.rcode)}${textOf(message)})`;
    throw new IncomingTransferError('signature', `${sayOutcome(outcome)}${says}`);
  }

  #checkHead(message: Message): void {
    const { id, flags, opcode, rcode, questions } = message;
    if (id !== this.#asked.id) throw this.#flaw('malformed', 'has another ID than the request');
    if (!flags.qr || opcode !== Opcode.QUERY) throw this.#flaw('malformed', 'is no answer to a query');
    if (rcode !== 0) {
      const what = this.#asked.serial === undefined ? 'AXFR' : 'IXFR';
      throw new IncomingTransferError(
        'refused',
        `${what} is answered with ${showRcode(rcode)}${textOf(message)}`,
      );
    }
    if (flags.tc) throw this.#flaw('malformed', 'is truncated');
    // RFC 5936 §2.2.1: later messages may leave the question out.
    const isSilent = questions.length === 0 && this.#messages > 1;
    if (!isSilent && !(questions.length <= 1 && questions.every((question) => this.#isAsked(question)))) {
      throw this.#flaw('malformed', 'answers another question than was asked');
    }
  }

  #isAsked({ name, type, class: rrClass }: Question): boolean {
    const { apex, serial } = this.#asked;
    const wanted = serial === undefined ? RRType.AXFR : RRType.IXFR;
    return type === wanted && rrClass === RRClass.IN && equalNames(name, apex);
  }

  // --- a record ---

  #takeRecord(record: MessageRecord): void {
    const { apex } = this.#asked;
    const { type, class: rrClass, ttl, rdata } = record;
    const owner = foldName(record.owner);
    const what = `${showName(owner)} ${showType(type)}`;
    if (rrClass !== RRClass.IN)
      throw this.#flaw('malformed', `has ${what} in class ${rrClass} instead of IN`);
    if (isMetaType(type)) throw this.#flaw('malformed', `has ${what}, which is no data`);
    if (!isSubdomain(owner, apex)) throw this.#flaw('malformed', `has ${what}, which is not in the zone`);
    const isApex = owner.length === apex.length;
    if (type === RRType.SOA && !isApex) throw this.#flaw('malformed', `has ${what} below the apex`);
    this.#records.take({ owner, type, ttl, rdata });
  }

  #flaw(flaw: TransferFlaw, what: string, cause?: unknown): IncomingTransferError {
    return new IncomingTransferError(flaw, `message ${this.#messages} of the transfer ${what}`, { cause });
  }
}

// --- helpers ---

const MIB = 1 << 20;
/** Characters of another server's text that are passed on. */
const MAX_TEXT = 200;

/** The text of an extended error (RFC 8914), when there is one. */
function textOf({ edns }: Message): string {
  const option = findOption(edns, EdnsOption.EXTENDED_ERROR);
  if (option === undefined || option.data.length < 2) return '';
  const { extraText } = parseExtendedError(option.data);
  return extraText === '' ? '' : `: ${extraText.slice(0, MAX_TEXT)}`;
}

function sayOutcome(outcome: Exclude<ReplyOutcome, { kind: 'good' | 'unsigned' }>): string {
  if (outcome.kind === 'bad') return outcome.reason;
  switch (outcome.error) {
    case TsigError.BADKEY:
      return 'the primary does not know the key, or has it for another algorithm (BADKEY)';
    case TsigError.BADSIG:
      return 'the primary has another secret for the key (BADSIG)';
    case TsigError.BADTIME:
      return 'the primary refuses the time of our signature (BADTIME): are both clocks right?';
    default:
      return `the primary refuses our signature (TSIG error ${outcome.error})`;
  }
}
