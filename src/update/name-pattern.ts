// Which owners a grant is for.
import { PresentationError } from '../wire/errors.ts';
import {
  type DomainName,
  equalNames,
  foldName,
  isSubdomain,
  labelCount,
  scanName,
  showName,
} from '../wire/name.ts';

/** A set of names in one zone. */
export interface NamePattern {
  /** As it was written. */
  readonly text: string;
  /** From the left; a literal label is lower-case text in presentation format. */
  readonly labels: readonly PatternLabel[];
}

type PatternLabel = 'one label' | 'any labels' | { readonly literal: string };

/**
 * Reads a pattern: a name relative to the apex, `@` for the apex itself, in which `*` stands for exactly one label and
 * `**`, at most once, for any number of labels, none included: `**` is the whole zone, `**.lab` is lab and all below
 * it, `_acme-challenge.**` all names that begin so. `\*` is the asterisk itself. An absolute name must be in the zone.
 * Throws {@link PresentationError}.
 */
export function scanNamePattern(text: string, apex: DomainName): NamePattern {
  if (text === '@') return { text, labels: [] };
  const parts = splitLabels(text);
  const isAbsolute = parts.at(-1) === '' && parts.length > 1;
  if (isAbsolute) parts.pop();
  const labels = parts.map((part) => scanLabel(part, text));
  if (labels.filter((label) => label === 'any labels').length > 1) {
    throw new PresentationError(`'${text}' has '**' twice: once is enough`);
  }
  const own = showLabels(apex);
  const endsInApex = own.length > 0 && endsWith(labels, own);
  const relative = { text, labels: endsInApex ? labels.slice(0, -own.length) : labels };
  if (isAbsolute && !endsInApex && own.length > 0) {
    throw new PresentationError(`'${text}' is not in zone ${showName(apex)}`);
  }
  if (isAbsolute) return relative;
  if (endsInApex) {
    const meant = relative.labels.length === 0 ? '@' : parts.slice(0, -own.length).join('.');
    throw new PresentationError(`'${text}' is relative to ${showName(apex)}; did you mean '${meant}'?`);
  }
  return relative;
}

/** Whether the pattern, read for the zone of `apex`, holds `name`. */
export function matchesPattern({ labels }: NamePattern, name: DomainName, apex: DomainName): boolean {
  if (!isSubdomain(name, apex)) return false;
  if (labels.length === 0) return equalNames(name, apex);
  if (labels.length === 1 && labels[0] === 'any labels') return true; // the whole zone
  const own = showLabels(name).slice(0, labelCount(name) - labelCount(apex));
  const gap = labels.indexOf('any labels');
  if (gap < 0) return own.length === labels.length && labels.every((label, i) => matches(label, own[i]));
  const after = labels.slice(gap + 1);
  if (own.length < labels.length - 1) return false;
  return (
    labels.slice(0, gap).every((label, i) => matches(label, own[i])) &&
    after.every((label, i) => matches(label, own[own.length - after.length + i]))
  );
}

// --- helpers ---

function matches(label: PatternLabel, text: string | undefined): boolean {
  return typeof label === 'string' || label.literal === text;
}

function endsWith(labels: readonly PatternLabel[], texts: readonly string[]): boolean {
  const tail = labels.slice(-texts.length);
  return (
    tail.length === texts.length &&
    tail.every((label, i) => typeof label !== 'string' && label.literal === texts[i])
  );
}

function scanLabel(part: string, text: string): PatternLabel {
  if (part === '*') return 'one label';
  if (part === '**') return 'any labels';
  if (/(^|[^\\])\*/.test(part)) {
    throw new PresentationError(`'${text}': '*' stands for a whole label; '${part}' is a part of one`);
  }
  if (part === '') throw new PresentationError(`'${text}' has an empty label`);
  const [literal = ''] = showLabels(foldName(scanName(`${part}.`, undefined)));
  return { literal };
}

/** Splits at the dots that no backslash stands before. */
function splitLabels(text: string): string[] {
  const parts = [''];
  for (const [piece] of text.matchAll(/\\\d{3}|\\.|[^\\]|\\/gs)) {
    if (piece === '.') parts.push('');
    else parts.push(`${parts.pop() ?? ''}${piece}`);
  }
  return parts;
}

/** The labels of a name in presentation format, without the root's. */
function showLabels(name: DomainName): string[] {
  return splitLabels(showName(name)).filter((label) => label !== '');
}
