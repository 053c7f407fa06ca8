import { Peer } from '../../base/peer.ts';
import type { ImageMemory } from '../../image/layout.ts';
import { ImageReader } from '../../image/lookup.ts';
import { composeMessage } from '../../message/compose.ts';
import { composeClientSubnet, subnetOf } from '../../message/edns.ts';
import { makeQuery } from '../../message/message.ts';
import { RRClass } from '../../wire/iana.ts';
import type { WireName } from '../../wire/name.ts';
import { Responder, type ResponderOptions } from '../respond.ts';
import type { ExplainedQuestion } from './question.ts';
import { AnswerRecorder } from './recorder.ts';

/** A query answered, and how that came about. */
export interface TracedAnswer {
  /** The response; shares memory with the next one. */
  readonly reply: Uint8Array;
  readonly record: AnswerRecorder;
  /** The time of the query; seconds since 1970. */
  readonly nowSeconds: number;
}

/** Where queries are answered from. */
export interface TracedFrom {
  readonly memory: ImageMemory;
  /** Compiled tables of where networks are; `undefined`: nothing is known. */
  readonly geo: SharedArrayBuffer | undefined;
  readonly options: ResponderOptions;
  nowMs(): number;
}

/** Makes real queries, over UDP, and has them answered by the code that answers all, with a trace. Nothing else notices. */
export class TracedQueries {
  readonly #responder: Responder;
  readonly #record: AnswerRecorder;
  readonly #octets = new Uint8Array(65_535);
  readonly #peer = new Peer(this.#octets);
  readonly #maxPayload: number;
  readonly #nowMs: () => number;
  #last: { readonly name: WireName; readonly type: number; readonly query: Uint8Array } | undefined;

  constructor({ memory, geo, options, nowMs }: TracedFrom) {
    this.#maxPayload = options.maxPayload;
    this.#nowMs = nowMs;
    this.#record = new AnswerRecorder(new ImageReader(memory));
    this.#responder = new Responder(memory, options, nowMs, geo, this.#record);
  }

  /** Asks a question for a client. The reply and the record are overwritten by the next call. */
  ask(question: ExplainedQuestion): TracedAnswer {
    const { source } = question;
    const octets = this.#octets;
    const query = this.#queryFor(question);
    octets.set(query);
    const peer = this.#peer;
    peer.octets = source;
    peer.addressLength = source.length;
    this.#record.begin();
    this.#responder.beginBatch();
    const nowSeconds = Math.floor(this.#nowMs() / 1000);
    const length = this.#responder.answer(octets, 0, query.length, octets.length, peer);
    return { reply: octets.subarray(0, Math.max(0, length)), record: this.#record, nowSeconds };
  }

  /** The octets of a query. Of many clients without a subnet each has the same. */
  #queryFor({ name, type, subnet }: ExplainedQuestion): Uint8Array {
    const last = this.#last;
    if (subnet === undefined && last?.name === name && last.type === type) return last.query;
    const options =
      subnet === undefined ? [] : [composeClientSubnet(subnetOf(subnet.address, subnet.prefixLength))];
    const edns = { udpPayloadSize: this.#maxPayload, version: 0, dnssecOk: false, options };
    const query = composeMessage(makeQuery(0, { name, type, class: RRClass.IN }, { edns }));
    if (subnet === undefined) this.#last = { name, type, query };
    return query;
  }
}
