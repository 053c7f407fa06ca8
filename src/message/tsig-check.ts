// What both ends check of a TSIG record. RFC 8945 §5.2.
import { timingSafeEqual } from 'node:crypto';
import { TsigError } from '../wire/iana.ts';
import { foldName } from '../wire/name.ts';
import { findTsigAlgorithm, shortestMac, type TsigAlgorithm } from './tsig-algorithm.ts';
import type { TsigKey } from './tsig-key.ts';
import type { Tsig } from './tsig-record.ts';

/** How a MAC was found. */
export type MacOutcome =
  /** Right; `digest` is the whole MAC, of which the record may hold only the beginning. */
  | { readonly kind: 'right'; readonly digest: Uint8Array }
  | { readonly kind: 'wrong' }
  /** Of a length that no MAC of the algorithm has. */
  | { readonly kind: 'malformed' };

/** The algorithm of the record, if it can be used with the key: the key's own, or one with the same hash function. */
export function algorithmFor(key: TsigKey, tsig: Tsig): TsigAlgorithm | undefined {
  const algorithm = findTsigAlgorithm(foldName(tsig.algorithmName));
  return algorithm?.hash === key.algorithm.hash ? algorithm : undefined;
}

/** Compares the record's MAC with that of `parts`, in a time that says nothing about either (RFC 8945 §5.2.2). */
export function checkMac(
  key: TsigKey,
  algorithm: TsigAlgorithm,
  tsig: Tsig,
  parts: readonly Uint8Array[],
): MacOutcome {
  const { length } = tsig.mac;
  if (length > algorithm.macLength || length < shortestMac(algorithm)) return { kind: 'malformed' };
  const digest = key.digest(parts);
  return timingSafeEqual(tsig.mac, digest.subarray(0, length))
    ? { kind: 'right', digest }
    : { kind: 'wrong' };
}

/** What is wrong with a record whose MAC is right (RFC 8945 §5.2.3, §5.2.4); `undefined` when nothing is. */
export function checkTimeAndLength(
  key: TsigKey,
  tsig: Tsig,
  nowS: number,
): { readonly error: TsigError; readonly reason: string } | undefined {
  const skewS = tsig.timeSigned - Math.floor(nowS);
  if (Math.abs(skewS) > tsig.fudge) {
    const how = skewS < 0 ? 'behind' : 'ahead';
    const reason = `signed by a clock ${Math.abs(skewS)} s ${how} of ours, and ${tsig.fudge} s are allowed`;
    return { error: TsigError.BADTIME, reason };
  }
  if (tsig.mac.length < key.minimumMacLength) {
    const reason = `the MAC has ${tsig.mac.length} octets, and key ${key} wants ${key.minimumMacLength}`;
    return { error: TsigError.BADTRUNC, reason };
  }
  return undefined;
}
