import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import type { DomainName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { name } from './rr.ts';
import { verified } from './tsig.ts';

/** How a transfer is sent. */
export interface StreamOptions {
  readonly apex?: DomainName;
  readonly type?: number;
  readonly id?: number;
  /** Records in each message. */
  readonly perMessage?: number;
  readonly message?: Partial<Message>;
}

/** The messages of a transfer with these records, not signed. */
export function streamOf(records: readonly RR[], options: StreamOptions = {}): Uint8Array[] {
  const { apex = name('example.test'), type = RRType.AXFR, id = 7, perMessage = 3, message } = options;
  const messages: Uint8Array[] = [];
  for (let from = 0; from === 0 || from < records.length; from += perMessage) {
    const answers = records.slice(from, from + perMessage).map((rr) => ({ ...rr, class: RRClass.IN }));
    const flags = { ...NO_FLAGS, qr: true, aa: true };
    const question = { name: apex, type, class: RRClass.IN };
    messages.push(composeMessage(makeQuery(id, question, { flags, answers, ...message })));
  }
  return messages;
}

/** A verifier of a request for a transfer, and the messages signed as its answer. */
export function signStream(messages: readonly Uint8Array[], key: TsigKey, nowS: number) {
  const question = { name: name('example.test'), type: RRType.AXFR, class: RRClass.IN };
  const { octets, replies } = signRequest(composeMessage(makeQuery(7, question)), key, nowS);
  const reply = verified(octets, key, nowS).reply();
  return { verifier: replies, signed: messages.map((message) => reply.sign(message, nowS)) };
}
