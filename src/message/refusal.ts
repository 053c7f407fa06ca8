// How requests that change or copy zones are refused, and the words for it.
import type { Rcode } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';

/** Why a request is not granted. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly rcode: Rcode;
  /** For people: Extended DNS Error text and the log. Lower case, no full stop. */
  readonly reason: string;
}

/** Makes a refusal. */
export function refuse(rcode: Rcode, reason: string): Refusal {
  return { kind: 'refusal', rcode, reason };
}

/** A name as sentences show it: without its final dot. */
export function showPlace(name: DomainName): string {
  return name.length === 1 ? '.' : showName(name).slice(0, -1);
}

/** The first few of several texts, and how many more there are: a client's screen is one line. */
export function showSome(texts: readonly string[], separator: string): string {
  const more = texts.length - MOST_SHOWN;
  return [...texts.slice(0, MOST_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(separator);
}

const MOST_SHOWN = 3;
