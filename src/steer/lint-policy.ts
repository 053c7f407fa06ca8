// Warnings about the numbers of a policy line, and about words that have no effect.
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { showName } from '../wire/name.ts';
import type { Finding } from '../zone/finding.ts';
import {
  attributesOf,
  type LintOwner,
  lintFinding,
  membersOf,
  showFew,
  showSize,
  wordOf,
} from './lint-owner.ts';
import { leastLive } from './live.ts';
import { quote } from './words.ts';

/** The rules that compare the policy line with the number of members and with itself. */
export function* lintPolicy(owner: LintOwner): Iterable<Finding> {
  yield* lintNumbers(owner);
  yield* lintLowTtl(owner);
  yield* lintIdleWords(owner);
}

/**
 * The time in which a monitor finds that a member is down and says so, seconds: with its defaults it probes every 10
 * seconds and judges after the third failure in a row. With an answer that holds longer, most of the time that a
 * client is sent to a dead member is the fault of the TTL.
 */
export const MONITOR_SECONDS = 30;

function* lintNumbers(owner: LintOwner): Iterable<Finding> {
  const { policy, rrsets, policyLine: line } = owner;
  const most = Math.max(...rrsets.map(({ members }) => members.length));
  // With min=0 a single member can be pulled all the same: the answer is NODATA then.
  if (most === 1 && !('count' in policy.min && policy.min.count === 0)) {
    const what = rrsets.map(showSize).join(' and ');
    const message = `${showName(owner.steered)} has ${what} alone: there is nothing to choose, and a member judged down is answered all the same; add members, set 'min=0', or remove the policy`;
    yield lintFinding('single-member', owner, { line }, message);
    return;
  }
  for (const rrset of rrsets) {
    const size = rrset.members.length;
    if (policy.need > size) {
      const message = `'need=${policy.need}' is more than the ${showSize(rrset)}: every tier is always taken, backups too; need at most ${size}`;
      yield lintFinding('need-too-high', owner, { line, key: 'need' }, message);
    }
    const least = leastLive(policy.min, size);
    if (least < size || size < 2) continue;
    const over = least > size ? 'more than' : 'all of';
    const word = quote(wordOf(line, 'min')?.text ?? 'min');
    const message = `${word} is ${over} the ${showSize(rrset)}: as soon as one is judged down, all are answered again, so that no verdict has any effect; ask for fewer than ${size}`;
    yield lintFinding('min-too-high', owner, { line, key: 'min' }, message);
  }
}

function* lintLowTtl(owner: LintOwner): Iterable<Finding> {
  const { policy, policyLine: line } = owner;
  if (policy.ttl === undefined || policy.ttl.low < MONITOR_SECONDS) return;
  const word = wordOf(line, 'ttl')?.text ?? 'ttl';
  const message = `${quote(word)}: the low TTL of ${policy.ttl.low} s is not under the ${MONITOR_SECONDS} s in which a monitor finds a failure, so that clients keep a dead member longer than it takes to find it; lower it, to 15 for example`;
  yield lintFinding('low-ttl-too-long', owner, { line, key: 'ttl' }, message);
}

// --- words that have no effect ---

/** Policy words that need another one, and member words that the policy does not look at. */
function* lintIdleWords(owner: LintOwner): Iterable<Finding> {
  const { policy, policyLine: line } = owner;
  for (const [key, reason] of idlePolicyWords(owner)) {
    const word = wordOf(line, key);
    if (word === undefined) continue;
    const message = `${quote(word.text)} has no effect ${reason}, or remove the word`;
    yield lintFinding('idle-word', owner, { line, key }, message);
  }
  const isWeighted = policy.order === 'weighted' || policy.order === 'sticky';
  const ranks = (key: (typeof RANKED_BY)[number][1]): boolean => policy.rank.includes(key);
  for (const [key, rank] of RANKED_BY) {
    if (!ranks(rank)) yield* idleMemberWord(owner, key, `without 'rank=${rank}' in the policy line`);
  }
  if (!isWeighted) {
    yield* idleMemberWord(owner, 'weight', `with 'order=${policy.order}' (0 excepted): set 'order=weighted'`);
  }
}

/** Which rank word looks at which member word. */
const RANKED_BY = [
  ['net', 'net'],
  ['isp', 'isp'],
  ['asn', 'asn'],
  ['country', 'country'],
  ['continent', 'continent'],
  ['at', 'distance'],
  ['bias', 'distance'],
] as const;

function* idlePolicyWords(owner: LintOwner): Iterable<readonly [key: string, reason: string]> {
  const { policy, rrsets } = owner;
  if (!policy.rank.includes('distance')) yield ['within', "without 'rank=distance': add that"];
  if (policy.order !== 'sticky') yield ['prefix', "without 'order=sticky': add that"];
  if (policy.ttl === undefined || policy.ttl.low === policy.ttl.high) {
    yield ['settle', "without 'ttl=LOW..HIGH': add that"];
  }
  const hasBackup = [...membersOf(owner)].some(({ member }) => attributesOf(owner, member).backup);
  if (
    policy.need > 1 &&
    policy.rank.length === 0 &&
    !hasBackup &&
    rrsets.every(({ members }) => policy.need <= members.length)
  ) {
    yield ['need', "without 'rank=' or a backup, since all members are in one tier: add one"];
  }
  if (rrsets.every(({ type }) => type === RRType.CNAME)) {
    yield ['take', `for ${showType(RRType.CNAME)}, of which an answer always holds one: use addresses`];
  }
}

/** Says once for all member lines that hold the word. */
function* idleMemberWord(owner: LintOwner, key: string, reason: string): Iterable<Finding> {
  const lines = [...owner.lines.values()].filter((line) => {
    const word = wordOf(line, key);
    return word !== undefined && !/^weight=[01]$/.test(word.text);
  });
  const [line] = lines;
  if (line === undefined) return;
  const members = showFew(lines.map(({ member }) => member));
  const message = `'${key}=' of ${members} has no effect ${reason}, or remove the word`;
  yield lintFinding('idle-word', owner, { line, key }, message);
}
