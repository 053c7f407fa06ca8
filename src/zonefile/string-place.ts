// Where a part of a record's text stands in its master file: for those who find it wrong after the scan.
import { EntryLexer } from './lexer.ts';

/**
 * The line and column of a character of a record whose data is character-strings (TXT). `text` is these joined by one
 * space, `at` the character's index in it, `line` the line on which the record begins. `undefined` where the file does
 * not say the record so: `$GENERATE`, RFC 3597's form, a file that has changed meanwhile.
 */
export function placeInStrings(
  octets: Uint8Array,
  line: number,
  { text, at }: { readonly text: string; readonly at: number },
): { readonly line: number; readonly column: number } | undefined {
  const start = lineStart(octets, line);
  if (start === undefined) return undefined;
  const lexer = new EntryLexer(octets.subarray(start, start + MAX_ENTRY));
  if (!lexer.next() || lexer.problem !== undefined) return undefined;
  for (let i = lexer.count - 1, end = text.length; i >= 0 && end >= 0; i--) {
    const offsets = characterOffsets(lexer, i);
    const from = end - (offsets.length - 1);
    if (from < 0 || showCharacters(lexer.octets, offsets) !== text.slice(from, end)) return undefined;
    if (from > 0 && text[from - 1] !== ' ') return undefined;
    if (at >= from) {
      const offset = offsets[at - from] ?? 0;
      return { line: line - 1 + (lexer.lines[i] ?? 1), column: lexer.column(offset) };
    }
    end = from - 1;
  }
  return undefined;
}

/** Octets; the longest RDATA, each octet written as `\DDD`, is shorter. */
const MAX_ENTRY = 1 << 19;
const LF = 10;
const BACKSLASH = 92;

function lineStart(octets: Uint8Array, line: number): number | undefined {
  let start = 0;
  for (let passed = 1; passed < line; passed++) {
    start = octets.indexOf(LF, start) + 1;
    if (start === 0) return undefined;
  }
  return start;
}

/** Where each character of word i begins, escapes being one; and where the word ends. */
function characterOffsets(lexer: EntryLexer, i: number): number[] {
  const offsets: number[] = [];
  const end = lexer.ends[i] ?? 0;
  for (let at = lexer.starts[i] ?? 0; at < end; at += characterLength(lexer.octets, at)) offsets.push(at);
  return [...offsets, end];
}

/** RFC 1035 §5.1: `\DDD` and `\X`. */
function characterLength(octets: Uint8Array, at: number): number {
  if (octets[at] !== BACKSLASH) return 1;
  return isDigit(octets[at + 1]) ? 4 : 2;
}

function showCharacters(octets: Uint8Array, offsets: readonly number[]): string {
  let text = '';
  for (const at of offsets.slice(0, -1)) {
    const length = characterLength(octets, at);
    const decimal = Buffer.from(octets.subarray(at + 1, at + 4)).toString('latin1');
    text += String.fromCharCode(length === 4 ? Number(decimal) : (octets[at + length - 1] ?? 0));
  }
  return text;
}

function isDigit(octet = 0): boolean {
  return octet >= 48 && octet <= 57;
}
