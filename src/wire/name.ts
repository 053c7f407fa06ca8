// Domain names. RFC 1035 §3.1 and §4.1.4 (wire), §5.1 (text); RFC 4034 §6.1 (order); RFC 4343 (case).
import { MalformedMessageError, PresentationError } from './errors.ts';
import type { WireReader } from './reader.ts';

/** A domain name in uncompressed wire form, checked, case as it was written; at most 255 octets. */
export type WireName = Uint8Array & { readonly __name: 'WireName' };

/** A {@link WireName} in lower case: what names are compared and found by. */
export type DomainName = WireName & { readonly __fold: 'lower case' };

/** RFC 1035 §2.3.4, RFC 1035 §3.1. */
export const MAX_NAME_LENGTH = 255;
export const MAX_LABEL_LENGTH = 63;
/** No name needs more: a pointer after each of its labels. Chains of pointers alone would cost without end. */
const MAX_POINTERS = 127;

/** `LOWER[octet]` folds A–Z and nothing else (RFC 4343 §3). Label lengths are below 64, so whole names fold. */
export const LOWER = Uint8Array.from({ length: 256 }, (_, c) => (c >= 65 && c <= 90 ? c + 32 : c));

/** The root. */
export const ROOT = Uint8Array.of(0) as DomainName;

/**
 * Reads one name at the cursor, following pointers backwards only (RFC 1035 §4.1.4); case is kept.
 * Throws {@link MalformedMessageError}.
 */
export function parseName(reader: WireReader): WireName {
  const { octets } = reader;
  const start = reader.offset;
  let length = 0;
  let at = start;
  let segment = start; // where the run of labels being read began; a pointer must go before it
  let end = reader.end; // no label may reach past the part being read, nor into the segment that pointed here
  let afterPointer = -1;
  let pointers = 0;
  for (;;) {
    if (at >= end) throw new MalformedMessageError('name runs past its end', start);
    const size = octets[at] ?? 0;
    if (size >= 0xc0) {
      if (at + 1 >= end) throw new MalformedMessageError('half a compression pointer', at);
      const target = ((size & 0x3f) << 8) | (octets[at + 1] ?? 0);
      if (afterPointer === -1) afterPointer = at + 2;
      if (target >= segment)
        throw new MalformedMessageError('compression pointer does not point backwards', at);
      if (++pointers > MAX_POINTERS) throw new MalformedMessageError('too many compression pointers', start);
      end = segment;
      segment = target;
      at = target;
      continue;
    }
    if (size > MAX_LABEL_LENGTH) throw new MalformedMessageError(`label type 0x${size.toString(16)}`, at);
    if (at + 1 + size > end) throw new MalformedMessageError('label runs past its end', at);
    length += 1 + size;
    if (length > MAX_NAME_LENGTH) throw new MalformedMessageError('name over 255 octets', start);
    at += 1 + size;
    if (size === 0) break;
  }
  reader.offset = afterPointer === -1 ? at : afterPointer;
  return gatherName(octets, start, length);
}

/** The same name in lower case; `name` itself when it is already. */
export function foldName(name: WireName): DomainName {
  let i = 0;
  while (i < name.length && LOWER[name[i] ?? 0] === name[i]) i++;
  if (i === name.length) return name as DomainName;
  const folded = new Uint8Array(name); // not slice: of a Buffer, that is a view
  for (; i < folded.length; i++) folded[i] = LOWER[folded[i] ?? 0] ?? 0;
  return folded as DomainName;
}

/**
 * Reads a name in presentation format; a relative name is completed with `origin`, `@` is `origin` (RFC 1035
 * §5.1); case is kept. Throws {@link PresentationError}.
 */
export function scanName(text: string, origin: WireName | undefined): WireName {
  if (text === '@') return origin ?? failName(text, "'@' without an origin");
  if (text === '.') return ROOT;
  if (text === '') failName(text, 'empty name');
  return text.includes('\\') ? scanEscapedName(text, origin) : scanPlainName(text, origin);
}

/** `\DDD` or `\X` at `text[at]` (RFC 1035 §5.1): the octet, and the index of the escape's last character. */
export function scanEscape(text: string, at: number): { octet: number; last: number } {
  const next = text.charCodeAt(at + 1);
  if (Number.isNaN(next)) throw new PresentationError(`'${text}' ends with a lone backslash`);
  if (next < 48 || next > 57) {
    if (next > 255) throw new PresentationError(`character '${text[at + 1]}' is not an octet in '${text}'`);
    return { octet: next, last: at + 1 };
  }
  const digits = text.slice(at + 1, at + 4);
  if (!/^[0-9]{3}$/.test(digits) || Number(digits) > 255) {
    throw new PresentationError(`'\\${digits}' is not \\DDD with DDD up to 255 in '${text}'`);
  }
  return { octet: Number(digits), last: at + 3 };
}

/** Reads an absolute name whose final dot may be left out, as people write names. Throws {@link PresentationError}. */
export function scanFullName(written: string): WireName {
  return scanName(written === '' || written.endsWith('.') ? written : `${written}.`, undefined);
}

/** Shows a name in presentation format, absolute, with its final dot. */
export function showName(name: Uint8Array): string {
  if (name[0] === 0) return '.';
  let text = '';
  for (let at = 0; (name[at] ?? 0) !== 0; at += (name[at] ?? 0) + 1) {
    text += `${showLabel(name, at)}.`;
  }
  return text;
}

/** Shows `name` without `origin`'s labels where it is below it, as `@` where it is equal, otherwise absolute. */
export function showRelativeName(name: Uint8Array, origin: Uint8Array): string {
  if (origin.length === 1 || !isSubdomain(name, origin)) return showName(name);
  if (name.length === origin.length) return '@';
  const labels: string[] = [];
  for (let at = 0; at < name.length - origin.length; at += (name[at] ?? 0) + 1)
    labels.push(showLabel(name, at));
  return labels.join('.');
}

/** Labels without the root's. */
export function labelCount(name: Uint8Array): number {
  let count = 0;
  for (let at = 0; (name[at] ?? 0) !== 0; at += (name[at] ?? 0) + 1) count++;
  return count;
}

/** The name without its first label; `undefined` for the root. A view of the same memory. */
export function parentName<N extends WireName>(name: N): N | undefined {
  const size = name[0] ?? 0;
  return size === 0 ? undefined : (name.subarray(size + 1) as N);
}

/** Whether `name` is `ancestor` or below it; case does not matter. */
export function isSubdomain(name: Uint8Array, ancestor: Uint8Array): boolean {
  const start = name.length - ancestor.length;
  if (start < 0) return false;
  let at = 0;
  while (at < start) at += (name[at] ?? 0) + 1;
  if (at !== start) return false;
  for (let i = 0; i < ancestor.length; i++) {
    if (LOWER[name[start + i] ?? 0] !== LOWER[ancestor[i] ?? 0]) return false;
  }
  return true;
}

/** Whether two names are the same; case does not matter (RFC 4343). */
export function equalNames(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && isSubdomain(a, b);
}

/** Canonical order (RFC 4034 §6.1): by labels from the root down, as lower-case octets, shorter label first. */
export function compareNames(a: Uint8Array, b: Uint8Array): number {
  const startsOfA = labelStarts(a);
  const startsOfB = labelStarts(b);
  for (let i = startsOfA.length - 1, j = startsOfB.length - 1; i >= 0 && j >= 0; i--, j--) {
    const order = compareLabels(a, startsOfA[i] ?? 0, b, startsOfB[j] ?? 0);
    if (order !== 0) return order;
  }
  return startsOfA.length - startsOfB.length;
}

/** Puts one label in front of a name. Throws {@link PresentationError} when the result is too long. */
export function childName<N extends WireName>(label: Uint8Array, parent: N): N {
  if (label.length === 0 || label.length > MAX_LABEL_LENGTH) {
    throw new PresentationError(`label of ${label.length} octets`);
  }
  const whole = new Uint8Array(1 + label.length + parent.length);
  if (whole.length > MAX_NAME_LENGTH) throw new PresentationError('name over 255 octets');
  whole[0] = label.length;
  whole.set(label, 1);
  whole.set(parent, 1 + label.length);
  return whole as N;
}

// --- helpers ---

/** The labels from `start` on, by way of pointers that were checked; `length` octets in all. */
function gatherName(octets: Uint8Array, start: number, length: number): WireName {
  const name = new Uint8Array(length);
  let at = start;
  for (let i = 0; i < length; ) {
    const size = octets[at] ?? 0;
    if (size >= 0xc0) {
      at = ((size & 0x3f) << 8) | (octets[at + 1] ?? 0);
      continue;
    }
    for (const last = i + size; i <= last; i++) name[i] = octets[at++] ?? 0;
  }
  return name as WireName;
}

/** Text without escapes has one octet for each character and one more: its size is known beforehand. */
function scanPlainName(text: string, origin: WireName | undefined): WireName {
  const isAbsolute = text.charCodeAt(text.length - 1) === 46;
  if (!isAbsolute && origin === undefined) failName(text, 'relative name without an origin');
  const own = text.length + 1; // an absolute name's last length octet, the root's, is that of the empty label
  if (own > MAX_NAME_LENGTH) failName(text, 'name over 255 octets');
  const suffix = isAbsolute ? undefined : origin;
  const size = own + (suffix?.length ?? 0);
  if (size > MAX_NAME_LENGTH) failName(text, 'name over 255 octets with its origin');
  const name = new Uint8Array(size);
  let label = 0; // where the length octet of the current label stands
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 46;
    if (c === 46) {
      if (i === label && i < text.length) failName(text, 'empty label');
      if (i - label > MAX_LABEL_LENGTH) failName(text, 'label over 63 octets');
      name[label] = i - label;
      label = i + 1;
    } else {
      if (c > 255) failName(text, `character '${text[i]}' is not an octet`);
      name[i + 1] = c;
    }
  }
  for (let i = own; i < size; i++) name[i] = suffix?.[i - own] ?? 0;
  return name as WireName;
}

/** Any text; slower than {@link scanPlainName}. */
function scanEscapedName(text: string, origin: WireName | undefined): WireName {
  const name = new Uint8Array(MAX_NAME_LENGTH + 1);
  let length = 1;
  let label = 0; // where the length octet of the current label stands
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (length === label + 1) failName(text, 'empty label');
      name[label] = length - label - 1;
      label = length++;
    } else if (c === 92) {
      const escaped = scanEscape(text, i);
      name[length++] = escaped.octet;
      i = escaped.last;
    } else {
      if (c > 255) failName(text, `character '${text[i]}' is not an octet`);
      name[length++] = c;
    }
    if (length - label - 1 > MAX_LABEL_LENGTH) failName(text, 'label over 63 octets');
    if (length > MAX_NAME_LENGTH) failName(text, 'name over 255 octets');
  }
  if (length === label + 1) return name.slice(0, length) as WireName; // it ended with a dot
  name[label] = length - label - 1;
  if (origin === undefined) failName(text, 'relative name without an origin');
  if (length + origin.length > MAX_NAME_LENGTH) failName(text, 'name over 255 octets with its origin');
  const whole = new Uint8Array(length + origin.length);
  whole.set(name.subarray(0, length));
  whole.set(origin, length);
  return whole as WireName;
}

function labelStarts(name: Uint8Array): number[] {
  const starts: number[] = [];
  for (let at = 0; (name[at] ?? 0) !== 0; at += (name[at] ?? 0) + 1) starts.push(at);
  return starts;
}

function compareLabels(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  const sizeA = a[atA] ?? 0;
  const sizeB = b[atB] ?? 0;
  const common = Math.min(sizeA, sizeB);
  for (let i = 1; i <= common; i++) {
    const order = (LOWER[a[atA + i] ?? 0] ?? 0) - (LOWER[b[atB + i] ?? 0] ?? 0);
    if (order !== 0) return order;
  }
  return sizeA - sizeB;
}

function showLabel(name: Uint8Array, at: number): string {
  const end = at + 1 + (name[at] ?? 0);
  let text = '';
  for (let i = at + 1; i < end; i++) {
    const c = name[i] ?? 0;
    if (c <= 32 || c >= 127) text += `\\${String(c).padStart(3, '0')}`;
    else if (SPECIAL.has(c)) text += `\\${String.fromCharCode(c)}`;
    else text += String.fromCharCode(c);
  }
  return text;
}

/** `. \ " ( ) ; @ $`: characters that mean something in a master file (RFC 1035 §5.1). */
const SPECIAL = new Set([...'.\\"();@$'].map((c) => c.charCodeAt(0)));

function failName(text: string, why: string): never {
  throw new PresentationError(`not a domain name: '${text}' (${why})`);
}
