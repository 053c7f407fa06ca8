/** What a buffer of compiled tables begins with: "WPGE" in the order of octets of this machine. */
export const TABLES_MAGIC = 0x5750_4745;
/** Stepped with every change of the layout or of what is compiled: older files are compiled again. */
export const TABLES_VERSION = 1;

/** Words of the header. Places are words from the beginning of the buffer. */
export const TablesWord = {
  MAGIC: 0,
  VERSION: 1,
  /** Of the whole buffer. */
  WORDS: 2,
  /** FNV-1a over the words after the header, to find files that were damaged. */
  CHECK: 3,
  IPV4_RANGES: 4,
  IPV6_RANGES: 5,
  LOCATIONS: 6,
  /** Octets. */
  TEXT_LENGTH: 7,
  IPV6_FINER: 8,
} as const;
export const HEADER_WORDS = 16;

/** One more than there are values of the first 16 bits. */
export const INDEX_WORDS = 65_537;

/** Words of a range of IPv6; side by side, since a search is mostly waiting for memory. */
export const IPV6_ROW = 3;

/** Where everything is; words. */
export interface TablesLayout {
  /** For each value of the first 16 bits the range that holds the first of these addresses, then the number of the last range. */
  readonly ipv4Index: number;
  readonly ipv6Index: number;
  /** For each value of the first 16 bits of IPv6 the finer index below it: {@link finerEntry}; 0: there is none. */
  readonly ipv6FinerOf: number;
  /** As the first index, by more bits. */
  readonly ipv6Finer: number;
  readonly ipv4Starts: number;
  readonly ipv4Locations: number;
  /** {@link IPV6_ROW} words a range: the upper 64 bits of its first address in two, and its location. */
  readonly ipv6Rows: number;
  /** Rows as `facts.ts` has them. */
  readonly locations: number;
  /** JSON: {@link TablesText}. */
  readonly text: number;
  readonly words: number;
}

/** How many of each thing there are. */
export interface TablesSizes {
  readonly ipv4Ranges: number;
  readonly ipv6Ranges: number;
  /** Words. */
  readonly ipv6Finer: number;
  readonly locations: number;
  /** Octets. */
  readonly textLength: number;
}

export function layoutOf(sizes: TablesSizes, factWords: number): TablesLayout {
  let words = HEADER_WORDS;
  const section = (length: number): number => {
    const start = words;
    words += length;
    return start;
  };
  return {
    ipv4Index: section(INDEX_WORDS),
    ipv6Index: section(INDEX_WORDS),
    ipv6FinerOf: section(INDEX_WORDS),
    ipv6Finer: section(sizes.ipv6Finer),
    ipv4Starts: section(sizes.ipv4Ranges),
    ipv4Locations: section(sizes.ipv4Ranges),
    ipv6Rows: section(IPV6_ROW * sizes.ipv6Ranges),
    locations: section(sizes.locations * factWords),
    text: section(Math.ceil(sizes.textLength / 4)),
    words,
  };
}

/**
 * IPv6 is crowded: a few values of the first 16 bits have most of the ranges. Below those there is an index by the next 1 to
 * 16 bits, which begins at a word of the finer index and has one entry more than those bits have values.
 */
export function finerEntry(start: number, bits: number): number {
  return start * 32 + bits;
}

/** FNV-1a over words. */
export function checkOf(words: Int32Array): number {
  let check = 0x811c_9dc5;
  for (let i = HEADER_WORDS; i < words.length; i++) check = Math.imul(check ^ (words[i] ?? 0), 0x0100_0193);
  return check | 0;
}
