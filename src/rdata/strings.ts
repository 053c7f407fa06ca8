// Text in RDATA: character-strings (RFC 1035 §3.3 and §5.1) and text that fills the rest of the RDATA.
import { latin1 } from '../base/latin1.ts';
import { MalformedMessageError, PresentationError } from '../wire/errors.ts';
import { scanEscape } from '../wire/name.ts';
import type { RdataField } from './descriptor.ts';
import type { Words } from './words.ts';

/** One character-string: a length octet and up to 255 octets. */
export function charString(what: string): RdataField {
  return {
    kind: what,
    parse: (reader) => {
      const size = reader.u8();
      reader.offset--;
      return reader.take(1 + size);
    },
    scan: (words) => scanCharString(words, what),
    show: (reader) => showQuoted(reader.take(reader.u8())),
  };
}

/** One character-string or more, to the end of the RDATA (TXT; RFC 1035 §3.3.14). */
export const CHAR_STRINGS: RdataField = {
  kind: 'text strings',
  parse: (reader) => {
    const start = reader.offset;
    if (reader.remaining === 0) throw new MalformedMessageError('no text string', start);
    while (reader.remaining > 0) reader.take(reader.u8());
    return reader.octets.subarray(start, reader.end);
  },
  scan: (words) => {
    const first = scanCharString(words, 'text string');
    if (words.remaining === 0) return first;
    const strings = [first];
    while (words.remaining > 0) strings.push(scanCharString(words, 'text string'));
    return concat(strings);
  },
  show: (reader) => {
    const texts: string[] = [];
    while (reader.remaining > 0) texts.push(showQuoted(reader.take(reader.u8())));
    return texts.join(' ');
  },
};

/** Text to the end of the RDATA without a length, one word (CAA, URI); at least `min` octets. */
export function restText(what: string, min: number): RdataField {
  return {
    kind: what,
    parse: (reader) => {
      if (reader.remaining < min) throw new MalformedMessageError(`empty ${what}`, reader.offset);
      return reader.take(reader.remaining);
    },
    scan: (words) => {
      const octets = scanOctets(words.peek() ?? words.take(what));
      if (octets.length < min) throw new PresentationError(`${what} is empty`);
      words.at++;
      return octets;
    },
    show: (reader) => showQuoted(reader.take(reader.remaining)),
  };
}

/** A property tag (CAA; RFC 8659 §4.1): 1 to 255 letters and digits, unquoted. */
export const TAG: RdataField = {
  kind: 'property tag',
  parse: (reader) => {
    const start = reader.offset;
    const tag = reader.take(reader.u8());
    if (!isTag(tag)) throw new MalformedMessageError('property tag is not letters and digits', start);
    return reader.octets.subarray(start, reader.offset);
  },
  scan: (words) => {
    const octets = scanCharString(words, 'property tag');
    return isTag(octets.subarray(1)) ? octets : words.fail('property tag (letters and digits)');
  },
  show: (reader) => latin1(reader.take(reader.u8())),
};

/** The octets of a word, escapes resolved. Throws {@link PresentationError}. */
export function scanOctets(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) {
      const escaped = scanEscape(text, i);
      octets[length++] = escaped.octet;
      i = escaped.last;
    } else {
      if (c > 255) throw new PresentationError(`character '${text[i]}' is not an octet`);
      octets[length++] = c;
    }
  }
  return octets.subarray(0, length);
}

/** Octets as a quoted string. */
function showQuoted(octets: Uint8Array): string {
  return `"${showOctets(octets)}"`;
}

/** Octets as text that is right inside quotes. */
export function showOctets(octets: Uint8Array): string {
  let text = '';
  for (const c of octets) {
    if (c === 34 || c === 92) text += `\\${String.fromCharCode(c)}`;
    else if (c < 32 || c > 126) text += `\\${String(c).padStart(3, '0')}`;
    else text += String.fromCharCode(c);
  }
  return text;
}

/** Octets as a word that needs no quotes; nothing in it means anything to a master file. */
export function showWord(octets: Uint8Array): string {
  return showOctets(octets).replaceAll(' ', '\\032').replace(/[();]/g, '\\$&');
}

/** One array of all these octets. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// --- helpers ---

function scanCharString(words: Words, what: string): Uint8Array {
  const text = words.peek() ?? words.take(what);
  const whole = text.includes('\\')
    ? concat([Uint8Array.of(0), scanOctets(text)])
    : new Uint8Array(1 + text.length);
  const size = whole.length - 1;
  if (size > 255) {
    throw new PresentationError(`${what} of ${size} octets; 255 is the most, split it into several`);
  }
  if (!text.includes('\\')) {
    for (let i = 0; i < size; i++) {
      const c = text.charCodeAt(i);
      if (c > 255) throw new PresentationError(`character '${text[i]}' is not an octet`);
      whole[i + 1] = c;
    }
  }
  whole[0] = size;
  words.at++;
  return whole;
}

function isTag(octets: Uint8Array): boolean {
  return octets.length > 0 && /^[0-9A-Za-z]+$/.test(latin1(octets));
}
