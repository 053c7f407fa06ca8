import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { showAddress } from '../base/ip.ts';
import type { Message } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import { ReplayGuard } from '../message/replay-guard.ts';
import { type RefusedSignature, type VerifiedRequest, verifyRequest } from '../message/tsig.ts';
import type { TsigKeyRing } from '../message/tsig-key.ts';
import type { TsigSigner } from '../message/tsig-signer.ts';
import { MalformedMessageError } from '../wire/errors.ts';
import { Opcode, Rcode, RRType, showTsigError } from '../wire/iana.ts';
import { type DomainName, foldName, showName } from '../wire/name.ts';
import type { LateAnswerer, LateRequest, SendLate } from './late.ts';
import type { OpenedRequest, Reply, RequestHandler } from './opened-request.ts';
import { composeHeaderReply, composeReply } from './reply.ts';
import { Retransmissions, requestKey } from './retransmissions.ts';
import { SparseLog } from './sparse-log.ts';

/** Passes on requests for zones whose primary is elsewhere (RFC 2136 §6). */
export interface Forwarder {
  wants(message: Message): boolean;
  /** The primary's response, as the client shall get it; `undefined`: none came. Never rejects. */
  forward(octets: Uint8Array, overTcp: boolean, message: Message): Promise<Uint8Array | undefined>;
}

/** Who answers what, and with which keys. */
export interface DispatchOptions {
  /** Asked for each request: they may be other ones after a reload. */
  keys(): TsigKeyRing;
  /** Signed queries. */
  readonly query: RequestHandler;
  /** AXFR and IXFR. */
  readonly transfer: RequestHandler;
  readonly update: RequestHandler;
  readonly notify: RequestHandler;
  readonly forwarder?: Forwarder;
  /** Why the zone that holds a name is not answered from; `undefined` when it is, or is none of ours. */
  withheld?(name: DomainName): string | undefined;
  /** The largest UDP response. */
  readonly maxPayload: number;
  readonly effects: Effects;
}

/**
 * What a query thread leaves to the control thread: reads the message, verifies its signature, and gives it to who
 * answers its kind; the way back is signed.
 *
 * ```text
 * octets → read → same as a moment ago? → forward? → TSIG → replay? → query │ transfer │ update │ notify
 *            ↘ FORMERR       ↘ first reply              ↘ NOTAUTH  ↘ BADTIME
 * ```
 */
export class Dispatcher implements LateAnswerer {
  readonly #options: DispatchOptions;
  readonly #log: SparseLog;
  readonly #retransmissions = new Retransmissions();
  readonly #guard = new ReplayGuard(REMEMBERED_SIGNATURES);

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#log = new SparseLog(options.effects.log, options.effects.nowMs);
  }

  async answerLate(request: LateRequest, send: SendLate): Promise<void> {
    try {
      await this.#answer(request, send);
    } catch (error) {
      this.#log.error('serve: a request failed', { client: showClient(request), error: messageOf(error) });
      await sendIfAny(composeHeaderReply(request.octets, Rcode.SERVFAIL), send);
    }
  }

  async #answer(request: LateRequest, send: SendLate): Promise<void> {
    const message = this.#read(request);
    if (message === undefined) {
      await sendIfAny(composeHeaderReply(request.octets, Rcode.FORMERR), send);
      return;
    }
    if (!isGuarded(message) || (isTransfer(message) && request.overTcp)) {
      await this.#answerMessage(request, message, send);
      return;
    }
    const nowMs = this.#options.effects.nowMs();
    const key = requestKey(request.address, request.octets);
    const first = this.#retransmissions.find(key, nowMs);
    if (first !== undefined) {
      await sendIfAny(await first, send);
      return;
    }
    let replied: Uint8Array | undefined;
    // What strangers send changes nothing and is refused again as before: it shall not push out what key holders sent.
    let end: (reply: Uint8Array | undefined) => void = () => {};
    const onTrusted = (): void => {
      end = this.#retransmissions.begin(key, nowMs);
    };
    const keep: SendLate = (reply) => {
      replied = reply;
      return send(reply);
    };
    try {
      await this.#answerMessage(request, message, keep, onTrusted);
    } finally {
      end(replied);
    }
  }

  #read(request: LateRequest): Message | undefined {
    try {
      return parseMessage(request.octets);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.#log.info('serve: malformed request', { client: showClient(request), error: error.message });
      return undefined;
    }
  }

  /**
   * `onTrusted` is called at once when a request may change something: its signature is good and new, or its primary
   * decides. May throw at once, too.
   */
  #answerMessage(
    request: LateRequest,
    message: Message,
    send: SendLate,
    onTrusted: () => void = () => {},
  ): Promise<unknown> {
    const { forwarder, effects } = this.#options;
    if (forwarder?.wants(message) === true) {
      onTrusted();
      const forwarded = forwarder.forward(request.octets, request.overTcp, message);
      return forwarded.then((reply) => sendIfAny(reply, send));
    }
    const nowS = effects.nowMs() / 1000;
    const signature = verifyRequest(request.octets, message, this.#options.keys(), nowS);
    switch (signature.kind) {
      case 'malformed':
        this.#log.info('serve: malformed TSIG', { client: showClient(request), error: signature.reason });
        return send(composeReply(message, { rcode: Rcode.FORMERR, why: signature.reason }, MAX_MESSAGE));
      case 'refused':
        return this.#refuse(request, message, signature, send);
      case 'good':
        if (isGuarded(message) && !this.#guard.admit(signature.request, nowS)) {
          return this.#refuse(request, message, signature.request.refuseAsReplayed(), send);
        }
        onTrusted();
        return this.#handle(request, message, signature.request, send);
      case 'unsigned':
        return this.#handle(request, message, undefined, send);
      default:
        return signature satisfies never;
    }
  }

  /** RFC 8945 §5.2: NOTAUTH, and in the TSIG record what is wrong. */
  #refuse(
    request: LateRequest,
    message: Message,
    refused: RefusedSignature,
    send: SendLate,
  ): Promise<boolean> {
    const { error, keyName, reason, reply } = refused;
    this.#log.warn('serve: signature refused', {
      client: showClient(request),
      key: showName(keyName),
      error: showTsigError(error),
      reason,
    });
    const room = this.#roomFor(request, message, reply);
    const octets = composeReply(message, { rcode: Rcode.NOTAUTH, why: reason }, room);
    return send(reply.sign(octets, this.#options.effects.nowMs() / 1000));
  }

  async #handle(
    request: LateRequest,
    message: Message,
    signature: VerifiedRequest | undefined,
    send: SendLate,
  ): Promise<void> {
    const signer = signature?.reply();
    const room = this.#roomFor(request, message, signer);
    const reply: Reply = (octets) =>
      send(signer === undefined ? octets : signer.sign(octets, this.#options.effects.nowMs() / 1000));
    if ((message.edns?.version ?? 0) > 0) {
      await reply(composeReply(message, { rcode: Rcode.BADVERS }, room)); // RFC 6891 §6.1.3
      return;
    }
    const { octets, address, port, overTcp } = request;
    const who = { key: signature?.key.name, address };
    const opened: OpenedRequest = { octets, message, who, port, overTcp, room };
    const why = this.#withheld(message);
    if (why !== undefined) {
      await reply(composeReply(message, { rcode: Rcode.SERVFAIL, why }, room));
      return;
    }
    const handler = this.#handlerOf(message);
    if (handler === undefined) {
      await reply(composeReply(message, { rcode: Rcode.NOTIMP }, room));
      return;
    }
    try {
      await handler.handle(opened, reply);
    } catch (error) {
      this.#log.error('serve: a request failed', { client: showClient(request), error: messageOf(error) });
      await reply(composeReply(message, { rcode: Rcode.SERVFAIL }, room));
    }
  }

  /** RFC 1034 §4.3.5: a zone that has expired is not answered from, whoever asks. */
  #withheld({ opcode, questions }: Message): string | undefined {
    const [question] = questions;
    if (opcode !== Opcode.QUERY || question === undefined) return undefined;
    return this.#options.withheld?.(foldName(question.name));
  }

  #handlerOf(message: Message): RequestHandler | undefined {
    const { query, transfer, update, notify } = this.#options;
    switch (message.opcode) {
      case Opcode.QUERY:
        return isTransfer(message) ? transfer : query;
      case Opcode.UPDATE:
        return update;
      case Opcode.NOTIFY:
        return notify;
      default:
        return undefined;
    }
  }

  #roomFor({ overTcp }: LateRequest, { edns }: Message, signer: TsigSigner | undefined): number {
    const taken = signer?.length ?? 0;
    if (overTcp) return MAX_MESSAGE - taken;
    const payload = Math.max(PLAIN_PAYLOAD, Math.min(edns?.udpPayloadSize ?? 0, this.#options.maxPayload));
    return payload - taken;
  }
}

// --- helpers ---

const MAX_MESSAGE = 65_535;
/** RFC 1035 §4.2.1. */
const PLAIN_PAYLOAD = 512;
/** Half a minute of the heaviest load under one key. */
const REMEMBERED_SIGNATURES = 262_144;

function isTransfer({ questions }: Message): boolean {
  return questions.some(({ type }) => type === RRType.AXFR || type === RRType.IXFR);
}

/** Requests that do something; a query may be asked again by who has overheard it, the answer is for the key's holder. */
function isGuarded(message: Message): boolean {
  return message.opcode !== Opcode.QUERY || isTransfer(message);
}

async function sendIfAny(reply: Uint8Array | undefined, send: SendLate): Promise<void> {
  if (reply !== undefined) await send(reply);
}

function showClient({ address, port }: LateRequest): string {
  return `${showAddress(address)} port ${port}`;
}
