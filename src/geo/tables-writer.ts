import { FACT_WORDS } from './facts.ts';
import type { Layer, SourceNote } from './layer.ts';
import type { RangeList } from './range-list.ts';
import {
  checkOf,
  finerEntry,
  INDEX_WORDS,
  IPV4_ROW,
  IPV6_ROW,
  layoutOf,
  TABLES_MAGIC,
  TABLES_VERSION,
  TablesWord,
} from './tables-layout.ts';

/** What tables say about themselves; kept in them as JSON. */
export interface TablesText {
  /** What they were made from, as the caller names it. */
  readonly key: string;
  /** By number, from 1 on. */
  readonly sources: readonly SourceNote[];
  /** Operators, by number; the first is empty. */
  readonly names: readonly string[];
}

/** Writes a layer of locations into one shared buffer. */
export function writeTables({ ipv4, ipv6, facts }: Layer, about: TablesText): SharedArrayBuffer {
  const text = Buffer.from(JSON.stringify(about));
  const [ipv4Index, ipv6Index] = [indexOf(ipv4), indexOf(ipv6)];
  const [ipv4Finer, ipv6Finer] = [finerIndexOf(ipv4, ipv4Index), finerIndexOf(ipv6, ipv6Index)];
  const sizes = {
    ipv4Ranges: ipv4.length,
    ipv6Ranges: ipv6.length,
    ipv4Finer: ipv4Finer.entries.length,
    ipv6Finer: ipv6Finer.entries.length,
    locations: facts.count,
    textLength: text.length,
  };
  const layout = layoutOf(sizes, FACT_WORDS);
  const memory = new SharedArrayBuffer(4 * layout.words);
  const words = new Int32Array(memory);
  words[TablesWord.MAGIC] = TABLES_MAGIC;
  words[TablesWord.VERSION] = TABLES_VERSION;
  words[TablesWord.WORDS] = layout.words;
  words[TablesWord.IPV4_RANGES] = sizes.ipv4Ranges;
  words[TablesWord.IPV6_RANGES] = sizes.ipv6Ranges;
  words[TablesWord.LOCATIONS] = sizes.locations;
  words[TablesWord.TEXT_LENGTH] = sizes.textLength;
  words[TablesWord.IPV4_FINER] = sizes.ipv4Finer;
  words[TablesWord.IPV6_FINER] = sizes.ipv6Finer;
  words.set(ipv4Index, layout.ipv4.index);
  words.set(ipv4Finer.places, layout.ipv4.finerOf);
  words.set(ipv4Finer.entries, layout.ipv4.finer);
  for (let range = 0, at = layout.ipv4.rows; range < ipv4.length; range++, at += IPV4_ROW) {
    words[at] = ipv4.high[range] ?? 0;
    words[at + 1] = ipv4.values[range] ?? 0;
  }
  words.set(ipv6Index, layout.ipv6.index);
  words.set(ipv6Finer.places, layout.ipv6.finerOf);
  words.set(ipv6Finer.entries, layout.ipv6.finer);
  for (let range = 0, at = layout.ipv6.rows; range < ipv6.length; range++, at += IPV6_ROW) {
    words[at] = ipv6.high[range] ?? 0;
    words[at + 1] = ipv6.low[range] ?? 0;
    words[at + 2] = ipv6.values[range] ?? 0;
  }
  words.set(facts.words, layout.locations);
  new Uint8Array(memory).set(text, 4 * layout.text);
  words[TablesWord.CHECK] = checkOf(words);
  return memory;
}

/** For each value of the first 16 bits the range that holds the first such address; at the end, the last range. */
function indexOf(list: RangeList): Int32Array {
  const index = new Int32Array(INDEX_WORDS);
  let range = 0;
  for (let bits = 0; bits < INDEX_WORDS - 1; bits++) {
    const first = bits * 0x1_0000;
    while (range + 1 < list.length && startsBy(list, range + 1, first)) range++;
    index[bits] = range;
  }
  index[INDEX_WORDS - 1] = list.length - 1;
  return index;
}

/** Ranges with the same first 16 bits that are searched without a finer index. */
const FEW = 16;
/** Ranges of an entry of the finer index, about. */
const RANGES_PER_ENTRY = 4;

function finerIndexOf(
  list: RangeList,
  index: Int32Array,
): { readonly places: Int32Array; readonly entries: number[] } {
  const places = new Int32Array(INDEX_WORDS);
  const entries: number[] = [];
  for (let first = 0; first < INDEX_WORDS - 1; first++) {
    const [from, to] = [index[first] ?? 0, index[first + 1] ?? 0];
    if (to - from < FEW) continue;
    const bits = Math.min(16, Math.ceil(Math.log2((to - from) / RANGES_PER_ENTRY)));
    places[first] = finerEntry(entries.length, bits);
    let range = from;
    for (let value = 0; value < 1 << bits; value++) {
      const start = first * 0x1_0000 + value * 2 ** (16 - bits);
      while (range + 1 < list.length && startsBy(list, range + 1, start)) range++;
      entries.push(range);
    }
    entries.push(to);
  }
  return { places, entries };
}

/** Whether a range begins with an address whose first 32 bits are `first`, and 0 after, or before. */
function startsBy(list: RangeList, range: number, first: number): boolean {
  const high = list.high[range] ?? 0;
  return high < first || (high === first && (list.low[range] ?? 0) === 0);
}
