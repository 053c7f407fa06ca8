// The policy line of a steered owner: STEERING.md §1.
import {
  type KeyRow,
  keyRow,
  scanChoice,
  scanKeys,
  scanList,
  scanWhole,
  showKeys,
  type Word,
  type WordFault,
} from './words.ts';

/** How members are ordered for a client, the most important first. */
export const RANK_WORDS = ['net', 'isp', 'asn', 'country', 'continent', 'distance'] as const;
export type RankWord = (typeof RANK_WORDS)[number];

/** The order inside a tier. */
export const ORDERS = ['rotate', 'weighted', 'shuffle', 'sticky', 'fixed'] as const;
export type Order = (typeof ORDERS)[number];

/** How a steered owner chooses. Every field has its default where the line does not say. */
export type Policy = Readonly<PolicyDraft>;

/** How few live members are too few: a number, or a share of the RRset that rounds up. */
export type Least = { readonly count: number } | { readonly percent: number };

interface PolicyDraft {
  rank: readonly RankWord[];
  /** Kilometres. */
  within: number;
  order: Order;
  /** The most records of an answer; `Infinity` for all. */
  take: number;
  /** Live members that the tiers taken hold at least. */
  need: number;
  min: Least;
  /** Seconds; `undefined`: the RRset's own. */
  ttl: { readonly low: number; readonly high: number } | undefined;
  /** Seconds. */
  settle: number;
  quorum: number;
  ecs: 'on' | 'off';
  /** Bits. */
  prefix: { readonly ipv4: number; readonly ipv6: number };
}

/** What a policy line says that says nothing. */
export const DEFAULT_POLICY: Policy = {
  rank: [],
  within: 100,
  order: 'rotate',
  take: Number.POSITIVE_INFINITY,
  need: 1,
  min: { count: 1 },
  ttl: undefined,
  settle: 300,
  quorum: 1,
  ecs: 'on',
  prefix: { ipv4: 24, ipv6: 56 },
};

/** Reads the words of a policy line. Where there are faults the policy is what could be read. */
export function scanPolicy(words: readonly Word[]): { policy: Policy; faults: readonly WordFault[] } {
  const policy: PolicyDraft = { ...DEFAULT_POLICY };
  const faults = scanKeys(policy, words, { what: 'a policy line', rows: POLICY_ROWS });
  return { policy, faults };
}

/** Shows a policy without what is as by default; never nothing, since a policy line has a word at least. */
export function showPolicy(policy: Policy): string {
  const words = showKeys(policy, POLICY_ROWS);
  return words.length === 0 ? `order=${policy.order}` : words.join(' ');
}

// --- keys ---

/** Half the way round the Earth, and a little more. */
const MAX_KM = 20_040;
/** RFC 2181 §8. */
const MAX_SECONDS = 0x7fff_ffff;
const MAX_COUNT = 65_535;

const count = (value: string) => scanWhole(value, 1, MAX_COUNT);
const seconds = (value: string) => scanWhole(value, 0, MAX_SECONDS);
const unless = <T>(usual: T) => {
  return (value: T): string | undefined => (value === usual ? undefined : `${value}`);
};

const POLICY_ROWS: readonly KeyRow<PolicyDraft>[] = [
  keyRow(
    'rank',
    `different words of ${RANK_WORDS.join(' ')} with commas between them`,
    (value) => scanList(value, (item) => scanChoice(item, RANK_WORDS)),
    (rank) => (rank.length === 0 ? undefined : rank.join(',')),
    RANK_WORDS,
  ),
  keyRow(
    'within',
    `kilometres from 0 to ${MAX_KM}`,
    (value) => scanWhole(value, 0, MAX_KM),
    unless(DEFAULT_POLICY.within),
  ),
  keyRow(
    'order',
    `one of ${ORDERS.join(' ')}`,
    (value) => scanChoice(value, ORDERS),
    unless(DEFAULT_POLICY.order),
    ORDERS,
  ),
  keyRow(
    'take',
    `a number from 1 to ${MAX_COUNT} or 'all'`,
    (value) => (value === 'all' ? DEFAULT_POLICY.take : count(value)),
    unless(DEFAULT_POLICY.take),
  ),
  keyRow('need', `a number from 1 to ${MAX_COUNT}`, count, unless(DEFAULT_POLICY.need)),
  keyRow('min', `a number from 0 to ${MAX_COUNT} or 0% to 100%`, scanLeast, showLeast),
  keyRow('ttl', `seconds, or LOW..HIGH with LOW not over HIGH, up to ${MAX_SECONDS}`, scanTtl, (ttl) =>
    ttl === undefined ? undefined : ttl.low === ttl.high ? `${ttl.low}` : `${ttl.low}..${ttl.high}`,
  ),
  keyRow('settle', `seconds up to ${MAX_SECONDS}`, seconds, unless(DEFAULT_POLICY.settle)),
  keyRow('quorum', `a number from 1 to ${MAX_COUNT}`, count, unless(DEFAULT_POLICY.quorum)),
  keyRow('ecs', `'on' or 'off'`, (value) => scanChoice(value, ['on', 'off']), unless(DEFAULT_POLICY.ecs), [
    'on',
    'off',
  ]),
  keyRow('prefix', 'prefix lengths as V4/V6, up to 32/128', scanPrefixes, ({ ipv4, ipv6 }) =>
    ipv4 === 24 && ipv6 === 56 ? undefined : `${ipv4}/${ipv6}`,
  ),
];

// --- values ---

function scanLeast(value: string): Least | undefined {
  if (value.endsWith('%')) {
    const percent = scanWhole(value.slice(0, -1), 0, 100);
    return percent === undefined ? undefined : { percent };
  }
  const number = scanWhole(value, 0, MAX_COUNT);
  return number === undefined ? undefined : { count: number };
}

function showLeast(least: Least): string | undefined {
  if ('percent' in least) return `${least.percent}%`;
  return least.count === 1 ? undefined : `${least.count}`;
}

function scanTtl(value: string): PolicyDraft['ttl'] {
  const [low = '', high = low, ...more] = value.split('..');
  const [lowest, highest] = [seconds(low), seconds(high)];
  if (lowest === undefined || highest === undefined || lowest > highest || more.length > 0) return undefined;
  return { low: lowest, high: highest };
}

function scanPrefixes(value: string): PolicyDraft['prefix'] | undefined {
  const [first = '', second = '', ...more] = value.split('/');
  const [ipv4, ipv6] = [scanWhole(first, 0, 32), scanWhole(second, 0, 128)];
  if (ipv4 === undefined || ipv6 === undefined || more.length > 0) return undefined;
  return { ipv4, ipv6 };
}
