// The words of a steering line, and what can be wrong with them.
import { suggestionFor } from '../base/suggest.ts';

/** One word of a line. */
export interface Word {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** One thing that is wrong with a line: which word, and a sentence that says what and what to do. */
export interface WordFault {
  /** From 1; 0 when the line as a whole is meant. */
  readonly word: number;
  /** Lower case, no full stop; the word itself is in it. */
  readonly message: string;
}

/** A key of `key=value`: how its value is read, shown and explained. */
export interface KeyRow<D> {
  readonly key: string;
  /** What the value must be, for people: `seconds`. */
  readonly expected: string;
  /** The words that the value is made of, if it is made of given words. */
  readonly choices: readonly string[];
  /** Puts the value where it belongs; false when it is not what is expected. */
  set(draft: D, value: string): boolean;
  /** The value as text; `undefined` when the line need not say it. */
  show(draft: D): string | undefined;
}

/** Cuts a line at its spaces. */
export function splitLine(text: string): readonly Word[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word, i) => ({ number: i + 1, text: word }));
}

/** A row for the field of the same name. `show` gives `undefined` for what need not be said. */
export function keyRow<D, K extends keyof D & string>(
  key: K,
  expected: string,
  scan: (value: string) => D[K] | undefined,
  show: (value: D[K]) => string | undefined,
  choices: readonly string[] = [],
): KeyRow<D> {
  return {
    key,
    expected,
    choices,
    set(draft, value) {
      const scanned = scan(value);
      if (scanned === undefined) return false;
      draft[key] = scanned;
      return true;
    },
    show: (draft) => show(draft[key]),
  };
}

/** What {@link scanKeys} needs to know of a kind of line. */
export interface Grammar<D> {
  /** `a policy line`: for messages. */
  readonly what: string;
  readonly rows: readonly KeyRow<D>[];
  /** Takes a word without `=`; false when it is not known. */
  takeWord?(draft: D, word: string): boolean;
  /** Words without `=` that {@link takeWord} knows. */
  readonly bareWords?: readonly string[];
  /** Words of other kinds of line, which a mistyped word may have been meant to be. */
  readonly nearWords?: readonly string[];
  /** Something better to say of a key that is not in `rows`. */
  readonly otherKeys?: Readonly<Record<string, string>>;
}

/** Reads words into `draft`; returns everything that is wrong with them. */
export function scanKeys<D>(draft: D, words: readonly Word[], grammar: Grammar<D>): WordFault[] {
  const faults: WordFault[] = [];
  const seen = new Map<string, number>();
  for (const { number, text } of words) {
    const message = takeWord(draft, text, grammar);
    const key = text.split('=', 1)[0] ?? '';
    const first = seen.get(key);
    if (message !== undefined) faults.push({ word: number, message });
    else if (first !== undefined) {
      faults.push({
        word: number,
        message: `${quote(key)} a second time, after word ${first}: keep one of them`,
      });
    }
    if (first === undefined) seen.set(key, number);
  }
  return faults;
}

/** Shows what {@link scanKeys} reads. */
export function showKeys<D>(draft: D, rows: readonly KeyRow<D>[]): string[] {
  const words: string[] = [];
  for (const row of rows) {
    const value = row.show(draft);
    if (value !== undefined) words.push(`${row.key}=${value}`);
  }
  return words;
}

/** Text of a stranger as sentences show it: in quotes, on one line, cut when it is long. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  const escaped = cut.replace(/[^\x20-\x7e…]/g, (character) => {
    return `\\${String(character.charCodeAt(0)).padStart(3, '0')}`;
  });
  return `'${escaped}'`;
}

/** A sentence must fit into an Extended DNS Error beside everything else, and into a line of the log. */
const MAX_QUOTED = 100;

// --- values ---

/** A whole number without sign and leading zeros, or `undefined`. */
export function scanWhole(text: string, least: number, most: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

/** A decimal number such as `-39.90`, or `undefined`. */
export function scanDecimal(text: string, least: number, most: number): number | undefined {
  if (!/^-?[0-9]{1,6}(\.[0-9]{1,12})?$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

/** One of `choices`, or `undefined`. */
export function scanChoice<T extends string>(text: string, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === text);
}

/** A list with commas, not empty, nothing twice; or `undefined`. */
export function scanList<T>(
  text: string,
  scan: (item: string) => T | undefined,
  identity: (item: T) => unknown = (item) => item,
): readonly T[] | undefined {
  const items = new Map<unknown, T>();
  for (const part of text.split(',')) {
    const item = scan(part);
    if (item === undefined || items.has(identity(item))) return undefined;
    items.set(identity(item), item);
  }
  return [...items.values()];
}

// --- helpers ---

/** What is wrong with one word, if anything is. */
function takeWord<D>(draft: D, text: string, grammar: Grammar<D>): string | undefined {
  const { rows, bareWords = [], nearWords = [], otherKeys = {}, what } = grammar;
  const equals = text.indexOf('=');
  if (equals < 0) {
    if (grammar.takeWord?.(draft, text) === true) return undefined;
    const known = [...bareWords, ...nearWords, ...rows.map(({ key }) => key)];
    const form = bareWords.length === 0 ? 'key=value' : `key=value or '${bareWords.join("' or '")}'`;
    return `${quote(text)} in ${what}: ${form} expected${hint(text, known)}`;
  }
  const key = text.slice(0, equals);
  const row = rows.find((candidate) => candidate.key === key);
  if (row === undefined) {
    const other = otherKeys[key];
    if (other !== undefined) return `${quote(text)}: ${other}`;
    const suggestion = hint(
      key,
      rows.map((candidate) => candidate.key),
    );
    return `unknown key ${quote(key)} in ${what}${suggestion === '' ? `: ${rows.map((r) => r.key).join(' ')} are known` : suggestion}`;
  }
  if (row.set(draft, text.slice(equals + 1))) return undefined;
  return `${quote(text)}: ${row.expected} expected${valueHint(row, text.slice(equals + 1))}`;
}

function hint(text: string, known: readonly string[]): string {
  const suggestion = suggestionFor(text, known);
  return suggestion === undefined ? '' : `; did you mean '${suggestion}'?`;
}

/** The choice that was perhaps meant. */
function valueHint<D>(row: KeyRow<D>, value: string): string {
  const wrong = value.split(',').find((item) => !row.choices.includes(item));
  return wrong === undefined ? '' : hint(wrong, row.choices);
}
