// Verdict lines: who says that a member is down. STEERING.md §7.
import { scanInstant, showInstant } from '../base/instant.ts';
import { PresentationError } from '../wire/errors.ts';
import { type DomainName, foldName, scanName, showName } from '../wire/name.ts';
import { type KeyRow, keyRow, scanKeys, showKeys, type Word, type WordFault } from './words.ts';

/** One key's word that a member is down. */
export interface Verdict {
  /** See `memberOf`. */
  readonly member: string;
  /** The key that says so. */
  readonly by: DomainName;
  /** Seconds since 1970. */
  readonly since: number | undefined;
  /** From then on the verdict does not count; seconds since 1970. */
  readonly until: number | undefined;
  /** Why, in a word. */
  readonly reason: string | undefined;
}

/** The second word of every verdict line. */
export const DOWN = 'down';

/** Reads the words after `down`. Without faults there is a verdict. */
export function scanVerdict(
  member: string,
  words: readonly Word[],
): { verdict: Verdict | undefined; faults: readonly WordFault[] } {
  const draft: VerdictDraft = { by: undefined, since: undefined, until: undefined, reason: undefined };
  const faults = scanKeys(draft, words, { what: 'a verdict line', rows: VERDICT_ROWS });
  const { by } = draft;
  if (faults.length === 0 && by === undefined) {
    faults.push({ word: 0, message: `a verdict line without 'by=KEY': say which key it is of` });
  }
  return { verdict: by === undefined || faults.length > 0 ? undefined : { member, ...draft, by }, faults };
}

/** Shows a whole verdict line. */
export function showVerdict(verdict: Verdict): string {
  const { member, by, since, until, reason } = verdict;
  return [member, DOWN, ...showKeys({ by, since, until, reason }, VERDICT_ROWS)].join(' ');
}

// --- keys ---

interface VerdictDraft {
  by: DomainName | undefined;
  since: number | undefined;
  until: number | undefined;
  reason: string | undefined;
}

const TIME = 'a time such as 2026-11-22T09:58:41Z (RFC 3339)';
const showTime = (seconds: number | undefined) => (seconds === undefined ? undefined : showInstant(seconds));

const VERDICT_ROWS: readonly KeyRow<VerdictDraft>[] = [
  keyRow('by', "a key's name, with its final dot", scanKeyName, (by) =>
    by === undefined ? undefined : showName(by),
  ),
  keyRow('since', TIME, scanInstant, showTime),
  keyRow('until', TIME, scanInstant, showTime),
  keyRow(
    'reason',
    'a word',
    (value) => (value === '' ? undefined : value),
    (reason) => reason,
  ),
];

/** Reads the name of a key, with its final dot, as lines have it. */
export function scanKeyName(value: string): DomainName | undefined {
  if (!value.endsWith('.')) return undefined;
  try {
    return foldName(scanName(value, undefined));
  } catch (error) {
    if (error instanceof PresentationError) return undefined;
    throw error;
  }
}
