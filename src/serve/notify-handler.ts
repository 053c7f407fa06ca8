import type { Effects, Log } from '../base/effects.ts';
import { showAddress } from '../base/ip.ts';
import type { Message } from '../message/message.ts';
import { Rcode, RRClass, RRType, showRcode } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName, showName } from '../wire/name.ts';
import { soaSerial } from '../zone/serial.ts';
import type { OpenedRequest, Reply, RequestHandler } from './opened-request.ts';
import { composeReply, type Outcome } from './reply.ts';
import { SparseLog } from './sparse-log.ts';

/** A server that may say that a zone has changed. */
export interface NotifyingPrimary {
  /** As `showAddress` shows it. */
  readonly address: string;
  /** What it must have signed with. */
  readonly key: DomainName | undefined;
}

/** What NOTIFY needs of the rest of the program. */
export interface NotifyHandlerOptions {
  /** Who may say that a secondary zone has changed; `undefined` when it is none. */
  primariesOf(apex: DomainName): readonly NotifyingPrimary[] | undefined;
  /** Whether the zone at `apex` is served here. */
  isServed(apex: DomainName): boolean;
  /** The primary at `address` says that its zone has changed, perhaps to `serial`. */
  notified(apex: DomainName, serial: number | undefined, address: string): void;
  readonly effects: Effects;
}

/** Answers NOTIFY (RFC 1996): it is taken from the zone's primaries alone. */
export class NotifyHandler implements RequestHandler {
  readonly #options: NotifyHandlerOptions;
  readonly #log: Log;

  constructor(options: NotifyHandlerOptions) {
    this.#options = options;
    this.#log = new SparseLog(options.effects.log, options.effects.nowMs);
  }

  async handle(request: OpenedRequest, reply: Reply): Promise<void> {
    const { message, who, port, room } = request;
    const outcome = this.#judge(request);
    if (outcome.rcode !== Rcode.NOERROR) {
      const [question] = message.questions;
      this.#log.info('notify: refused', {
        zone: question === undefined ? undefined : showName(question.name),
        client: who.address === undefined ? undefined : `${showAddress(who.address)} port ${port}`,
        key: who.key === undefined ? undefined : showName(who.key),
        rcode: showRcode(outcome.rcode),
        reason: outcome.why,
      });
    }
    await reply(composeReply(message, outcome, room));
  }

  #judge({ message, who }: OpenedRequest): Outcome {
    const [question] = message.questions;
    if (question === undefined || message.questions.length > 1 || question.type !== RRType.SOA) {
      return { rcode: Rcode.FORMERR, why: 'NOTIFY has one question, of type SOA' };
    }
    const apex = foldName(question.name);
    const zone = showName(apex);
    const primaries = question.class === RRClass.IN ? this.#options.primariesOf(apex) : undefined;
    if (primaries === undefined && this.#options.isServed(apex)) {
      return { rcode: Rcode.REFUSED, why: `this server is the primary of ${zone}` };
    }
    if (primaries === undefined) {
      return { rcode: Rcode.NOTAUTH, why: `there is no zone ${zone} here` };
    }
    const address = who.address === undefined ? '' : plainAddress(who.address);
    const known = primaries.filter((primary) => primary.address === address);
    if (known.length === 0) {
      return { rcode: Rcode.REFUSED, why: `${address} is no primary of ${zone} here` };
    }
    const { key } = who;
    const isTrusted = known.some(
      (primary) => primary.key === undefined || (key !== undefined && equalNames(primary.key, key)),
    );
    if (!isTrusted) {
      const keys = known
        .map((primary) => (primary.key === undefined ? '' : showName(primary.key)))
        .join(' or ');
      const used = key === undefined ? 'is not signed' : `is signed with key ${showName(key)}`;
      return { rcode: Rcode.REFUSED, why: `this NOTIFY of ${zone} ${used}; it must be with key ${keys}` };
    }
    this.#options.notified(apex, serialIn(message, apex), address);
    return { rcode: Rcode.NOERROR, isAuthoritative: true };
  }
}

// --- helpers ---

/** RFC 1996 §3.7: the answer section may tell the new SOA. It is a hint. */
function serialIn({ answers }: Message, apex: DomainName): number | undefined {
  const soa = answers.find(
    ({ owner, type, class: rrClass, rdata }) =>
      type === RRType.SOA && rrClass === RRClass.IN && rdata.length > 0 && equalNames(owner, apex),
  );
  return soa === undefined ? undefined : soaSerial(soa.rdata);
}

/** An IPv4 client of an IPv6 socket as what it is. */
function plainAddress(address: Uint8Array): string {
  return showAddress(address).replace(/^::ffff:(?=[\d.]+$)/, '');
}
