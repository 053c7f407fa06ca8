// The steering lines of one owner: the TXT records at _steer.<owner>. STEERING.md, head, §1, §2 and §7.
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';
import { showLine } from '../zone/steering-owner.ts';
import { scanMember, suggestedMember } from './member.ts';
import { type MemberAttributes, scanAttributes, showAttributes } from './member-line.ts';
import { type Policy, scanPolicy, showPolicy } from './policy-line.ts';
import { DOWN, scanVerdict, showVerdict, type Verdict } from './verdict-line.ts';
import { quote, splitLine, type WordFault } from './words.ts';

/** One line, by its kind. */
export type SteeringLine =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'member'; readonly member: string; readonly attributes: MemberAttributes }
  | { readonly kind: 'verdict'; readonly verdict: Verdict };

/** One thing wrong with the lines of an owner. */
export interface SteeringFault extends WordFault {
  /** The whole line; empty when the lines together are meant. */
  readonly line: string;
}

/** Everything said at one `_steer.<owner>`. */
export interface SteeringLines {
  /** `undefined`: the owner is not steered. */
  readonly policy: Policy | undefined;
  /** By member. */
  readonly members: ReadonlyMap<string, MemberAttributes>;
  readonly verdicts: readonly Verdict[];
  /** What is wrong; the lines it is wrong with are in none of the others. */
  readonly faults: readonly SteeringFault[];
}

/** Reads one line. Without faults there is a line. */
export function scanSteeringLine(text: string): {
  readonly line: SteeringLine | undefined;
  readonly faults: readonly WordFault[];
} {
  const words = splitLine(text);
  const [first, second] = words;
  if (first === undefined)
    return { line: undefined, faults: [{ word: 0, message: 'an empty line: remove it' }] };
  const member = scanMember(first.text);
  if (member === undefined && first.text.includes('=')) {
    const { policy, faults } = scanPolicy(words);
    return { line: faults.length > 0 ? undefined : { kind: 'policy', policy }, faults };
  }
  if (member === undefined) {
    const suggestion = suggestedMember(first.text);
    const hint = suggestion === undefined ? '' : `; did you mean ${quote(suggestion)}?`;
    const message = `${quote(first.text)}: an address or an absolute name expected at the beginning of a member line, or key=value in a policy line${hint}`;
    return { line: undefined, faults: [{ word: 1, message }] };
  }
  if (second?.text === DOWN) {
    const { verdict, faults } = scanVerdict(member, words.slice(2));
    return { line: verdict === undefined ? undefined : { kind: 'verdict', verdict }, faults };
  }
  const { attributes, faults } = scanAttributes(words.slice(1));
  return { line: faults.length > 0 ? undefined : { kind: 'member', member, attributes }, faults };
}

/** Shows one line, without what is as by default. */
export function showSteeringLine(line: SteeringLine): string {
  switch (line.kind) {
    case 'policy':
      return showPolicy(line.policy);
    case 'member':
      return `${line.member} ${showAttributes(line.attributes)}`.trimEnd();
    case 'verdict':
      return showVerdict(line.verdict);
    default:
      return line satisfies never;
  }
}

/** Reads all lines of an owner. Of lines where one is allowed the first counts. */
export function scanSteeringLines(texts: Iterable<string>): SteeringLines {
  const members = new Map<string, MemberAttributes>();
  const verdicts = new Map<string, Verdict>();
  const faults: SteeringFault[] = [];
  let policy: Policy | undefined;
  let lines = 0;
  let brokenPolicies = 0;
  for (const text of texts) {
    lines++;
    const { line, faults: found } = scanSteeringLine(text);
    for (const fault of found) faults.push({ line: text, ...fault });
    const again = (message: string) => faults.push({ line: text, word: 0, message });
    if (line === undefined) {
      if (/^ *[^ .:]+=/.test(text)) brokenPolicies++;
    } else if (line.kind === 'policy') {
      if (policy !== undefined) again('a second policy line: keep one');
      policy ??= line.policy;
    } else if (line.kind === 'member') {
      if (members.has(line.member)) again(`a second line for member ${line.member}: keep one`);
      else members.set(line.member, line.attributes);
    } else {
      const { member, by } = line.verdict;
      const key = `${member} ${showName(by)}`;
      if (verdicts.has(key)) again(`a second verdict of ${showName(by)} on ${member}: keep one`);
      else verdicts.set(key, line.verdict);
    }
  }
  if (policy === undefined && brokenPolicies === 0 && lines > 0) {
    const message = "lines without a policy line: add one, for example 'order=rotate'";
    faults.push({ line: '', word: 0, message });
  }
  return { policy, members, verdicts: [...verdicts.values()], faults };
}

/** The lines that `owner` (a `_steer.<owner>`) holds. */
export function steeringLinesOf(owner: Owner | undefined): SteeringLines {
  return scanSteeringLines((rrsetOf(owner, RRType.TXT)?.rdatas ?? []).map(showLine));
}

/** Shows a fault at `_steer` name `owner` in one sentence: owner, line, word, what to do. */
export function showSteeringFault(owner: DomainName, { line, word, message }: SteeringFault): string {
  if (line === '') return `${showName(owner)} TXT: ${message}`;
  const place = word === 0 ? '' : `, word ${word}`;
  return `${showName(owner)} TXT ${quote(line)}${place}: ${message}`;
}

/**
 * TXT RDATA with this line: one character-string where it fits, several, divided at spaces, where not. `undefined`
 * when a word alone has over 255 octets.
 */
export function composeSteeringLine(text: string): Uint8Array | undefined {
  const strings: string[] = [];
  for (const { text: word } of splitLine(text)) {
    if (word.length > MAX_STRING) return undefined;
    const last = strings.pop();
    if (last === undefined) strings.push(word);
    else if (last.length + 1 + word.length <= MAX_STRING) strings.push(`${last} ${word}`);
    else strings.push(last, word);
  }
  return Uint8Array.from(strings.flatMap((string) => [string.length, ...Buffer.from(string, 'latin1')]));
}

/** RFC 1035 §3.3: a character-string's length is one octet. */
const MAX_STRING = 255;
