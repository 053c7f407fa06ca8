// The operator's word on a member: `state=`, `until=` and `reason=` of its line. STEERING.md §2.
import { WaypostError } from '../base/errors.ts';
import { scanInstant, showInstant } from '../base/instant.ts';
import { suggestionFor } from '../base/suggest.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { RR } from '../zone/record.ts';
import { showLine, steeredOwner, steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { composeSteeringLine, scanSteeringLine, scanSteeringLines, showSteeringFault } from './lines.ts';
import { memberOf, scanMember } from './member.ts';
import { describeMembers, type MembersReport, steeredRRsetsOf } from './members-report.ts';
import { quote, splitLine } from './words.ts';

/** What an operator says of a member, as it was written. */
export interface OperatorWord {
  /** Out, up, or `auto`: as monitors say, the operator's earlier word taken back. */
  readonly state: 'out' | 'up' | 'auto';
  /** When that lapses: a time (RFC 3339), or how long from now, such as `30m`, `2h` or `1d`. */
  readonly until: string | undefined;
  /** Why; what is between words becomes `-`. */
  readonly reason: string | undefined;
}

/** What comes of a word: the change of the member's line, and how the members then stand. */
export interface SpokenWord {
  /** In presentation format, see `memberOf`. */
  readonly member: string;
  /** Seconds since 1970. */
  readonly until: number | undefined;
  readonly reason: string | undefined;
  /** Both empty when that is what the line says already. */
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
  readonly report: MembersReport;
  /** What the operator should know, one sentence each. */
  readonly warnings: readonly string[];
}

/** A word that cannot be taken; the text says why and what to do. */
export class OperatorWordError extends WaypostError {
  readonly code = 'WP_OPERATOR_WORD';
}

/**
 * Puts a word on the member of `owner` that `memberText` names (an address in any form, or a CNAME target): the rest of
 * its line stays as it was written. A member without a line gets one; one with nothing to say goes. Throws
 * {@link OperatorWordError}.
 */
export function speakOperatorWord(
  view: ZoneView,
  owner: DomainName,
  memberText: string,
  word: OperatorWord,
  nowSeconds: number,
): SpokenWord {
  const at = expectSteered(view, owner);
  const lines = rrsetOf(view.get(at), RRType.TXT);
  const texts = (lines?.rdatas ?? []).map(showLine);
  const member = findMember(view, owner, memberText, texts);
  const { until, reason } = readWord(word, nowSeconds);

  const before = texts.findIndex((text) => isLineOf(member, text));
  const text = texts[before];
  const said = [
    ...(word.state === 'auto' ? [] : [`state=${word.state}`]),
    ...(until === undefined ? [] : [`until=${showInstant(until)}`]),
    ...(reason === undefined ? [] : [`reason=${reason}`]),
  ];
  const after = withWords(text, member, said);
  const record = (rdata: Uint8Array): RR => ({ owner: at, type: RRType.TXT, ttl: lines?.ttl ?? 0, rdata });
  const [old, made] = [lines?.rdatas[before], after === undefined ? undefined : composeSteeringLine(after)];
  const isSame = after === text || (text === undefined && said.length === 0);
  const removed = old === undefined || isSame ? [] : [record(old)];
  const added = made === undefined || isSame ? [] : [record(made)];

  const changed = texts.filter((_, i) => i !== before || isSame);
  if (!isSame && after !== undefined) changed.push(after);
  const report = describeMembers(view.get(owner), owner, changed, nowSeconds);
  return { member, until, reason, removed, added, report, warnings: warningsOf(report, member) };
}

/** The `_steer` name of an owner that is steered. Throws {@link OperatorWordError} for others. */
export function expectSteered(view: ZoneView, owner: DomainName): DomainName {
  const name = showName(owner);
  const meant = steeredOwner(owner);
  if (meant !== undefined) {
    throw new OperatorWordError(`${name} holds steering lines: name the owner itself, ${showName(meant)}`);
  }
  const found = view.get(owner);
  if (steeredRRsetsOf(found).length === 0) {
    const what = found === undefined ? 'no records' : 'no A, AAAA or CNAME records';
    throw new OperatorWordError(`${name} has ${what} in zone ${showName(view.apex)}, so it has no members`);
  }
  const at = steeringOwner(owner);
  const texts = (rrsetOf(at === undefined ? undefined : view.get(at), RRType.TXT)?.rdatas ?? []).map(
    showLine,
  );
  const { policy, faults } = scanSteeringLines(texts);
  if (at === undefined || policy === undefined) {
    const fault = texts.some((text) => /^ *[^ .:]+=/.test(text)) ? faults[0] : undefined;
    if (at !== undefined && fault !== undefined) {
      throw new OperatorWordError(
        `${name} is not steered, since its policy line is wrong: ${showSteeringFault(at, fault)}`,
      );
    }
    const example = `_steer.${name} TXT "order=rotate"`;
    throw new OperatorWordError(`${name} is not steered: add a policy line, for example ${example}`);
  }
  return at;
}

/**
 * Reads until when something is to hold: a time after `nowSeconds`, or a duration of weeks, days, hours, minutes and
 * seconds such as `1d12h`. Seconds since 1970; throws {@link OperatorWordError}.
 */
export function scanUntil(text: string, nowSeconds: number): number {
  const time = scanInstant(text);
  const duration = scanDuration(text);
  const until = time ?? (duration === undefined ? undefined : nowSeconds + duration);
  if (until === undefined) {
    const forms = 'a time such as 2026-11-22T09:58:41Z (RFC 3339), or a duration such as 30m, 2h or 1d,';
    throw new OperatorWordError(`until ${quote(text)}: ${forms} expected`);
  }
  if (until <= nowSeconds) {
    throw new OperatorWordError(`until ${quote(text)} is past: it is ${showInstant(nowSeconds)} now`);
  }
  if (until > nowSeconds + MAX_SECONDS) {
    throw new OperatorWordError(`until ${quote(text)} is over ten years away: leave it out to mean for ever`);
  }
  return until;
}

// --- the word ---

const MAX_SECONDS = 10 * 366 * 86_400;
const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
  ['w', 604_800],
]);

function scanDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhdw])+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, digits = '', unit = ''] of text.matchAll(/(\d+)(\D)/g)) {
    seconds += Number(digits) * (UNIT_SECONDS.get(unit.toLowerCase()) ?? 0);
  }
  return seconds;
}

function readWord(
  { state, until, reason }: OperatorWord,
  nowSeconds: number,
): { until: number | undefined; reason: string | undefined } {
  if (state === 'auto' && (until !== undefined || reason !== undefined)) {
    throw new OperatorWordError("'auto' takes the operator's word back: it has no until and no reason");
  }
  return {
    until: until === undefined ? undefined : scanUntil(until, nowSeconds),
    reason: reason === undefined ? undefined : readReason(reason),
  };
}

/** A line's words stand between spaces, so a reason is one word: `kernel update` becomes `kernel-update`. */
function readReason(text: string): string {
  const word = text.trim().replaceAll(/\s+/g, '-');
  if (/^[\x21-\x7e]{1,100}$/.test(word)) return word;
  throw new OperatorWordError(`reason ${quote(text)}: 1 to 100 ASCII characters expected`);
}

// --- the line ---

/** The line without an earlier word and with this one; `undefined` when it has nothing left to say. */
function withWords(text: string | undefined, member: string, said: readonly string[]): string | undefined {
  const words = text === undefined ? [member] : splitLine(text).map((word) => word.text);
  const kept = words.filter((word) => !/^(state|until|reason)=/.test(word));
  if (kept.length === words.length && said.length === 0) return text;
  return kept.length + said.length === 1 ? undefined : [...kept, ...said].join(' ');
}

function isLineOf(member: string, text: string): boolean {
  const { line } = scanSteeringLine(text);
  return line?.kind === 'member' && line.member === member;
}

function findMember(view: ZoneView, owner: DomainName, text: string, lines: readonly string[]): string {
  const members = steeredRRsetsOf(view.get(owner)).flatMap(({ type, rdatas }) =>
    rdatas.map((rdata) => memberOf(type, rdata)),
  );
  const member = scanMember(text) ?? scanMember(`${text}.`);
  if (member !== undefined && members.includes(member)) return member;
  // A line that stayed when its record went can still be cleared.
  if (member !== undefined && lines.some((line) => isLineOf(member, line))) return member;
  // Of addresses one is as near as another.
  const names = members.filter((known) => known.endsWith('.'));
  const meant = /[a-z]/i.test(text) && !text.includes(':') ? suggestionFor(text, names) : undefined;
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  const some = members.slice(0, MOST_LISTED).join(' ');
  const more = members.length > MOST_LISTED ? ` and ${members.length - MOST_LISTED} more` : '';
  const list = `its members are ${some}${more}`;
  throw new OperatorWordError(`${quote(text)} is no member of ${showName(owner)}: ${list}${hint}`);
}

/** Members that an error names. */
const MOST_LISTED = 20;

// --- what to know ---

function warningsOf({ owner, rrsets }: MembersReport, member: string): readonly string[] {
  const warnings: string[] = [];
  for (const { type, live, least, failsOpen, members } of rrsets) {
    if (live >= least || !members.some((row) => row.member === member)) continue;
    const answered = members.filter(({ isAnswered }) => isAnswered).map((row) => row.member);
    const count = `${live} of ${members.length} members live, fewer than the ${least} that min wants`;
    let then = `it answers ${answered.join(' ')}`;
    if (failsOpen) then = `it fails open and answers ${answered.join(' ')}`;
    if (failsOpen && members.every(({ state }) => state === 'out')) {
      then = `it fails open: since all are out, all are answered`;
    }
    warnings.push(`${owner} ${type}: ${count}; ${then}`);
  }
  for (const { type, live, members } of rrsets) {
    const isMeant = members.some((row) => row.member === member);
    if (isMeant && live === 0 && members.every(({ isAnswered }) => !isAnswered)) {
      warnings.push(`${owner} ${type}: no member is live, and with min=0 none is answered`);
    }
  }
  return warnings;
}
