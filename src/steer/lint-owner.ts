// One steered owner as the rules of steer/lint.ts look at it: its lines with their records, its members.
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import { type Finding, finding, type Rule } from '../zone/finding.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';
import { showLine, steeredOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { scanSteeringLine } from './lines.ts';
import { isSteeredType, memberOf } from './member.ts';
import { DEFAULT_ATTRIBUTES, type MemberAttributes } from './member-line.ts';
import type { Policy } from './policy-line.ts';
import type { Verdict } from './verdict-line.ts';
import { splitLine, type Word } from './words.ts';

/** A line and the record that holds it. */
export interface LintLine {
  readonly rdata: Uint8Array;
  readonly words: readonly Word[];
}

/** One member line. */
export interface LintMember extends LintLine {
  readonly member: string;
  readonly attributes: MemberAttributes;
}

/** One steered RRset. */
export interface LintRRset {
  readonly type: number;
  readonly members: readonly string[];
}

/** A `_steer.<owner>` without faults, and the RRsets that it steers. */
export interface LintOwner {
  /** `_steer.<owner>` */
  readonly name: DomainName;
  readonly steered: DomainName;
  readonly policy: Policy;
  readonly policyLine: LintLine;
  /** By member. */
  readonly lines: ReadonlyMap<string, LintMember>;
  readonly verdicts: readonly (LintLine & { readonly verdict: Verdict })[];
  readonly rrsets: readonly LintRRset[];
}

/** `undefined` where there is no policy, or where lines have faults: these are told first. */
export function lintOwnerOf(view: Pick<ZoneView, 'get'>, owner: Owner): LintOwner | undefined {
  const { name } = owner;
  const steered = steeredOwner(name);
  const lines = new Map<string, LintMember>();
  const verdicts: (LintLine & { verdict: Verdict })[] = [];
  let policy: (LintLine & { policy: Policy }) | undefined;
  for (const rdata of rrsetOf(owner, RRType.TXT)?.rdatas ?? []) {
    const text = showLine(rdata);
    const { line } = scanSteeringLine(text);
    const place = { rdata, words: splitLine(text) };
    if (line?.kind === 'verdict') {
      verdicts.push({ ...place, verdict: line.verdict });
    } else if (line?.kind === 'member' && !lines.has(line.member)) {
      lines.set(line.member, { ...place, member: line.member, attributes: line.attributes });
    } else if (line?.kind === 'policy' && policy === undefined) {
      policy = { ...place, policy: line.policy };
    } else {
      return undefined;
    }
  }
  if (steered === undefined || policy === undefined) return undefined;
  const rrsets = (view.get(steered)?.rrsets ?? [])
    .filter(({ type }) => isSteeredType(type))
    .map(({ type, rdatas }) => ({ type, members: rdatas.map((rdata) => memberOf(type, rdata)) }));
  return { name, steered, policy: policy.policy, policyLine: policy, lines, verdicts, rrsets };
}

/** What is said of a member; what is so by default where it has no line. */
export function attributesOf(owner: LintOwner, member: string): MemberAttributes {
  return owner.lines.get(member)?.attributes ?? DEFAULT_ATTRIBUTES;
}

/** Every member that there is a record of, with its type. */
export function* membersOf(owner: LintOwner): Iterable<{ readonly type: number; readonly member: string }> {
  for (const { type, members } of owner.rrsets) for (const member of members) yield { type, member };
}

/** The word `key=…` of a line, or `key` itself. */
export function wordOf(line: LintLine, key: string): Word | undefined {
  return line.words.find(({ text }) => text === key || text.startsWith(`${key}=`));
}

/** A finding about a word of a line, or without `key` about the line. */
export function lintFinding(
  rule: Rule,
  owner: LintOwner,
  { line, key }: { readonly line: LintLine; readonly key?: string },
  message: string,
): Finding {
  const found = finding(rule, owner.name, RRType.TXT, message);
  const word = key === undefined ? 1 : wordOf(line, key)?.number;
  return { ...found, rdata: line.rdata, word: word ?? 1 };
}

/** `4 A records`, `1 CNAME record`. */
export function showSize({ type, members }: LintRRset): string {
  return `${members.length} ${showType(type)} record${members.length === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and 5 more`. */
export function showFew(texts: readonly string[]): string {
  if (texts.length <= 2) return texts.join(' and ');
  return `${texts.slice(0, 2).join(', ')} and ${texts.length - 2} more`;
}
