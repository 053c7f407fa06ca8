// The client's side of AXFR (RFC 5936) and IXFR (RFC 1995): what the messages of an answer add up to.
import { messageOf } from '../base/errors.ts';
import { findOption, parseExtendedError } from '../message/edns.ts';
import type { Message, MessageRecord, Question } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import type { ReplyOutcome, TsigReplyVerifier } from '../message/tsig-reply.ts';
import { canonicalRdata, showType } from '../rdata/table.ts';
import { MalformedMessageError } from '../wire/errors.ts';
import { EdnsOption, isMetaType, Opcode, RRClass, RRType, showRcode, TsigError } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName, isSubdomain, showName } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import type { RR } from '../zone/record.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';
import { IncomingTransferError, type TransferFlaw } from './incoming-error.ts';

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

/** What a transfer that came to its end was. */
export type IncomingTransfer =
  /** The primary has nothing newer; `soa` is what it has. */
  | { readonly kind: 'current'; readonly soa: RR }
  /** The whole zone, which `onRecord` got. */
  | { readonly kind: 'whole'; readonly soa: RR; readonly records: number }
  /** Differences from the serial that is here to the one of `soa`, each leading on from the one before. */
  | { readonly kind: 'steps'; readonly soa: RR; readonly steps: readonly ZoneStep[] };

/** Differences are kept in memory as they come: with more records than this, the whole zone is the better answer. */
export const MAX_STEP_RECORDS = 500_000;

/**
 * Reads the answer to one AXFR or IXFR, message by message, and checks it: each signed as it must be, all about this
 * zone, in class IN, beginning and ending with the same SOA, leading forward without a gap. Whatever is wrong throws
 * {@link IncomingTransferError}; then nothing of it is to be used.
 *
 * ```text
 *   SOA ─┬─ not ahead of ours (IXFR) ─────────────────────────────────► current
 *        ├─ other record ─► … records … ─► the same SOA ──────────────► whole
 *        └─ our SOA (IXFR) ─► … removed … ─► later SOA ─► … added … ─┬─► the first SOA ─► steps
 *                 ▲                                                  │
 *                 └──────────────── that later SOA ◄─────────────────┘
 * ```
 */
export class TransferReader {
  readonly #asked: AskedTransfer;
  #octets = 0;
  #messages = 0;
  #records = 0;
  #stage: 'begin' | 'second' | 'whole' | 'removing' | 'adding' | 'done' = 'begin';
  #soa: RR | undefined;
  readonly #steps: ZoneStep[] = [];
  #step: StepDraft | undefined;
  #result: IncomingTransfer | undefined;

  constructor(asked: AskedTransfer) {
    this.#asked = asked;
  }

  /** What has come, once it is whole. */
  get result(): IncomingTransfer | undefined {
    return this.#result;
  }

  /** Records so far. */
  get records(): number {
    return this.#records;
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
    return this.#result !== undefined;
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
    this.#records++;
    this.#place({ owner, type, ttl, rdata });
  }

  #place(rr: RR): void {
    switch (this.#stage) {
      case 'begin':
        this.#begin(rr);
        break;
      case 'second':
        this.#second(rr);
        break;
      case 'whole':
        this.#whole(rr);
        break;
      case 'removing':
        this.#removing(rr);
        break;
      case 'adding':
        this.#adding(rr);
        break;
      case 'done':
        throw this.#flaw('malformed', `has ${show(rr)} after the end of the transfer`);
      default:
        this.#stage satisfies never;
    }
  }

  #begin(rr: RR): void {
    if (rr.type !== RRType.SOA) throw this.#flaw('malformed', `begins with ${show(rr)} instead of the SOA`);
    const { serial } = this.#asked;
    this.#soa = rr;
    if (serial === undefined) {
      this.#stage = 'whole';
      this.#asked.onRecord(rr);
    } else if (isSerialAhead(soaSerial(rr.rdata), serial)) this.#stage = 'second';
    else this.#finish({ kind: 'current', soa: rr });
  }

  /** RFC 1995 §4: after the first SOA the second record says whether these are differences. */
  #second(rr: RR): void {
    const soa = this.#soa ?? rr;
    if (rr.type === RRType.SOA && soaSerial(rr.rdata) === this.#asked.serial) {
      this.#beginStep(rr);
      return;
    }
    if (rr.type === RRType.SOA && soaSerial(rr.rdata) !== soaSerial(soa.rdata)) {
      const [there, here] = [soaSerial(rr.rdata), this.#asked.serial];
      throw new IncomingTransferError(
        'serial',
        `the differences begin at serial ${there}, and ${here} is here`,
      );
    }
    this.#stage = 'whole';
    this.#asked.onRecord(soa);
    this.#whole(rr);
  }

  #whole(rr: RR): void {
    if (rr.type !== RRType.SOA) this.#asked.onRecord(rr);
    else this.#finish({ kind: 'whole', soa: this.#expectFirst(rr), records: this.#records - 1 });
  }

  // --- differences ---

  #beginStep(rr: RR): void {
    this.#step = { soa: rr, removed: [rr], added: [] };
    this.#stage = 'removing';
  }

  #removing(rr: RR): void {
    const step = this.#openStep();
    if (rr.type !== RRType.SOA) {
      this.#keep(step.removed, rr);
      return;
    }
    const [from, to] = [soaSerial(step.soa.rdata), soaSerial(rr.rdata)];
    if (!isSerialAhead(to, from)) {
      throw new IncomingTransferError(
        'serial',
        `a difference goes from serial ${from} to ${to}, which is not ahead`,
      );
    }
    step.added.push(rr);
    this.#stage = 'adding';
  }

  #adding(rr: RR): void {
    const step = this.#openStep();
    if (rr.type !== RRType.SOA) {
      this.#keep(step.added, rr);
      return;
    }
    const last = step.added[0] ?? rr;
    const [serialFrom, serialTo] = [soaSerial(step.soa.rdata), soaSerial(last.rdata)];
    const [next, newest] = [soaSerial(rr.rdata), soaSerial((this.#soa ?? rr).rdata)];
    if (next !== serialTo) {
      throw new IncomingTransferError(
        'serial',
        `the difference after serial ${serialTo} begins at serial ${next}`,
      );
    }
    this.#steps.push({ serialFrom, serialTo, removed: step.removed, added: step.added });
    if (serialTo !== newest) {
      this.#beginStep(rr);
      return;
    }
    const soa = this.#expectFirst(rr);
    this.#expectFirst(last);
    this.#finish({ kind: 'steps', soa, steps: this.#steps });
  }

  #openStep(): StepDraft {
    if (this.#step === undefined) throw this.#flaw('malformed', 'has a difference without a beginning');
    return this.#step;
  }

  #keep(list: RR[], rr: RR): void {
    if (this.#records > MAX_STEP_RECORDS) {
      const message = `the differences have more than ${MAX_STEP_RECORDS} records; the whole zone is asked for instead`;
      throw new IncomingTransferError('too-large', message);
    }
    list.push(rr);
  }

  // --- the end ---

  #finish(result: IncomingTransfer): void {
    this.#stage = 'done';
    this.#result = result;
  }

  /** The SOA that the transfer began with, when `rr` is the same. */
  #expectFirst(rr: RR): RR {
    const soa = this.#soa ?? rr;
    if (isSameSoa(soa.rdata, rr.rdata)) return soa;
    const serials = `${soaSerial(soa.rdata)} and ${soaSerial(rr.rdata)}`;
    throw new IncomingTransferError(
      'malformed',
      `the transfer ends with another SOA than it began with (serials ${serials})`,
    );
  }

  #flaw(flaw: TransferFlaw, what: string, cause?: unknown): IncomingTransferError {
    return new IncomingTransferError(flaw, `message ${this.#messages} of the transfer ${what}`, { cause });
  }
}

// --- helpers ---

const MIB = 1 << 20;
/** Characters of another server's text that are passed on. */
const MAX_TEXT = 200;

interface StepDraft {
  readonly soa: RR;
  readonly removed: RR[];
  readonly added: RR[];
}

function show({ owner, type }: RR): string {
  return `${showName(owner)} ${showType(type)}`;
}

/** Of two SOA RDATA, in whose names case does not matter. */
function isSameSoa(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [canonicalRdata(RRType.SOA, a), canonicalRdata(RRType.SOA, b)];
  return one.length === other.length && one.every((octet, i) => octet === other[i]);
}

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
