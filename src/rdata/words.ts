import { PresentationError } from '../wire/errors.ts';

/**
 * The words of one record's RDATA in presentation format, escapes not yet resolved, quotes removed.
 * Characters are octets (code points 0–255).
 */
export class Words {
  readonly texts: readonly string[];
  /** Whether the word of the same index stood in quotes. */
  readonly quoted: readonly boolean[];
  /** Index of the next word; after a failure, of the word that was wrong (or `texts.length`). */
  at = 0;

  constructor(texts: readonly string[], quoted: readonly boolean[] = []) {
    this.texts = texts;
    this.quoted = quoted;
  }

  get remaining(): number {
    return this.texts.length - this.at;
  }

  /** The next word, without taking it; `undefined` at the end. */
  peek(): string | undefined {
    return this.texts[this.at];
  }

  /** Takes the next word. Throws {@link PresentationError} naming `expected` where there is none. */
  take(expected: string): string {
    const text = this.texts[this.at];
    if (text === undefined) throw new PresentationError(`${expected} expected, but the record ends here`);
    this.at++;
    return text;
  }

  /** Whether the word taken last stood in quotes. */
  get lastQuoted(): boolean {
    return this.quoted[this.at - 1] ?? false;
  }

  /** Throws {@link PresentationError} about the word taken last: `expected` was expected there. */
  fail(expected: string): never {
    this.at = Math.max(0, this.at - 1);
    throw new PresentationError(`${expected} expected, found '${this.texts[this.at] ?? ''}'`);
  }
}
