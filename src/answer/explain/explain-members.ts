import { scanAddress } from '../../base/ip.ts';
import { isInNetwork, showNetwork } from '../../base/network.ts';
import { locate } from '../../geo/locate.ts';
import type { GeoTables } from '../../geo/tables.ts';
import type { MemberReport } from '../../steer/members-report.ts';
import type { RankWord } from '../../steer/policy-line.ts';
import { RRType } from '../../wire/iana.ts';
import type { SteeredChoice } from '../trace.ts';
import { placeOf } from './explain-address.ts';
import type { ExplainedDrop, ExplainedMember, ExplainedPlace, ExplainedTier } from './explanation.ts';

/** What the members of one RRset are explained by. */
export interface MembersQuestion {
  readonly type: number;
  readonly choice: SteeredChoice;
  readonly tiers: readonly ExplainedTier[];
  /** How they stand, by member. */
  readonly reports: readonly MemberReport[];
  /** The address that located the client. */
  readonly client: Uint8Array;
  readonly tables: GeoTables;
}

/** The members in the order of their tiers, and of each why it is in the answer or not. */
export function explainMembers(question: MembersQuestion): readonly ExplainedMember[] {
  const { choice, tiers } = question;
  const numbers = new Map(choice.choosing.members.map(({ member }, i) => [member, i]));
  return tiers.flatMap((tier) =>
    tier.members.map((member) => explainMember(question, tier, numbers.get(member) ?? 0)),
  );
}

function explainMember(question: MembersQuestion, tier: ExplainedTier, number: number): ExplainedMember {
  const { choice, reports } = question;
  const member = choice.choosing.members[number]?.member ?? '';
  const report = reports.find((each) => each.member === member) ?? unreported(member);
  const at = choice.records.indexOf(number);
  const byDistance = choice.choosing.rank.includes('distance');
  return {
    ...report,
    place: memberPlace(question, number),
    distance: byDistance ? choice.ranking.distance(number, choice.location) : undefined,
    matches: matchesOf(question, number),
    tier: tier.number,
    position: at < 0 ? undefined : at + 1,
    dropped: at < 0 ? dropOf(question, tier, report) : undefined,
  };
}

/** Why a member is not in the answer. */
function dropOf(question: MembersQuestion, tier: ExplainedTier, report: MemberReport): ExplainedDrop {
  const { choice, type, tiers } = question;
  const { take, need } = choice.choosing;
  const { member, state, isAnswered } = report;
  if (!isAnswered && state === 'out') return { reason: 'out', text: "out by the operator's word" };
  if (!isAnswered && state === 'down') return { reason: 'down', text: 'judged down' };
  if (!tier.isTaken) {
    const inHand = tiers.filter(({ isTaken }) => isTaken).flatMap(({ answering }) => answering).length;
    return { reason: 'tier', text: `tiers before it have ${inHand}, need=${need}` };
  }
  if (!tier.answering.includes(member)) {
    return { reason: 'weight', text: 'weight=0, and others of its tier are live' };
  }
  if (type === RRType.CNAME) return { reason: 'turn', text: 'one CNAME an answer, and it is not its turn' };
  return { reason: 'take', text: `take=${take} are before it` };
}

/** Where a member is taken to be. */
function memberPlace({ choice, tables }: MembersQuestion, number: number): ExplainedPlace | undefined {
  const place = choice.ranking.places[number];
  if (place === undefined) return undefined;
  const { latitude, longitude, isSaid } = place;
  if (isSaid)
    return { latitude, longitude, source: undefined, isCountryCentre: false, passedOver: undefined };
  const address = scanAddress(choice.choosing.members[number]?.member ?? '');
  if (address === undefined) return undefined;
  return placeOf(tables.describe(locate(tables, address, 0, address.length)));
}

/** By which rank words a member is for this client. */
function matchesOf({ choice, client, tables }: MembersQuestion, number: number): ExplainedMember['matches'] {
  const { choosing, ranking, kind, location } = choice;
  const matches: Partial<Record<RankWord, string>> = {};
  for (const word of choosing.rank) {
    if (word === 'distance' || !ranking.matches(number, word, kind, location)) continue;
    if (word === 'net') {
      const nets = (choosing.members[number]?.net ?? []).filter((net) => isInNetwork(net, client));
      const longest = nets.sort((a, b) => b.prefixLength - a.prefixLength)[0];
      matches.net = longest === undefined ? '' : showNetwork(longest);
    } else matches[word] = String(tables.describe(location)[word] ?? '');
  }
  return matches;
}

/** The zone has changed since the image was read: as little as is known. */
function unreported(member: string): MemberReport {
  return { member, state: 'live', isAnswered: true, operator: undefined, verdicts: [], attributes: '' };
}
