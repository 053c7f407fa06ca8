// What a DNS probe expects of an answer, and whether it got it.

import type { Message } from '../../message/message.ts';
import { canonicalRdata, scanRdata, scanType, showRdata, showType } from '../../rdata/table.ts';
import { Words } from '../../rdata/words.ts';
import { PresentationError } from '../../wire/errors.ts';
import { Rcode, RRClass, RRType, showRcode } from '../../wire/iana.ts';
import { ROOT } from '../../wire/name.ts';
import { EntryLexer } from '../../zonefile/lexer.ts';
import { ProbeOptionsError } from './errors.ts';
import type { DnsProbeOptions } from './probe-options.ts';

/** What an answer must have, read from the options once. */
export class ExpectedAnswer {
  /** QTYPE. */
  readonly type: number;
  readonly #rcode: number;
  readonly #isAuthoritative: boolean;
  /** The records expected: their data in presentation format, by their canonical data. `undefined`: any record will do. */
  readonly #data: ReadonlyMap<string, string> | undefined;
  readonly #match: 'all' | 'any' | 'exactly';

  /** Throws {@link ProbeOptionsError}. */
  constructor({
    type = 'A',
    rcode = 'NOERROR',
    authoritative = false,
    answer,
    match = 'all',
  }: DnsProbeOptions) {
    this.type = numberOfType(type);
    this.#rcode = numberOfRcode(rcode);
    this.#isAuthoritative = authoritative;
    this.#data = answer === undefined ? undefined : new Map(answer.map((text) => readData(this.type, text)));
    this.#match = match;
  }

  /** What is wrong with `reply`, or `undefined`; and what it says, for the evidence. */
  judge(reply: Message): { readonly problem: string | undefined; readonly said: string } {
    const records = reply.answers.filter(
      (record) => record.class === RRClass.IN && (this.type === RRType.ANY || record.type === this.type),
    );
    const got = new Map(records.map(({ type, rdata }) => entryOf(type, rdata)));
    const said = `${showRcode(reply.rcode)}${got.size === 0 ? '' : `, ${showType(this.type)} ${list(got)}`}`;
    return { said, problem: this.#problemOf(reply, got, said) };
  }

  #problemOf(reply: Message, got: ReadonlyMap<string, string>, said: string): string | undefined {
    if (reply.rcode !== this.#rcode) return `answered ${said}; expected ${showRcode(this.#rcode)}`;
    if (this.#isAuthoritative && !reply.flags.aa) return `answered ${said}, not authoritatively (no AA)`;
    if (this.#data === undefined) {
      const isAnswer = reply.rcode !== Rcode.NOERROR || got.size > 0;
      return isAnswer ? undefined : `answered ${said} without a record of type ${showType(this.type)}`;
    }
    const missing = [...this.#data].filter(([key]) => !got.has(key));
    const surplus = [...got].filter(([key]) => !this.#data?.has(key));
    if (this.#match === 'any') {
      if (missing.length < this.#data.size) return undefined;
      return `answered ${said}; expected one of ${list(this.#data)}`;
    }
    if (missing.length > 0) return `answered ${said}; ${list(missing)} is missing`;
    if (this.#match === 'exactly' && surplus.length > 0) {
      return `answered ${said}; ${list(surplus)} was not expected`;
    }
    return undefined;
  }
}

// --- helpers ---

const MAX_LISTED = 8;

function list(entries: Iterable<readonly [string, string]>): string {
  const texts = [...entries].map(([, text]) => text);
  const more = texts.length > MAX_LISTED ? ` and ${texts.length - MAX_LISTED} more` : '';
  return `${texts.slice(0, MAX_LISTED).join(', ')}${more}`;
}

function entryOf(type: number, rdata: Uint8Array): [key: string, shown: string] {
  const key = Buffer.from(canonicalRdata(type, rdata)).toString('latin1');
  return [`${type} ${key}`, showRdata(type, rdata)];
}

function readData(type: number, text: string): [key: string, shown: string] {
  try {
    return entryOf(type, scanRdata(type, wordsOf(text), ROOT));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    const what = `answer: '${text}' is no data of type ${showType(type)}: ${error.message}`;
    throw new ProbeOptionsError(what, { cause: error });
  }
}

function wordsOf(text: string): Words {
  const lexer = new EntryLexer(Buffer.from(text));
  if (!lexer.next() || lexer.problem !== undefined) {
    throw new PresentationError(lexer.problem?.what ?? 'nothing there');
  }
  const texts: string[] = [];
  const quoted: boolean[] = [];
  for (let i = 0; i < lexer.count; i++) {
    const word = lexer.text(i);
    if (lexer.isAttached(i) && texts.at(-1)?.endsWith('=') === true) {
      texts[texts.length - 1] += word; // RFC 9460 §2.1: alpn="h2,h3" is one word
    } else {
      texts.push(word);
      quoted.push(lexer.quoted[i] === 1);
    }
  }
  return new Words(texts, quoted);
}

function numberOfType(text: string): number {
  const type = scanType(text);
  if (type === undefined) throw new ProbeOptionsError(`type: '${text}' is no RR type`);
  return type;
}

function numberOfRcode(text: string): number {
  const entry = Object.entries(Rcode).find(([name]) => name === text.toUpperCase());
  if (entry === undefined) {
    throw new ProbeOptionsError(`rcode: '${text}' is none of ${Object.keys(Rcode).join(', ')}`);
  }
  return entry[1];
}
