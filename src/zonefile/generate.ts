// BIND's $GENERATE: a range, and words in which `$` stands for its current number.
import { PresentationError } from '../wire/errors.ts';

/** `start-stop[/step]`; both ends are included. */
export interface GenerateRange {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

/** Reads a range. Throws {@link PresentationError}. */
export function scanGenerateRange(text: string): GenerateRange {
  const match = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text);
  if (match === null) {
    throw new PresentationError(`a range such as 1-100 or 0-254/2 expected, found '${text}'`);
  }
  const [start = 0, stop = 0, step = 1] = match.slice(1).map((digits) => Number(digits ?? '1'));
  if (start > stop) throw new PresentationError(`the range '${text}' ends before it begins`);
  if (step === 0) throw new PresentationError(`the range '${text}' has a step of 0`);
  if (stop > MAX_NUMBER) throw new PresentationError(`the range '${text}' goes over ${MAX_NUMBER}`);
  return { start, stop, step };
}

/** How many numbers a range has. */
export function countOf({ start, stop, step }: GenerateRange): number {
  return Math.floor((stop - start) / step) + 1;
}

/** A word with places for the number: `$`, `${offset[,width[,base]]}`; `$$` and `\$` are a dollar sign. */
export class GenerateTemplate {
  readonly #parts: readonly (string | Place)[];

  /** Throws {@link PresentationError}. */
  constructor(text: string) {
    this.#parts = scanParts(text);
  }

  /** The word for one number. Throws {@link PresentationError} when an offset makes the number negative. */
  fill(number: number): string {
    let text = '';
    for (const part of this.#parts) text += typeof part === 'string' ? part : showNumber(number, part);
    return text;
  }
}

// --- helpers ---

interface Place {
  readonly offset: number;
  /** Least number of characters; the dots of nibbles count. */
  readonly width: number;
  readonly base: string;
}

const PLAIN: Place = { offset: 0, width: 0, base: 'd' };
const MAX_NUMBER = 0x7fff_ffff;
/** No name and no character-string is longer. */
const MAX_WIDTH = 255;

function scanParts(text: string): (string | Place)[] {
  const parts: (string | Place)[] = [];
  let plain = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '\\') {
      plain += c + (text[++i] ?? ''); // escapes stay; `\$` becomes a dollar sign when the word is read
    } else if (c !== '$') {
      plain += c;
    } else if (text[i + 1] === '$') {
      plain += '$';
      i++;
    } else {
      parts.push(plain);
      plain = '';
      if (text[i + 1] === '{') {
        const end = text.indexOf('}', i);
        parts.push(scanPlace(text.slice(i + 2, end === -1 ? text.length : end), end !== -1));
        i = end === -1 ? text.length : end;
      } else {
        parts.push(PLAIN);
      }
    }
  }
  parts.push(plain);
  return parts.filter((part) => part !== '');
}

function scanPlace(text: string, isClosed: boolean): Place {
  const match = isClosed ? /^([-+]?\d{1,10})(?:,(\d{1,10})(?:,([doxXnN]))?)?$/.exec(text) : null;
  if (match === null) {
    throw new PresentationError(
      `'\${${text}${isClosed ? '}' : ''}' is not \${offset[,width[,base]]} with a base of d, o, x, X, n or N`,
    );
  }
  const [, offset = '0', width = '0', base = 'd'] = match;
  if (Number(width) > MAX_WIDTH) throw new PresentationError(`'\${${text}}' has a width over ${MAX_WIDTH}`);
  return { offset: Number(offset), width: Number(width), base };
}

function showNumber(number: number, { offset, width, base }: Place): string {
  const value = number + offset;
  if (value < 0 || value > MAX_NUMBER) {
    throw new PresentationError(`$ is ${number}, and the offset ${offset} makes it ${value}`);
  }
  switch (base) {
    case 'o':
      return value.toString(8).padStart(width, '0');
    case 'x':
      return value.toString(16).padStart(width, '0');
    case 'X':
      return value.toString(16).toUpperCase().padStart(width, '0');
    case 'n':
      return showNibbles(value, width);
    case 'N':
      return showNibbles(value, width).toUpperCase();
    default:
      return String(value).padStart(width, '0');
  }
}

/** Hexadecimal digits, lowest first, with dots between, as ip6.arpa has them. */
function showNibbles(number: number, width: number): string {
  let text = '';
  let value = number;
  do {
    text += (value & 15).toString(16);
    value >>>= 4;
    if (value !== 0 || text.length < width) text += '.';
  } while (value !== 0 || text.length < width);
  return text;
}
