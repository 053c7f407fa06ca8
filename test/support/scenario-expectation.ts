// What a scenario says must come back, taken apart by lines.
import { ROOT } from '../../src/wire/name.ts';
import { scanRecord, showFoldedRecord } from './rr.ts';

/** The sections that hold records, as expectations call them. */
export const SECTIONS = ['answer', 'authority', 'additional'] as const;
export type Section = (typeof SECTIONS)[number];

/** What is expected of one section. */
export interface SectionExpectation {
  readonly mode: 'set' | 'in order' | 'has' | 'any';
  /** The lines as written. */
  readonly lines: readonly string[];
  readonly records: readonly string[];
  /** Beginnings of records that must not be there: `www.example.test. 60`, or an owner. */
  readonly absent: readonly string[];
}

/** An expectation's lines, sorted by what they are about. */
export class Expectation {
  readonly summary: string;
  readonly size: string | undefined;
  /** What an `edns` line says. */
  readonly ednsWords: readonly string[] | undefined;
  readonly options: readonly string[];
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    const [first = '', ...rest] = lines;
    this.summary = first;
    this.#lines = rest;
    this.size = rest.find((line) => line.startsWith('size '));
    this.ednsWords = rest
      .find((line) => /^edns\b/.test(line))
      ?.split(/\s+/)
      .slice(1);
    this.options = rest.filter((line) => /^(nsid|ede|subnet|cookie|option)\b/.test(line));
    const known = /^(size|edns|nsid|ede|subnet|cookie|option|answer|authority|additional)\b/;
    const unknown = rest.find((line) => !known.test(line));
    if (unknown !== undefined) throw new Error(`no line of an expectation: '${unknown}'`);
  }

  section(section: Section): SectionExpectation {
    const lines = this.#lines.filter((line) => line.split(/\s+/)[0] === section);
    const texts = lines.map((line) => line.slice(section.length).trim());
    const mode = texts.includes('*')
      ? 'any'
      : texts.includes('has')
        ? 'has'
        : texts.includes('in order')
          ? 'in order'
          : 'set';
    const absent = texts.filter((text) => text.startsWith('not ')).map((text) => text.slice(4));
    const records = texts.filter(
      (text) => !['*', 'has', 'in order'].includes(text) && !text.startsWith('not '),
    );
    return { mode, lines, absent, records: records.map((text) => showFoldedRecord(scanRecord(text, ROOT))) };
  }
}
