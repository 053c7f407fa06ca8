// The steps of STEERING.md §3 for one RRset, as a person reads them.
import { basename } from 'node:path';
import { showKm } from '../../answer/explain/explain-tiers.ts';
import type {
  ExplainedMember,
  ExplainedOrder,
  ExplainedScope,
  ExplainedSteering,
  ExplainedTier,
  ExplainedTtl,
} from '../../answer/explain/explanation.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';
import { indent, showPlace } from './explain-words.ts';
import { showOpinions } from './member.ts';

/** Steps 1 to 10. */
export function showSteering(steering: ExplainedSteering, terminal: Terminal): string {
  const { policy, type, members, live, located, rank, tiers, need, order, take, ttl, scope } = steering;
  const all = members.length;
  const step = (number: number, title: string, text: string): string =>
    `${String(number).padStart(2)} ${title.padEnd(9)} ${text}\n`;
  return [
    `steered by ${policy.owner}: ${policy.line}\n\n`,
    step(1, 'members', `${all} ${type} record${all === 1 ? '' : 's'}`),
    step(2, 'live', `${live.live} of ${all}`),
    indent(showStates(members, live.quorum, terminal), 13),
    step(3, 'fail open', showFailOpen(live)),
    step(4, 'locate', located.why),
    step(5, 'rank', `${tiers.length} tier${tiers.length === 1 ? '' : 's'}`),
    indent(showTiers(tiers), 13),
    step(6, 'take', showTaken(tiers, need)),
    step(7, 'order', showOrder(order, tiers)),
    step(8, 'cut', take === undefined ? 'no: take=all' : `at most take=${take}`),
    indent(showMembers(members, rank.includes('distance'), terminal), 13),
    step(9, 'TTL', showTtl(ttl)),
    step(10, 'scope', showScope(scope)),
  ].join('');
}

// --- steps 1 to 3 ---

function showStates(members: readonly ExplainedMember[], quorum: number, terminal: Terminal): string {
  const rows = members.map((member) => [
    member.member,
    paint(terminal, COLOURS[member.state], member.state),
    showOpinions(member, quorum),
    member.attributes,
  ]);
  const titles = ['member', 'state', 'who says so', 'attributes'];
  const shown = rows.some((row) => row[2] !== '') ? [0, 1, 2, 3] : [0, 1, 3];
  return showTable(
    shown.map((i) => ({ title: titles[i] ?? '' })),
    rows.map((row) => shown.map((i) => row[i] ?? '')),
  );
}

const COLOURS = { live: 'green', down: 'red', out: 'yellow' } as const;

function showFailOpen({ live, least, failsOpen }: ExplainedSteering['live']): string {
  if (failsOpen) return `yes: ${live} live, min wants ${least}: members that are not live answer too`;
  return live < least
    ? `${live} live, min wants ${least}, but nobody else is left`
    : `no: ${live} live, min wants ${least}`;
}

// --- steps 5 to 8 ---

function showTiers(tiers: readonly ExplainedTier[]): string {
  const rows = tiers.map(({ number, members, what, why = '' }) => {
    return [`${number}`, shorten(members), what, why];
  });
  const columns = [
    { title: 'tier', align: 'right' },
    { title: 'members' },
    { title: 'for this client' },
    ...(rows.length > 1 ? [{ title: 'why not in the tier before' }] : []),
  ] as const;
  return showTable(columns, rows);
}

/** As many members as a column has room for. */
function shorten(members: readonly string[]): string {
  const shown = [...members];
  while (shown.length > 1 && shown.join(' ').length > MEMBERS_WIDTH) shown.pop();
  const more = members.length - shown.length;
  return `${shown.join(' ')}${more === 0 ? '' : ` and ${more} more`}`;
}

const MEMBERS_WIDTH = 40;

function showTaken(tiers: readonly ExplainedTier[], need: number): string {
  const taken = tiers.filter(({ isTaken }) => isTaken);
  if (taken.length === 0) return 'no tier: nobody answers';
  const numbers = taken
    .map(({ number, answering }) => `tier ${number} (${answering.length} answering)`)
    .join(', ');
  const last = taken.at(-1)?.number ?? 0;
  const passed = tiers.filter(({ number, isTaken }) => number < last && !isTaken).map(({ number }) => number);
  const empty = passed.length === 0 ? '' : `; nobody is live in tier ${passed.join(', ')}`;
  return `${numbers}: need=${need}${empty}`;
}

function showOrder({ order, period, key }: ExplainedOrder, tiers: readonly ExplainedTier[]): string {
  if (order === 'sticky') return `sticky: the same for all of ${key ?? 'the network'}`;
  if (order === 'fixed') return 'fixed: always the canonical order';
  if (period === undefined) return `${order}: by chance, so another query is answered in another order`;
  const counters = tiers
    .filter(({ counter }) => counter !== undefined)
    .map(({ number, counter }) => `tier ${number} is at ${counter}`);
  const turn =
    counters.length === 0
      ? 'each tier has one member, who is first'
      : `counter: ${counters.join(', ')}; ${period} turns until it begins anew`;
  return `${order}: ${turn}`;
}

function showMembers(members: readonly ExplainedMember[], hasPlaces: boolean, terminal: Terminal): string {
  const hasDistances = members.some(({ distance }) => distance !== undefined);
  const columns = [
    { title: 'answer' },
    { title: 'tier', align: 'right' },
    { title: 'member' },
    ...(hasDistances ? [{ title: 'distance', align: 'right' } as const] : []),
    ...(hasPlaces ? [{ title: 'place' }] : []),
    { title: 'why not' },
  ] as const;
  const rows = members
    .toSorted((a, b) => (a.position ?? members.length + 1) - (b.position ?? members.length + 1))
    .map((member) => [
      member.position === undefined ? '-' : paint(terminal, 'green', `${member.position}.`),
      `${member.tier}`,
      member.member,
      ...(hasDistances ? [showDistance(member)] : []),
      ...(hasPlaces ? [showMemberPlace(member)] : []),
      member.dropped?.text ?? '',
    ]);
  return showTable(columns, rows);
}

function showDistance({ distance }: ExplainedMember): string {
  if (distance === undefined) return 'not known';
  const { metres, biased } = distance;
  return metres === biased ? showKm(metres) : `${showKm(biased)} (${showKm(metres)} without bias)`;
}

function showMemberPlace({ place }: ExplainedMember): string {
  if (place === undefined) return 'not known';
  return `${showPlace(place)}, ${place.source === undefined ? 'its line' : basename(place.source)}`;
}

// --- steps 9 and 10 ---

function showTtl({ ttl, low, high, changedAt, settlesAt, heldLow }: ExplainedTtl): string {
  if (low === high) return `${ttl} s: there is one TTL`;
  if (heldLow === undefined) {
    const since =
      changedAt === undefined
        ? 'nothing has changed lately'
        : `unchanged since ${changedAt}, settled at ${settlesAt}`;
    return `${ttl} s, the high one of ${low}..${high}: all are live, ${since}`;
  }
  const last = changedAt === undefined ? '' : `; last changed at ${changedAt}`;
  const until = settlesAt === undefined ? '' : `; settles at ${settlesAt}`;
  return `${ttl} s, the low one of ${low}..${high}: ${heldLow}${last}${until}`;
}

function showScope(scope: ExplainedScope | undefined): string {
  if (scope === undefined) return 'none: the query has no Client Subnet option';
  const { bits, network, why, neighbour } = scope;
  if (bits === 0) return `0: ${why}`;
  const place = neighbour?.place === undefined ? '' : ` (${showPlace(neighbour.place)})`;
  const gets =
    neighbour === undefined
      ? ''
      : `${place}: ${neighbour.tiers.map((tier) => tier.join(' ')).join('; then ')}`;
  return `${bits}, all of ${network}; not shorter: ${why}${gets}`;
}
