// One request of ours on its way, and what each datagram that comes back is worth. RFC 5452 §9.1, RFC 8945 §5.4.
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import { composeMessage } from '../message/compose.ts';
import type { Message, Question } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import type { TsigKey } from '../message/tsig-key.ts';
import type { ReplyOutcome, TsigReplyVerifier } from '../message/tsig-reply.ts';
import { signRequest } from '../message/tsig-signer.ts';
import { MalformedMessageError } from '../wire/errors.ts';
import { Opcode, showRcode, TsigError } from '../wire/iana.ts';
import { equalNames } from '../wire/name.ts';
import { ExchangeError } from './errors.ts';

/** What octets that came back are worth. */
export type ReplyVerdict =
  | { readonly kind: 'reply'; readonly message: Message; readonly octets: Uint8Array }
  /** The answer is to be had over TCP. */
  | { readonly kind: 'truncated' }
  /** The other server says for certain that it does not accept the request. */
  | { readonly kind: 'failed'; readonly error: ExchangeError }
  /** Anybody may have sent it: over UDP wait for another, and say this when none comes. */
  | { readonly kind: 'doubtful'; readonly doubt: Doubt };

/** Why a reply is not believed. */
export interface Doubt {
  readonly error: ExchangeError;
  /** It looks like the server's own refusal of our signature: asking the same again is of no use. */
  readonly isRefusal: boolean;
}

/** One try of a request. Each try has an ID of its own, and a signature of its own. */
export class SentRequest {
  /** What goes out. */
  readonly octets: Uint8Array;
  readonly #id: number;
  readonly #request: Message;
  readonly #to: Endpoint;
  readonly #key: TsigKey | undefined;
  readonly #replies: TsigReplyVerifier | undefined;
  readonly #nowS: () => number;

  /** `request` under another ID, signed with `key` if there is one. Throws what `composeMessage` throws. */
  static compose(request: Message, id: number, to: Endpoint, key: TsigKey | undefined, nowS: () => number) {
    const octets = composeMessage({ ...request, id });
    const signed = key === undefined ? undefined : signRequest(octets, key, nowS());
    return new SentRequest(signed?.octets ?? octets, request, id, to, nowS, key, signed?.replies);
  }

  /** The octets of a request of somebody else's, under another ID and otherwise as they are. */
  static passOn(octets: Uint8Array, request: Message, id: number, to: Endpoint, nowS: () => number) {
    return new SentRequest(withId(octets, id), request, id, to, nowS, undefined, undefined);
  }

  private constructor(
    octets: Uint8Array,
    request: Message,
    id: number,
    to: Endpoint,
    nowS: () => number,
    key: TsigKey | undefined,
    replies: TsigReplyVerifier | undefined,
  ) {
    this.octets = octets;
    this.#request = request;
    this.#id = id;
    this.#to = to;
    this.#nowS = nowS;
    this.#key = key;
    this.#replies = replies;
  }

  judge(octets: Uint8Array): ReplyVerdict {
    try {
      const message = parseMessage(octets);
      const flaw = this.#flawOf(message);
      if (flaw !== undefined) return this.#doubt('malformed', flaw);
      // TC is believed from anybody: what TCP brings will be verified.
      if (message.flags.tc) return { kind: 'truncated' };
      if (this.#replies === undefined) return { kind: 'reply', message, octets };
      return this.#judgeSigned(this.#replies.verify(octets, message, this.#nowS()), message, octets);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      return this.#doubt('malformed', `sent what is no DNS message: ${messageOf(error)}`);
    }
  }

  #flawOf(message: Message): string | undefined {
    const { opcode, questions } = this.#request;
    if (message.id !== this.#id) return 'sent a reply with another ID than the request has';
    if (!message.flags.qr) return 'sent a request instead of a reply';
    if (message.opcode !== opcode) return `answered with opcode ${message.opcode} to opcode ${opcode}`;
    // Errors, and the replies to UPDATE and NOTIFY, may leave the question out (RFC 2136 §3.8).
    const mayBeEmpty = message.rcode !== 0 || opcode !== Opcode.QUERY;
    if (message.questions.length === 0 && mayBeEmpty) return undefined;
    return areEqual(message.questions, questions) ? undefined : 'answered another question than was asked';
  }

  #judgeSigned(outcome: ReplyOutcome, message: Message, octets: Uint8Array): ReplyVerdict {
    switch (outcome.kind) {
      case 'good':
        return { kind: 'reply', message, octets };
      case 'refused': {
        const error = this.#refusal(outcome);
        return outcome.isSigned
          ? { kind: 'failed', error }
          : { kind: 'doubtful', doubt: { error, isRefusal: true } };
      }
      case 'bad': {
        const isUnsigned = message.tsig === undefined;
        const rcode = message.rcode === 0 ? '' : ` (it says ${showRcode(message.rcode)})`;
        const error = new ExchangeError('signature', `${this.#where}: ${outcome.reason}${rcode}`);
        return { kind: 'doubtful', doubt: { error, isRefusal: isUnsigned && message.rcode !== 0 } };
      }
      case 'unsigned': // not of a first message
        return this.#doubt('signature', 'did not sign its reply');
      default:
        return outcome satisfies never;
    }
  }

  #refusal({ error, serverTime }: { readonly error: number; readonly serverTime: number | undefined }) {
    const key = `key ${this.#key}`;
    switch (error) {
      case TsigError.BADKEY:
        return new ExchangeError(
          'signature',
          `${this.#where} does not accept ${key} (BADKEY); does it have the key, for ${this.#key?.algorithm.word}, and may the key do this there?`,
        );
      case TsigError.BADSIG:
        return new ExchangeError('signature', `${this.#where} has another secret for ${key} (BADSIG)`);
      case TsigError.BADTIME: {
        const skewS = serverTime === undefined ? undefined : serverTime - Math.floor(this.#nowS());
        const message = `${this.#where} refuses the time of our signature (BADTIME)${showSkew(skewS)}`;
        return new ExchangeError('signature', message, skewS === undefined ? {} : { skewS });
      }
      case TsigError.BADTRUNC:
        return new ExchangeError(
          'signature',
          `${this.#where} wants a longer signature with ${key} (BADTRUNC)`,
        );
      default:
        return new ExchangeError(
          'signature',
          `${this.#where} refuses our signature with ${key} (TSIG error ${error})`,
        );
    }
  }

  #doubt(failure: 'malformed' | 'signature', what: string): ReplyVerdict {
    const error = new ExchangeError(failure, `${this.#where} ${what}`);
    return { kind: 'doubtful', doubt: { error, isRefusal: false } };
  }

  get #where(): string {
    return showEndpoint(this.#to);
  }
}

/** A copy of a message with another ID. */
export function withId(octets: Uint8Array, id: number): Uint8Array {
  const copy = new Uint8Array(octets);
  copy[0] = id >>> 8;
  copy[1] = id & 0xff;
  return copy;
}

// --- helpers ---

function areEqual(one: readonly Question[], other: readonly Question[]): boolean {
  if (one.length !== other.length) return false;
  return one.every((question, i) => {
    const match = other[i];
    if (match === undefined || question.type !== match.type || question.class !== match.class) return false;
    return equalNames(question.name, match.name);
  });
}

function showSkew(skewS: number | undefined): string {
  if (skewS === undefined) return '';
  const how = skewS < 0 ? 'behind' : 'ahead of';
  return `: its clock is ${Math.abs(skewS)} s ${how} ours; set one of them right`;
}
