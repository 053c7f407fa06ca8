import type { DomainName } from '../wire/name.ts';

/** An error keeps a zone from being served; a warning is said and served. */
export type Severity = 'error' | 'warning';

/**
 * Every rule of the zone check; those of steering lines are in `src/steer/check.ts` and `src/steer/lint.ts`.
 * `docs/zone-checks.md` explains each, `test/zones/broken/<rule>.zone` breaks each; a test holds the three together.
 */
export const RULES = {
  'no-soa': 'error',
  'several-soa': 'error',
  'soa-below-apex': 'error',
  'no-apex-ns': 'error',
  'outside-zone': 'error',
  'cname-and-other-data': 'error',
  'several-cnames': 'error',
  'several-dnames': 'error',
  'cname-and-dname': 'error',
  'data-below-cut': 'error',
  'data-below-dname': 'error',
  'missing-glue': 'error',
  'ttl-range': 'error',
  'rrset-too-large': 'error',
  'steering-line': 'error',
  'unequal-ttls': 'warning',
  'target-is-alias': 'warning',
  'target-missing': 'warning',
  'wildcard-ns': 'warning',
  'wildcard-dname': 'warning',
  'nothing-to-steer': 'warning',
  'member-without-record': 'warning',
  'single-member': 'warning',
  'need-too-high': 'warning',
  'min-too-high': 'warning',
  'low-ttl-too-long': 'warning',
  'same-place': 'warning',
  'far-from-address': 'warning',
  'rank-in-vain': 'warning',
  'matches-nobody': 'warning',
  'idle-word': 'warning',
  'lapsed-line': 'warning',
  'cnames-to-live-view': 'warning',
} as const satisfies Record<string, Severity>;

/** The name of one rule. */
export type Rule = keyof typeof RULES;

/** One thing that is wrong with a zone. */
export interface Finding {
  readonly severity: Severity;
  readonly rule: Rule;
  readonly owner: DomainName;
  /** The RRset meant; `undefined` when the owner as a whole is meant. */
  readonly type?: number;
  /** The record meant. */
  readonly rdata?: Uint8Array;
  /** The word of this record's line that is meant, from 1 (steering lines). */
  readonly word?: number;
  /** What is wrong and what to do, without the owner's name. */
  readonly message: string;
}

/** A finding with the severity its rule has. */
export function finding(rule: Rule, owner: DomainName, type: number | undefined, message: string): Finding {
  const severity = RULES[rule];
  return type === undefined ? { severity, rule, owner, message } : { severity, rule, owner, type, message };
}
