// RFC 3597 §5: `\# length hex` for types we do not know, and on request for those we do.
import { PresentationError } from '../wire/errors.ts';
import { scanUnsigned } from './numbers.ts';
import { scanHex, showHex } from './octets.ts';
import type { Words } from './words.ts';

/** Whether the words are in the generic form: `\#`, unquoted, comes next. */
export function isGeneric(words: Words): boolean {
  return words.peek() === '\\#' && words.quoted[words.at] !== true;
}

/** Takes `\# length hex…` to the end of the words. Throws {@link PresentationError}. */
export function scanGeneric(words: Words): Uint8Array {
  words.take("'\\#'");
  const length = scanUnsigned(words.take('RDATA length'), 0xffff) ?? words.fail('RDATA length (0 to 65535)');
  const first = words.at;
  const octets = words.remaining === 0 ? new Uint8Array(0) : scanHex(words, 'RDATA');
  if (octets.length !== length) {
    words.at = first;
    throw new PresentationError(`RDATA of ${length} octets announced, ${octets.length} given`);
  }
  return octets;
}

/** Shows octets as `\# length HEX`. */
export function showGeneric(octets: Uint8Array): string {
  return octets.length === 0 ? '\\# 0' : `\\# ${octets.length} ${showHex(octets)}`;
}
