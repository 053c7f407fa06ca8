import { answeringZone, type HostedViews } from '../answer/answering-zone.ts';
import type { RawResponder } from '../answer/raw-responder.ts';
import type { FindAnsweringZone } from '../answer/stored-answer.ts';
import { Peer } from '../base/peer.ts';
import type { Who } from '../message/key-grant.ts';
import { type UpdateRules, viewOf } from '../update/permission.ts';
import type { DomainName } from '../wire/name.ts';
import type { Answerer } from './answerer.ts';
import type { OpenedRequest, Reply, RequestHandler } from './opened-request.ts';

/** How a query handler is joined with the rest of the program. */
export interface QueryHandlerOptions {
  /** Answers everybody: the live view. It must not leave queries without TSIG to the control thread. */
  readonly live: Answerer;
  readonly raw: RawResponder;
  readonly hosted: HostedViews;
  /** Who may change the zone at `apex`. */
  rulesOf(apex: DomainName): UpdateRules;
  /** The view that `who` is granted in transfers of the zone. */
  transferViewOf(apex: DomainName, who: Who): 'raw' | 'live' | undefined;
  /** Whether the zone at `apex` is not answered from: it has expired (RFC 1035 §3.3.13), or has not come yet. */
  isWithheld(apex: DomainName): boolean;
}

/**
 * Answers signed queries: from the raw view of the zones that the key may edit or transfer raw, otherwise as everybody
 * is answered (STEERING.md §8).
 */
export class QueryHandler implements RequestHandler {
  readonly #options: QueryHandlerOptions;

  constructor(options: QueryHandlerOptions) {
    this.#options = options;
  }

  async handle(request: OpenedRequest, reply: Reply): Promise<void> {
    const { live, raw, hosted } = this.#options;
    const query = withoutSignature(request);
    const peer = peerOf(request);
    // The view is decided for each zone on the way: an alias into a zone that is not seen raw is not followed.
    const findZone: FindAnsweringZone = (name, type) => {
      const zone = answeringZone(hosted, name, type);
      return zone !== undefined && this.#isRaw(zone.apex, request.who) ? zone : undefined;
    };
    const answered = raw.answer(query, findZone, request.room, peer);
    if (answered !== undefined) {
      await reply(answered);
      return;
    }
    const octets = new Uint8Array(Math.max(request.room, query.length));
    octets.set(query);
    live.beginBatch();
    const length = live.answer(octets, 0, query.length, request.room, peer);
    if (length > 0) await reply(octets.subarray(0, length));
  }

  #isRaw(apex: DomainName, who: Who): boolean {
    const { rulesOf, transferViewOf, isWithheld } = this.#options;
    if (isWithheld(apex)) return false;
    return viewOf(rulesOf(apex), who) === 'raw' || transferViewOf(apex, who) === 'raw';
  }
}

// --- helpers ---

/** Where ARCOUNT stands in a message. */
const ARCOUNT_AT = 10;

/** A copy of the message as it was before it was signed (RFC 8945 §4.3.3: TSIG is the last record). */
function withoutSignature({ octets, message }: OpenedRequest): Uint8Array {
  if (message.tsig === undefined) return new Uint8Array(octets);
  const unsigned = new Uint8Array(octets.subarray(0, message.tsig.offset));
  const view = new DataView(unsigned.buffer);
  view.setUint16(ARCOUNT_AT, view.getUint16(ARCOUNT_AT) - 1);
  return unsigned;
}

function peerOf({ who, port, overTcp }: OpenedRequest): Peer {
  const { address = NO_ADDRESS } = who;
  const peer = new Peer(address);
  peer.addressLength = address.length;
  peer.port = port;
  peer.overTcp = overTcp;
  return peer;
}

const NO_ADDRESS = new Uint8Array(4);
