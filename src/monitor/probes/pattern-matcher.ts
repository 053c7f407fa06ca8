import { type Context, createContext, Script } from 'node:vm';
import { messageOf } from '../../base/errors.ts';
import { ProbeFailure, ProbeOptionsError } from './errors.ts';

/**
 * Matches regular expressions that somebody else wrote against text that a stranger sent: with some of both, a match
 * takes years. `vm` stops it; that costs a thread each time, about 0.1 ms.
 */
export class PatternMatcher {
  #context: Context | undefined;
  readonly #script = new Script('pattern.test(text)');

  /** Whether it matches. Throws an inconclusive {@link ProbeFailure} when that is not known after 50 ms. */
  test(pattern: RegExp, text: string): boolean {
    this.#context ??= createContext({});
    Object.assign(this.#context, { pattern, text });
    try {
      return this.#script.runInContext(this.#context, { timeout: LIMIT_MS }) === true;
    } catch (error) {
      const evidence = `the pattern /${pattern.source}/ takes longer than ${LIMIT_MS} ms on ${text.length} characters; make it simpler`;
      throw new ProbeFailure(evidence, { cause: error, isInconclusive: true });
    } finally {
      Object.assign(this.#context, { pattern: undefined, text: undefined });
    }
  }
}

/** Reads a regular expression. Throws {@link ProbeOptionsError}. */
export function scanPattern(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw new ProbeOptionsError(`matches: ${messageOf(error)}`, { cause: error });
  }
}

// --- helpers ---

const LIMIT_MS = 50;
