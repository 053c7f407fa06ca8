// What a member line says of its member: STEERING.md §2.
import { scanInstant, showInstant } from '../base/instant.ts';
import { type Network, scanNetwork, showNetwork } from '../base/network.ts';
import {
  type KeyRow,
  keyRow,
  quote,
  scanChoice,
  scanDecimal,
  scanKeys,
  scanList,
  scanWhole,
  showKeys,
  type Word,
  type WordFault,
} from './words.ts';

/** Where a member is; degrees. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** The two-letter codes that geography databases use. */
export const CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const;
export type Continent = (typeof CONTINENTS)[number];

/** What is said of one member. */
export type MemberAttributes = Readonly<MemberDraft>;

interface MemberDraft {
  at: Coordinates | undefined;
  /** 0 to 65535. */
  weight: number;
  /** The clients this member is for. */
  net: readonly Network[];
  isp: readonly string[];
  asn: readonly number[];
  /** ISO 3166 codes in capitals. */
  country: readonly string[];
  continent: readonly Continent[];
  /** Percent, -99 to 99. */
  bias: number;
  /** Stands in a tier after every member that is not. */
  backup: boolean;
  /** The operator's word, stronger than any verdict. */
  state: 'out' | 'up' | undefined;
  /** When `state` lapses; seconds since 1970. */
  until: number | undefined;
  /** Why, in a word. */
  reason: string | undefined;
}

/** What is said of a member that has no line. */
export const DEFAULT_ATTRIBUTES: MemberAttributes = {
  at: undefined,
  weight: 1,
  net: [],
  isp: [],
  asn: [],
  country: [],
  continent: [],
  bias: 0,
  backup: false,
  state: undefined,
  until: undefined,
  reason: undefined,
};

/** Reads the words after the member. Where there are faults the attributes are what could be read. */
export function scanAttributes(words: readonly Word[]): {
  attributes: MemberAttributes;
  faults: readonly WordFault[];
} {
  const attributes: MemberDraft = { ...DEFAULT_ATTRIBUTES };
  const faults = scanKeys(attributes, words, {
    what: 'a member line',
    rows: MEMBER_ROWS,
    bareWords: ['backup'],
    nearWords: ['down'],
    takeWord: (draft, word) => {
      if (word === 'backup') draft.backup = true;
      return word === 'backup';
    },
    otherKeys: {
      by: "belongs to a verdict line, which is 'MEMBER down by=KEY'",
      since: "belongs to a verdict line, which is 'MEMBER down by=KEY'",
    },
  });
  for (const { number, text } of words) {
    if (attributes.state === undefined && faults.length === 0 && /^(until|reason)=/.test(text)) {
      faults.push({
        word: number,
        message: `${quote(text)} without 'state=out' or 'state=up': add the state`,
      });
    }
  }
  return { attributes, faults };
}

/** Shows the words after the member, without what is as by default. */
export function showAttributes(attributes: MemberAttributes): string {
  const words = showKeys(attributes, MEMBER_ROWS);
  return (attributes.backup ? [...words, 'backup'] : words).join(' ');
}

// --- keys ---

const MAX_ASN = 0xffff_ffff;
const optional = (value: string | undefined) => value;
const list = (value: readonly unknown[]) => (value.length === 0 ? undefined : value.join(','));

const MEMBER_ROWS: readonly KeyRow<MemberDraft>[] = [
  keyRow('at', 'LATITUDE,LONGITUDE in degrees, such as 39.90,116.40', scanCoordinates, (at) =>
    at === undefined ? undefined : `${at.latitude},${at.longitude}`,
  ),
  keyRow(
    'weight',
    'a number from 0 to 65535',
    (value) => scanWhole(value, 0, 65_535),
    (weight) => (weight === 1 ? undefined : `${weight}`),
  ),
  keyRow(
    'net',
    'different networks such as 192.0.2.0/24 with commas between them, no bit set after the prefix',
    (value) => scanList(value, scanNetwork, showNetwork),
    (nets) => list(nets.map(showNetwork)),
  ),
  keyRow(
    'isp',
    'different names with commas between them',
    (value) => scanList(value, (item) => (item === '' ? undefined : item)),
    list,
  ),
  keyRow(
    'asn',
    `different AS numbers up to ${MAX_ASN} with commas between them`,
    (value) => scanList(value, (item) => scanWhole(item.replace(/^AS/i, ''), 0, MAX_ASN)),
    list,
  ),
  keyRow(
    'country',
    'different two-letter codes (ISO 3166) with commas between them',
    (value) => scanList(value, (item) => (/^[a-z]{2}$/i.test(item) ? item.toUpperCase() : undefined)),
    list,
  ),
  keyRow(
    'continent',
    `different codes of ${CONTINENTS.join(' ')} with commas between them`,
    (value) => scanList(value, (item) => scanChoice(item.toUpperCase(), CONTINENTS)),
    list,
    CONTINENTS,
  ),
  keyRow('bias', 'a whole number from -99 to 99', scanBias, (bias) => (bias === 0 ? undefined : `${bias}`)),
  keyRow('state', "'out' or 'up'", (value) => scanChoice(value, ['out', 'up']), optional, ['out', 'up']),
  keyRow('until', 'a time such as 2026-11-22T09:58:41Z (RFC 3339)', scanInstant, (until) =>
    until === undefined ? undefined : showInstant(until),
  ),
  keyRow('reason', 'a word', (value) => (value === '' ? undefined : value), optional),
];

// --- values ---

function scanCoordinates(value: string): Coordinates | undefined {
  const [first = '', second = '', ...more] = value.split(',');
  const [latitude, longitude] = [scanDecimal(first, -90, 90), scanDecimal(second, -180, 180)];
  if (latitude === undefined || longitude === undefined || more.length > 0) return undefined;
  return { latitude, longitude };
}

function scanBias(value: string): number | undefined {
  const size = scanWhole(value.replace(/^[+-]/, ''), 0, 99);
  return size === undefined ? undefined : value.startsWith('-') && size > 0 ? -size : size;
}
