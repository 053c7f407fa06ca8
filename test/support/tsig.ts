import { parseMessage } from '../../src/message/parse.ts';
import { type RefusedSignature, type VerifiedRequest, verifyRequest } from '../../src/message/tsig.ts';
import { TSIG_ALGORITHMS, type TsigAlgorithmWord } from '../../src/message/tsig-algorithm.ts';
import { TsigKey, type TsigKeyOptions, TsigKeyRing } from '../../src/message/tsig-key.ts';
import { name } from './rr.ts';

/** A secret for tests, in base64: 32 octets. */
export const SECRET = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=';

/** A key with {@link SECRET}, or another in base64. */
export function tsigKey(
  text: string,
  word: TsigAlgorithmWord = 'hmac-sha256',
  options: TsigKeyOptions & { readonly secret?: string } = {},
): TsigKey {
  const secret = Buffer.from(options.secret ?? SECRET, 'base64');
  return new TsigKey(name(text), TSIG_ALGORITHMS[word], secret, options);
}

/** Verifies octets by one key; throws when the signature is not good. */
export function verified(octets: Uint8Array, key: TsigKey, nowS: number): VerifiedRequest {
  const outcome = verifyRequest(octets, parseMessage(octets), new TsigKeyRing([key]), nowS);
  if (outcome.kind === 'good') return outcome.request;
  throw new Error(`${outcome.kind}: ${'reason' in outcome ? outcome.reason : ''}`);
}

/** Verifies octets by one key; throws when the signature is not refused. */
export function refused(octets: Uint8Array, key: TsigKey, nowS: number): RefusedSignature {
  const outcome = verifyRequest(octets, parseMessage(octets), new TsigKeyRing([key]), nowS);
  if (outcome.kind === 'refused') return outcome;
  throw new Error(outcome.kind);
}
