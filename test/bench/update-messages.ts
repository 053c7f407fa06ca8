import { composeMessage } from '../../src/message/compose.ts';
import { type MessageRecord, makeQuery } from '../../src/message/message.ts';
import { TSIG_ALGORITHMS } from '../../src/message/tsig-algorithm.ts';
import { TsigKey } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Opcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { scanName } from '../../src/wire/name.ts';
import { addressesAt, ORIGIN } from './zone.ts';

/** The key that may change the zone: hmac-sha256. It guards nothing but benchmark servers on 127.0.0.1. */
export const UPDATE_KEY = {
  name: 'bench-key',
  algorithm: 'hmac-sha256',
  secret: 'Z3VhcmRzIG5vdGhpbmcgYnV0IGEgYmVuY2htYXJrISE=',
} as const;

/** Names that updates have added and not yet deleted, at most. */
export const MOST_ADDED = 1000;

/** What an update changes: one A record, added or deleted. */
export interface OneRecordUpdate {
  readonly adds: boolean;
  /** Absolute, without the last dot. */
  readonly name: string;
  readonly address: string;
}

/**
 * Update number `index` of a run: first {@link MOST_ADDED} are added, then each deletion is followed by an addition. A
 * deletion comes so long after its addition that they never wait together, so that every update changes the zone.
 */
export function updateAt(run: string, index: number): OneRecordUpdate {
  const beyond = index - MOST_ADDED;
  const adds = beyond < 0 || beyond % 2 === 1;
  let which = index;
  if (beyond >= 0) which = adds ? MOST_ADDED + (beyond >> 1) : beyond >> 1;
  const [address = ''] = addressesAt(which, { names: 0, addressesPerName: 1 });
  return { adds, name: `u${which}-${run}.${ORIGIN}`, address };
}

/** How an update is signed: by the key's holder, not at all, or by somebody who only knows the key's name. */
export type Signature = 'right' | 'none' | 'wrong';

/** Composes and signs UPDATE messages (RFC 2136) of one record each. `nowS` is seconds since 1970. */
export class UpdateSigner {
  readonly #key: TsigKey | undefined;
  readonly #zone = { name: scanName(`${ORIGIN}.`, undefined), type: RRType.SOA, class: RRClass.IN };

  constructor(signature: Signature = 'right') {
    const secret = Buffer.from(UPDATE_KEY.secret, 'base64');
    const algorithm = TSIG_ALGORITHMS[UPDATE_KEY.algorithm];
    const name = scanName(`${UPDATE_KEY.name}.`, undefined);
    if (signature !== 'none')
      this.#key = new TsigKey(name, algorithm, signature === 'right' ? secret : secret.reverse());
  }

  /** Adds or deletes one record. */
  sign(id: number, { adds, name, address }: OneRecordUpdate, nowS: number): Uint8Array {
    const record = {
      owner: scanName(`${name}.`, undefined),
      type: RRType.A,
      class: adds ? RRClass.IN : RRClass.NONE,
      ttl: adds ? 60 : 0,
      rdata: Uint8Array.from(address.split('.'), Number),
    };
    return this.#signed(id, [record], nowS);
  }

  /** Makes `address` the only A record of `name`. */
  signReplacement(id: number, name: string, address: string, nowS: number): Uint8Array {
    const owner = scanName(`${name}.`, undefined);
    const rdata = Uint8Array.from(address.split('.'), Number);
    return this.#signed(
      id,
      [
        { owner, type: RRType.A, class: RRClass.ANY, ttl: 0, rdata: new Uint8Array(0) },
        { owner, type: RRType.A, class: RRClass.IN, ttl: 60, rdata },
      ],
      nowS,
    );
  }

  /** Puts a TXT record of one character-string in the place of another. */
  signText(id: number, name: string, oldText: string, newText: string, nowS: number): Uint8Array {
    const owner = scanName(`${name}.`, undefined);
    const rdataOf = (text: string) => Uint8Array.of(text.length, ...Buffer.from(text, 'latin1'));
    return this.#signed(
      id,
      [
        { owner, type: RRType.TXT, class: RRClass.NONE, ttl: 0, rdata: rdataOf(oldText) },
        { owner, type: RRType.TXT, class: RRClass.IN, ttl: 300, rdata: rdataOf(newText) },
      ],
      nowS,
    );
  }

  #signed(id: number, authorities: readonly MessageRecord[], nowS: number): Uint8Array {
    const message = makeQuery(id, this.#zone, { opcode: Opcode.UPDATE, authorities });
    const octets = composeMessage(message);
    return this.#key === undefined ? octets : signRequest(octets, this.#key, nowS).octets;
  }
}
