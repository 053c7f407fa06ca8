/** What a buffer of compiled tables begins with: "WPGE" in the order of octets of this machine. */
export const TABLES_MAGIC = 0x5750_4745;
/** Stepped with every change of the layout or of what is compiled: older files are compiled again. */
export const TABLES_VERSION = 2;

/** Words of the header. Places are words from the beginning of the buffer. */
export const TablesWord = {
  MAGIC: 0,
  VERSION: 1,
  /** Of the whole buffer. */
  WORDS: 2,
  /** FNV-1a over all other words, to find files that were damaged: a text of another length may be no JSON. */
  CHECK: 3,
  IPV4_RANGES: 4,
  IPV6_RANGES: 5,
  LOCATIONS: 6,
  /** Octets. */
  TEXT_LENGTH: 7,
  IPV4_FINER: 8,
  IPV6_FINER: 9,
} as const;
export const HEADER_WORDS = 16;

/** One more than there are values of the first 16 bits. */
export const INDEX_WORDS = 65_537;

/** Words of a range; side by side, since a search is mostly waiting for memory. */
export const IPV4_ROW = 2;
export const IPV6_ROW = 3;

/** Where everything is; words. */
export interface TablesLayout {
  readonly ipv4: FamilyLayout;
  readonly ipv6: FamilyLayout;
  /** Rows as `facts.ts` has them. */
  readonly locations: number;
  /** JSON: `TablesText`. */
  readonly text: number;
  readonly words: number;
}

/** The tables of IPv4 or IPv6. */
export interface FamilyLayout {
  /** For each value of the first 16 bits the range that holds the first of these addresses, then the number of the last range. */
  readonly index: number;
  /** For each value of the first 16 bits the finer index below it: {@link finerEntry}; 0: there is none. */
  readonly finerOf: number;
  /** As the first index, by more bits. */
  readonly finer: number;
  /**
   * For every range its first address, and its location: {@link IPV4_ROW} words, or {@link IPV6_ROW}, in which the
   * address is its upper 64 bits.
   */
  readonly rows: number;
}

/** How many of each thing there are. */
export interface TablesSizes {
  readonly ipv4Ranges: number;
  readonly ipv6Ranges: number;
  /** Words. */
  readonly ipv4Finer: number;
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
  const family = (ranges: number, finer: number, row: number): FamilyLayout => ({
    index: section(INDEX_WORDS),
    finerOf: section(INDEX_WORDS),
    finer: section(finer),
    rows: section(row * ranges),
  });
  return {
    ipv4: family(sizes.ipv4Ranges, sizes.ipv4Finer, IPV4_ROW),
    ipv6: family(sizes.ipv6Ranges, sizes.ipv6Finer, IPV6_ROW),
    locations: section(sizes.locations * factWords),
    text: section(Math.ceil(sizes.textLength / 4)),
    words,
  };
}

/**
 * Some values of the first 16 bits have many ranges, above all in IPv6. Below those there is an index by the next 1 to 16 bits,
 * which begins at a word of the finer index and has one entry more than those bits have values.
 */
export function finerEntry(start: number, bits: number): number {
  return start * 32 + bits;
}

/** FNV-1a over all words but itself. */
export function checkOf(words: Int32Array): number {
  let check = 0x811c_9dc5;
  for (let i = 0; i < TablesWord.CHECK; i++) check = Math.imul(check ^ (words[i] ?? 0), 0x0100_0193);
  for (let i = TablesWord.CHECK + 1; i < words.length; i++)
    check = Math.imul(check ^ (words[i] ?? 0), 0x0100_0193);
  return check | 0;
}
