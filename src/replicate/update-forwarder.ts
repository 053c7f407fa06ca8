import type { Effects } from '../base/effects.ts';
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import type { Exchanger } from '../client/exchange.ts';
import type { Message } from '../message/message.ts';
import { Opcode, Rcode, RRType } from '../wire/iana.ts';
import { type DomainName, foldName, showName } from '../wire/name.ts';

/** What forwarding needs. */
export interface UpdateForwarderOptions {
  /** Where updates of a zone go, in the order in which it is tried; `undefined`: they are not passed on. */
  targetsOf(apex: DomainName): readonly Endpoint[] | undefined;
  readonly exchanger: Pick<Exchanger, 'passOn'>;
  readonly effects: Effects;
  /** Updates under way at once; beyond that SERVFAIL at once. */
  readonly limit?: number;
}

/**
 * Passes updates on to the primary of their zone, and its answer back (RFC 2136 §6). Octets go as they came under another
 * message ID: the signature is over the Original ID, and is for the primary to verify, as its own is for the client.
 */
export class UpdateForwarder {
  readonly #options: UpdateForwarderOptions;
  #underWay = 0;

  constructor(options: UpdateForwarderOptions) {
    this.#options = options;
  }

  /**
   * Whether this is an update that belongs to somebody else. Unsigned ones are not passed on: a primary may trust our
   * address, and must not come to trust everybody's.
   */
  wants(message: Message): boolean {
    return message.tsig !== undefined && this.#targetsOf(message) !== undefined;
  }

  /** The primary's answer as the client shall get it, or SERVFAIL. Never rejects. */
  async forward(octets: Uint8Array, overTcp: boolean, message: Message): Promise<Uint8Array | undefined> {
    const { exchanger, effects, limit = LIMIT } = this.#options;
    const targets = this.#targetsOf(message) ?? [];
    if (this.#underWay >= limit) return servfail(octets);
    this.#underWay++;
    try {
      for (const target of targets) {
        try {
          return await exchanger.passOn(octets, target, { transport: overTcp ? 'tcp' : 'udp' });
        } catch (error) {
          effects.log.warn('secondary: an update could not be passed on', {
            zone: showName(message.questions[0]?.name ?? octets.subarray(0, 0)),
            to: showEndpoint(target),
            error: messageOf(error),
          });
        }
      }
      return servfail(octets);
    } finally {
      this.#underWay--;
    }
  }

  #targetsOf({ opcode, questions }: Message): readonly Endpoint[] | undefined {
    const [zone] = questions;
    if (opcode !== Opcode.UPDATE || questions.length !== 1 || zone?.type !== RRType.SOA) return undefined;
    return this.#options.targetsOf(foldName(zone.name));
  }
}

// --- helpers ---

const LIMIT = 256;
const HEADER_OCTETS = 12;

/** The header alone. */
function servfail(octets: Uint8Array): Uint8Array {
  const reply = new Uint8Array(HEADER_OCTETS);
  reply.set(octets.subarray(0, 2));
  reply[2] = 0x80 | ((octets[2] ?? 0) & 0x78);
  reply[3] = Rcode.SERVFAIL;
  return reply;
}
