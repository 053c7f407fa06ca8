// What strangers send, made fit for one line of a log.

/** `text` as one line: control characters as `\xHH`, white space as single blanks, at most `most` characters. */
export function oneLine(text: string, most = MAX_EVIDENCE): string {
  // cut before anything else is done with it: it may be long
  const line = text
    .slice(0, 4 * most)
    .trim()
    .replace(/\s+/g, ' ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeCharacter);
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** The beginning of what came, in quotes; or `nothing`. */
export function quote(octets: Uint8Array): string {
  if (octets.length === 0) return 'nothing';
  const text = Buffer.from(octets.subarray(0, MAX_QUOTE)).toString('latin1');
  return `'${oneLine(text, MAX_QUOTE)}${octets.length > MAX_QUOTE ? '…' : ''}'`;
}

/** Octets in a unit that people read: `812 octets`, `13 kB`. */
export function showSize(length: number): string {
  return length < 10_000 ? `${length} octets` : `${Math.round(length / 1000)} kB`;
}

/** Milliseconds as people read them: `0.4 ms`, `12 ms`. */
export function showMs(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

// --- helpers ---

const MAX_EVIDENCE = 300;
const MAX_QUOTE = 60;

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}
