import { COUNTRIES } from './countries.ts';
import { FACT_WORDS, FactFlag, type FactSet, FactWord, UNITS_PER_DEGREE, unpackCode } from './facts.ts';
import { type Layer, mergeRanges } from './layer.ts';
import { RangeList, RangeWriter } from './range-list.ts';
import { RowSet } from './row-set.ts';

/** Location number of an address of which nothing is known. */
export const UNKNOWN_LOCATION = 0;
/** "Location" of IPv6 networks whose addresses hold an IPv4 address, which is looked up instead. */
export const IPV4_WITHIN = 1;

/** Gives countries their centres, and numbers the different places: the facts of the layer returned are locations. */
export function locationsOf({ ipv4, ipv6, facts }: Layer): Layer {
  const locations = new RowSet(FACT_WORDS, Math.max(16, facts.count));
  const row = new Int32Array(FACT_WORDS);
  const within = new Int32Array(FACT_WORDS);
  within[FactWord.ORIGIN] = FactFlag.IPV4_WITHIN;
  locations.add(row);
  locations.add(within);
  const numbers = new Uint32Array(Math.max(1, facts.count));
  for (let number = 0; number < facts.count; number++) {
    for (let word = 0; word < FACT_WORDS; word++) row[word] = facts.word(number, word);
    numbers[number] = isNothing(facts, number) ? UNKNOWN_LOCATION : locations.add(placed(row));
  }
  return { ipv4: renumber(ipv4, numbers), ipv6: withoutIPv4(renumber(ipv6, numbers)), facts: locations };
}

function isNothing(facts: FactSet, number: number): boolean {
  const origin = facts.word(number, FactWord.ORIGIN);
  return origin >> SOURCES_SHIFT === 0;
}

const SOURCES_SHIFT = 8;

/** The row with the country's centre where there is a country and no position. */
function placed(row: Int32Array): Int32Array {
  const origin = row[FactWord.ORIGIN] ?? 0;
  if ((origin & FactFlag.POSITION) !== 0) {
    row[FactWord.ORIGIN] = origin & ~(FactFlag.WIDE_RADIUS | FactFlag.DEFAULT_POINT);
    return row;
  }
  const country = COUNTRIES.get(unpackCode((row[FactWord.COUNTRY] ?? 0) & 0xffff) ?? '');
  if (country === undefined) return row;
  row[FactWord.LATITUDE] = Math.round(country.latitude * UNITS_PER_DEGREE);
  row[FactWord.LONGITUDE] = Math.round(country.longitude * UNITS_PER_DEGREE);
  row[FactWord.ORIGIN] = origin | FactFlag.POSITION | FactFlag.COUNTRY_CENTRE;
  return row;
}

function renumber(ranges: RangeList, numbers: Uint32Array): RangeList {
  const renumbered = new RangeList(ranges.bits, Math.max(16, ranges.length));
  for (let i = 0; i < ranges.length; i++) {
    renumbered.append(ranges.high[i] ?? 0, ranges.low[i] ?? 0, numbers[ranges.values[i] ?? 0] ?? 0);
  }
  return renumbered;
}

/** IPv6 networks whose addresses hold an IPv4 address have no location of their own, whatever the sources say. */
function withoutIPv4(ipv6: RangeList): RangeList {
  const within = new RangeWriter(64, 16);
  within.write(0, 0, 0, 0, IPV4_WITHIN); // ::/64 with ::ffff:0:0/96
  within.write(0x0064_ff9b, 0, 0x0064_ff9b, 0, IPV4_WITHIN); // 64:ff9b::/64 with 64:ff9b::/96
  within.write(0x2001_0000, 0, 0x2001_0000, 0xffff_ffff, IPV4_WITHIN); // Teredo
  within.write(0x2002_0000, 0, 0x2002_ffff, 0xffff_ffff, IPV4_WITHIN); // 6to4
  return mergeRanges(within.list, ipv6, (over, under) => (over === 0 ? under : over));
}
