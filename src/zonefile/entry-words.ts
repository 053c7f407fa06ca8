// Words of an entry, with errors at their place.
import { Words } from '../rdata/words.ts';
import { PresentationError } from '../wire/errors.ts';
import { RRType } from '../wire/iana.ts';
import type { OpenFile } from './open-file.ts';
import { MAX_TTL, scanTtl } from './ttl.ts';

/** The TTL of word i. Throws {@link ZoneFileError}. */
export function scanTtlWord(file: OpenFile, i: number, expected: string): number {
  const { lexer } = file;
  const ttl = scanTtl(lexer.octets, lexer.starts[i] ?? 0, lexer.ends[i] ?? 0);
  if (ttl <= MAX_TTL) return ttl;
  const text = lexer.text(i);
  if (ttl > MAX_TTL) throw file.error(i, `the TTL '${text}' is over ${MAX_TTL} seconds (RFC 2181 §8)`);
  throw file.error(i, `${expected} expected, found '${text}'`);
}

/** The error of a lower floor, at word i. Passes on what is no {@link PresentationError}. */
export function located(file: OpenFile, i: number, error: unknown): unknown {
  return error instanceof PresentationError ? file.error(i, error.message, error) : error;
}

/** The words of the current entry from word `from` on, and the index each has in the entry. */
export function takeWords(
  file: OpenFile,
  type: number,
  from: number,
): { readonly words: Words; readonly places: readonly number[] } {
  const { lexer } = file;
  const texts: string[] = [];
  const quoted: boolean[] = [];
  const places: number[] = [];
  const joins = type === RRType.SVCB || type === RRType.HTTPS;
  for (let i = from; i < lexer.count; i++) {
    const text = lexer.text(i);
    const last = texts.length - 1;
    if (joins && lexer.isAttached(i) && texts[last]?.endsWith('=') === true) {
      texts[last] += text; // RFC 9460 §2.1: alpn="h2,h3" is one word
      continue;
    }
    texts.push(text);
    quoted.push(lexer.quoted[i] === 1);
    places.push(i);
  }
  return { words: new Words(texts, quoted), places };
}

/** Whether two ranges of a file hold the same octets. */
export function sameOctets(
  octets: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let a = start, b = otherStart; a < end; a++, b++) if (octets[a] !== octets[b]) return false;
  return true;
}
