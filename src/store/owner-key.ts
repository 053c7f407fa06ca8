import type { DomainName } from '../wire/name.ts';

/**
 * Owner keys: an owner relative to its zone's apex, so written that comparing keys octet by octet gives the
 * canonical order of RFC 4034 §6.1, and the apex has the empty key.
 *
 * The labels stand in reverse order, 0x00 between them; inside a label 0x00 is 01 01 and 0x01 is 01 02. So a
 * key reads like a path (`org NUL www`), what is below a name begins with its key and 0x00, and a name comes
 * before everything below it.
 */
export function composeOwnerKey(owner: DomainName, apex: DomainName): Uint8Array {
  return scratch.slice(0, composeOwnerKeyInto(owner, apex.length, scratch, 0));
}

/** As {@link composeOwnerKey}, into `target` at `at`; returns where the key ends. Needs MAX_KEY_LENGTH octets. */
export function composeOwnerKeyInto(
  owner: DomainName,
  apexLength: number,
  target: Uint8Array,
  at: number,
): number {
  const end = owner.length - apexLength;
  if (end === 0) return at;
  const first = owner[0] ?? 0;
  if (first + 1 === end) return composeLabel(owner, 0, target, at);
  const starts: number[] = [];
  for (let start = 0; start < end; start += (owner[start] ?? 0) + 1) starts.push(start);
  let to = at;
  for (let i = starts.length - 1; i >= 0; i--) {
    to = composeLabel(owner, starts[i] ?? 0, target, to);
    if (i > 0) target[to++] = SEPARATOR;
  }
  return to;
}

/** The owner whose key stands in `octets` from `start` to `end`. */
export function parseOwnerKey(octets: Uint8Array, start: number, end: number, apex: DomainName): DomainName {
  if (start === end) return apex;
  let to = end - start + 1; // a length octet for each separator, and one more; less where something was escaped
  const name = new Uint8Array(to + apex.length);
  name.set(apex, to);
  if (copyPlainLabel(octets, start, end, name)) return name as DomainName;
  for (let at = start; at <= end; at++) {
    let last = at; // one past the label
    let escapes = 0;
    while (last < end && octets[last] !== SEPARATOR) {
      if (octets[last] === ESCAPE) {
        escapes++;
        last++;
      }
      last++;
    }
    const size = last - at - escapes;
    to -= size + 1;
    name[to] = size;
    for (let from = at, into = to + 1; from < last; from++, into++) {
      const c = octets[from] ?? 0;
      name[into] = c === ESCAPE ? (octets[++from] ?? 0) - 1 : c;
    }
    at = last;
  }
  return (to === 0 ? name : name.subarray(to)) as DomainName;
}

/** The least key below the owner with `key`, itself never a key: its key and 0x00, or for the apex nothing. */
export function keyBelow(key: Uint8Array): Uint8Array {
  return withLast(key, SEPARATOR);
}

/** The least key after the owner with `key` and all that is below it. Not for the apex, after which is nothing. */
export function keyAfter(key: Uint8Array): Uint8Array {
  return withLast(key, ESCAPE);
}

/** Every octet of a name but the root's may be escaped. */
export const MAX_KEY_LENGTH = 2 * 255;

// --- helpers ---

const scratch = new Uint8Array(MAX_KEY_LENGTH);
const SEPARATOR = 0;
const ESCAPE = 1;

function composeLabel(owner: Uint8Array, start: number, target: Uint8Array, at: number): number {
  const end = start + 1 + (owner[start] ?? 0);
  let to = at;
  for (let i = start + 1; i < end; i++) {
    const c = owner[i] ?? 0;
    if (c <= ESCAPE) {
      target[to++] = ESCAPE;
      target[to++] = c + 1;
    } else target[to++] = c;
  }
  return to;
}

function withLast(key: Uint8Array, octet: number): Uint8Array {
  const longer = new Uint8Array(key.length + 1);
  longer.set(key);
  longer[key.length] = octet;
  return longer;
}

/** Writes the key's label into `name`, when the key is one label without escapes, as most are. */
function copyPlainLabel(octets: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  for (let from = start, into = 1; from < end; from++, into++) {
    const c = octets[from] ?? 0;
    if (c <= ESCAPE) return false;
    name[into] = c;
  }
  name[0] = end - start;
  return true;
}
