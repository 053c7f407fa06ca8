import { latin1 } from '../base/latin1.ts';
import { type DomainName, foldName, scanName } from '../wire/name.ts';

/** One way to make MACs (RFC 8945 §6). */
export interface TsigAlgorithm {
  /** As configuration files write it. */
  readonly word: TsigAlgorithmWord;
  /** As messages name it. */
  readonly name: DomainName;
  /** The hash function, as `node:crypto` calls it. */
  readonly hash: 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
  /** Octets that the hash function gives: also the best length of a secret. */
  readonly hashLength: number;
  /** Octets of a MAC: fewer than {@link hashLength} in the truncated forms. */
  readonly macLength: number;
  /** Why one should use another; `undefined` when nothing speaks against it. */
  readonly weakness: string | undefined;
}

/** The words for algorithms in configuration files, the recommended one first. */
export const TSIG_ALGORITHM_WORDS = [
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
  'hmac-sha224',
  'hmac-sha256-128',
  'hmac-sha384-192',
  'hmac-sha512-256',
  'hmac-sha1',
  'hmac-md5',
] as const;

/** One of {@link TSIG_ALGORITHM_WORDS}. */
export type TsigAlgorithmWord = (typeof TSIG_ALGORITHM_WORDS)[number];

/** Every algorithm of RFC 8945 §6 but gss-tsig, by its word. */
export const TSIG_ALGORITHMS: Readonly<Record<TsigAlgorithmWord, TsigAlgorithm>> = {
  'hmac-sha256': algorithm('hmac-sha256', 'sha256', 32),
  'hmac-sha384': algorithm('hmac-sha384', 'sha384', 48),
  'hmac-sha512': algorithm('hmac-sha512', 'sha512', 64),
  'hmac-sha224': algorithm('hmac-sha224', 'sha224', 28),
  'hmac-sha256-128': algorithm('hmac-sha256-128', 'sha256', 32, 16),
  'hmac-sha384-192': algorithm('hmac-sha384-192', 'sha384', 48, 24),
  'hmac-sha512-256': algorithm('hmac-sha512-256', 'sha512', 64, 32),
  'hmac-sha1': {
    ...algorithm('hmac-sha1', 'sha1', 20),
    weakness: 'it is not recommended any more (RFC 8945 §6)',
  },
  'hmac-md5': {
    ...algorithm('hmac-md5', 'md5', 16),
    name: scanAlgorithmName('hmac-md5.sig-alg.reg.int'),
    weakness: 'it must not be used any more (RFC 8945 §6)',
  },
};

/** Messages name the algorithm in any case (RFC 8945 §4.3.3); `undefined` when it is none of ours. */
export function findTsigAlgorithm(name: DomainName): TsigAlgorithm | undefined {
  return BY_NAME.get(latin1(name));
}

/**
 * The algorithm a request of ours names. For the truncated forms that is the whole one, with a shorter MAC: so does
 * BIND, which does not know the names that RFC 8945 gives them.
 */
export function wholeAlgorithm(algorithm: TsigAlgorithm): TsigAlgorithm {
  return (
    Object.values(TSIG_ALGORITHMS).find(
      ({ hash, hashLength, macLength }) => hash === algorithm.hash && macLength === hashLength,
    ) ?? algorithm
  );
}

/** The shortest MAC that is well-formed, in octets (RFC 8945 §5.2.2.1). */
export function shortestMac({ hashLength }: TsigAlgorithm): number {
  return Math.max(10, Math.ceil(hashLength / 2));
}

const BY_NAME: ReadonlyMap<string, TsigAlgorithm> = new Map(
  Object.values(TSIG_ALGORITHMS).map((each) => [latin1(each.name), each]),
);

function algorithm(
  word: TsigAlgorithmWord,
  hash: TsigAlgorithm['hash'],
  hashLength: number,
  macLength = hashLength,
): TsigAlgorithm {
  return { word, name: scanAlgorithmName(word), hash, hashLength, macLength, weakness: undefined };
}

function scanAlgorithmName(text: string): DomainName {
  return foldName(scanName(`${text}.`, undefined));
}
