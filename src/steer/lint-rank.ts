// Warnings about `rank`: words that nothing can satisfy, and members that it cannot tell apart.
import { scanAddress } from '../base/ip.ts';
import { showType } from '../rdata/table.ts';
import type { Finding } from '../zone/finding.ts';
import type { LintContext } from './lint.ts';
import { type KnownPlace, placeKey } from './lint-geo.ts';
import { attributesOf, type LintOwner, lintFinding, membersOf, showFew } from './lint-owner.ts';
import type { RankWord } from './policy-line.ts';

/** The rules that look at the rank list. */
export function* lintRank(owner: LintOwner, context: LintContext): Iterable<Finding> {
  const { policyLine: line } = owner;
  for (const rank of owner.policy.rank) {
    const reason = whyInVain(owner, rank, context);
    if (reason === undefined) continue;
    const message = `rank word '${rank}' orders nobody: ${reason}, or remove the word`;
    yield lintFinding('rank-in-vain', owner, { line, key: 'rank' }, message);
  }
  if (owner.policy.rank.includes('distance')) yield* lintSamePlaces(owner, context);
}

/** Why a rank word cannot tell any members apart, and what to do; `undefined` when it can. */
function whyInVain(owner: LintOwner, rank: RankWord, context: LintContext): string | undefined {
  const members = [...membersOf(owner)].map(({ member }) => member);
  if (rank === 'distance') {
    if (members.some((member) => mayHavePlace(owner, member, context))) return undefined;
    return 'no member has a place; give members their at=';
  }
  if (members.every((member) => attributesOf(owner, member)[rank].length === 0)) {
    return `no member has ${rank}=; give it to members`;
  }
  const geo = rank === 'isp' || rank === 'asn' ? context.geo() : undefined;
  if (geo === undefined) return undefined;
  if (rank === 'isp' && !geo.knowsIsps) {
    return 'the geography data knows the operator of no network; configure an ISP or ASN database or networks.csv';
  }
  if (rank === 'asn' && !geo.knowsAsns) {
    return 'the geography data knows the AS number of no network; configure an ASN database or networks.csv';
  }
  return undefined;
}

/** By its line, or by its address: where the tables are not at hand, they may know it. */
function mayHavePlace(owner: LintOwner, member: string, context: LintContext): boolean {
  if (attributesOf(owner, member).at !== undefined) return true;
  if (scanAddress(member) === undefined) return false;
  const geo = context.geo();
  return geo === undefined || geo.placeOf(member) !== undefined;
}

// --- members that share every tier ---

/** Members of one RRset that `rank` cannot tell apart for any client, as far as that is because of their place. */
function* lintSamePlaces(owner: LintOwner, context: LintContext): Iterable<Finding> {
  for (const { type, members } of owner.rrsets) {
    const groups = new Map<string, { place: KnownPlace; members: string[]; isSaid: boolean }>();
    for (const member of members) {
      const { at, backup, bias } = attributesOf(owner, member);
      const place = at === undefined ? context.geo()?.placeOf(member) : { ...at, centreOf: undefined };
      if (place === undefined) continue;
      const key = JSON.stringify([placeKey(place), backup, bias, attributesRanked(owner, member)]);
      const group = groups.get(key) ?? { place, members: [], isSaid: false };
      group.members.push(member);
      group.isSaid ||= at !== undefined;
      groups.set(key, group);
    }
    for (const group of groups.values()) {
      if (group.members.length < 2) continue;
      const { latitude, longitude, centreOf } = group.place;
      const why =
        centreOf === undefined || group.isSaid
          ? ''
          : `, the centre of ${centreOf}, since the geography data knows no more of them`;
      const message = `the ${showType(type)} members ${showFew(group.members)} are in one place (${latitude},${longitude}${why}): they share every tier; if they do not stand side by side, give each its at=`;
      yield lintFinding('same-place', owner, { line: lineOf(owner, group.members), key: 'at' }, message);
    }
  }
}

/** What the other words of the rank list look at. */
function attributesRanked(owner: LintOwner, member: string): readonly unknown[] {
  const attributes = attributesOf(owner, member);
  return owner.policy.rank.map((rank) => (rank === 'distance' ? [] : attributes[rank]));
}

/** The line of the last of the members that has one; otherwise the policy line. */
function lineOf(owner: LintOwner, members: readonly string[]) {
  const line = members.map((member) => owner.lines.get(member)).findLast((found) => found !== undefined);
  return line ?? owner.policyLine;
}
