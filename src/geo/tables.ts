import { GeoTablesError } from './errors.ts';
import { FACT_WORDS, FactFlag, FactWord, OriginShift, UNITS_PER_DEGREE, unpackCode } from './facts.ts';
import type { SourceNote } from './layer.ts';
import {
  HEADER_WORDS,
  INDEX_WORDS,
  IPV4_ROW,
  IPV6_ROW,
  layoutOf,
  TABLES_MAGIC,
  TABLES_VERSION,
  TablesWord,
} from './tables-layout.ts';
import type { TablesText } from './tables-writer.ts';

/** What is known of a location, for people. Absent fields are unknown. */
export interface Location {
  /** Degrees. */
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  /** The position is the country's centre of population. */
  readonly isCountryCentre: boolean;
  /** Why a database's position did not count. */
  readonly passedOver: 'accuracy radius of 1000 km or more' | 'default point of the country' | undefined;
  readonly country: string | undefined;
  readonly continent: string | undefined;
  readonly asn: number | undefined;
  readonly isp: string | undefined;
  /** Which source said it. A country centre comes from the source of the country. */
  readonly from: {
    readonly position: SourceNote | undefined;
    readonly country: SourceNote | undefined;
    readonly asn: SourceNote | undefined;
    readonly isp: SourceNote | undefined;
  };
}

/** Reads compiled tables: which location an address has, and what is known of locations. Looking up allocates nothing. */
export class GeoTables {
  readonly memory: SharedArrayBuffer;
  readonly locationCount: number;
  readonly ipv4Ranges: number;
  readonly ipv6Ranges: number;
  /** {@link IPV4_ROW} words a range: its first address and its location. */
  readonly ipv4Rows: Uint32Array;
  /** {@link IPV6_ROW} words a range: the upper 64 bits of its first address in two, and its location. */
  readonly ipv6Rows: Uint32Array;
  readonly #ipv4Index: Int32Array;
  readonly #ipv4FinerOf: Int32Array;
  readonly #ipv4Finer: Int32Array;
  readonly #ipv6Index: Int32Array;
  readonly #ipv6FinerOf: Int32Array;
  readonly #ipv6Finer: Int32Array;
  readonly #locations: Int32Array;
  readonly #text: Uint8Array;
  #about: TablesText | undefined;
  #ispNumbers: Map<string, readonly number[]> | undefined;

  /** Throws {@link GeoTablesError} for a buffer that this program did not write. For files: `openTables`. */
  constructor(memory: SharedArrayBuffer) {
    const header = new Int32Array(memory, 0, Math.min(HEADER_WORDS, Math.floor(memory.byteLength / 4)));
    const count = (word: number): number => (header[word] ?? 0) >>> 0;
    if (header[TablesWord.MAGIC] !== TABLES_MAGIC) throw new GeoTablesError('these are no compiled tables');
    if (header[TablesWord.VERSION] !== TABLES_VERSION) {
      throw new GeoTablesError(
        `compiled tables of version ${header[TablesWord.VERSION]}, not ${TABLES_VERSION}`,
      );
    }
    const sizes = {
      ipv4Ranges: count(TablesWord.IPV4_RANGES),
      ipv6Ranges: count(TablesWord.IPV6_RANGES),
      ipv4Finer: count(TablesWord.IPV4_FINER),
      ipv6Finer: count(TablesWord.IPV6_FINER),
      locations: count(TablesWord.LOCATIONS),
      textLength: count(TablesWord.TEXT_LENGTH),
    };
    const layout = layoutOf(sizes, FACT_WORDS);
    if (layout.words !== count(TablesWord.WORDS) || 4 * layout.words !== memory.byteLength) {
      throw new GeoTablesError(
        `compiled tables of ${memory.byteLength} octets should have ${4 * layout.words}`,
      );
    }
    const unsigned = (start: number, length: number) => new Uint32Array(memory, 4 * start, length);
    this.memory = memory;
    this.locationCount = sizes.locations;
    this.ipv4Ranges = sizes.ipv4Ranges;
    this.ipv6Ranges = sizes.ipv6Ranges;
    this.ipv4Rows = unsigned(layout.ipv4.rows, IPV4_ROW * sizes.ipv4Ranges);
    this.ipv6Rows = unsigned(layout.ipv6.rows, IPV6_ROW * sizes.ipv6Ranges);
    const signed = (start: number, length: number) => new Int32Array(memory, 4 * start, length);
    this.#ipv4Index = signed(layout.ipv4.index, INDEX_WORDS);
    this.#ipv4FinerOf = signed(layout.ipv4.finerOf, INDEX_WORDS);
    this.#ipv4Finer = signed(layout.ipv4.finer, sizes.ipv4Finer);
    this.#ipv6Index = signed(layout.ipv6.index, INDEX_WORDS);
    this.#ipv6FinerOf = signed(layout.ipv6.finerOf, INDEX_WORDS);
    this.#ipv6Finer = signed(layout.ipv6.finer, sizes.ipv6Finer);
    this.#locations = signed(layout.locations, FACT_WORDS * sizes.locations);
    this.#text = new Uint8Array(memory, 4 * layout.text, sizes.textLength);
  }

  // --- ranges ---

  /** The range that holds an IPv4 address: 32 bits, with or without a sign. */
  ipv4Range(address32: number): number {
    const rows = this.ipv4Rows;
    const address = address32 >>> 0;
    const bits = address >>> 16;
    const finer = this.#ipv4FinerOf[bits] ?? 0;
    let from = 0;
    let to = 0;
    if (finer === 0) {
      from = this.#ipv4Index[bits] ?? 0;
      to = (this.#ipv4Index[bits + 1] ?? 0) + 1;
    } else {
      const entry = (finer >>> 5) + ((address & 0xffff) >>> (16 - (finer & 31)));
      from = this.#ipv4Finer[entry] ?? 0;
      to = (this.#ipv4Finer[entry + 1] ?? 0) + 1;
    }
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if ((rows[middle * IPV4_ROW] ?? 0) <= address) from = middle;
      else to = middle;
    }
    return from;
  }

  /** The range that holds an IPv6 address, given as the two words of its upper 64 bits, with or without a sign. */
  ipv6Range(high32: number, low32: number): number {
    const rows = this.ipv6Rows;
    const high = high32 >>> 0;
    const low = low32 >>> 0;
    const bits = high >>> 16;
    const finer = this.#ipv6FinerOf[bits] ?? 0;
    let from = 0;
    let to = 0;
    if (finer === 0) {
      from = this.#ipv6Index[bits] ?? 0;
      to = (this.#ipv6Index[bits + 1] ?? 0) + 1;
    } else {
      const entry = (finer >>> 5) + ((high & 0xffff) >>> (16 - (finer & 31)));
      from = this.#ipv6Finer[entry] ?? 0;
      to = (this.#ipv6Finer[entry + 1] ?? 0) + 1;
    }
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      const there = rows[middle * IPV6_ROW] ?? 0;
      if (there < high || (there === high && (rows[middle * IPV6_ROW + 1] ?? 0) <= low)) from = middle;
      else to = middle;
    }
    return from;
  }

  /**
   * IPv6 is cut into cells, of 16 to 32 bits, by which ranges are looked up: the number of the cell that holds an address, given the
   * first word of it.
   */
  ipv6Cell(high: number): number {
    const bits = high >>> 16;
    const finer = this.#ipv6FinerOf[bits] ?? 0;
    return finer === 0 ? bits : INDEX_WORDS + (finer >>> 5) + ((high & 0xffff) >>> (16 - (finer & 31)));
  }

  /** How many bits the addresses of that cell have in common. */
  ipv6CellLength(high: number): number {
    return 16 + ((this.#ipv6FinerOf[high >>> 16] ?? 0) & 31);
  }

  /** The number of a cell is below this. */
  get ipv6Cells(): number {
    return INDEX_WORDS + this.#ipv6Finer.length;
  }

  /** The location of an IPv4 address; as {@link ipv4Range}. */
  ipv4Location(address: number): number {
    return this.ipv4Rows[this.ipv4Range(address) * IPV4_ROW + 1] ?? 0;
  }

  /** The location of an IPv6 address that holds no IPv4 address; as {@link ipv6Range}. */
  ipv6Location(high: number, low: number): number {
    return this.ipv6Rows[this.ipv6Range(high, low) * IPV6_ROW + 2] ?? 0;
  }

  // --- locations ---

  /** Whether `latitude` and `longitude` say anything. */
  isPlaced(location: number): boolean {
    return (this.#word(location, FactWord.ORIGIN) & FactFlag.POSITION) !== 0;
  }

  /** 1/10,000 degree. */
  latitude(location: number): number {
    return this.#word(location, FactWord.LATITUDE);
  }

  /** 1/10,000 degree. */
  longitude(location: number): number {
    return this.#word(location, FactWord.LONGITUDE);
  }

  /** The two letters in 16 bits, as `packCode` has them; 0: unknown. */
  country(location: number): number {
    return this.#word(location, FactWord.COUNTRY) & 0xffff;
  }

  /** As {@link country}. */
  continent(location: number): number {
    return this.#word(location, FactWord.COUNTRY) >>> 16;
  }

  /** 0: unknown. */
  asn(location: number): number {
    return this.#word(location, FactWord.ASN) >>> 0;
  }

  /** Number of the operator in {@link ispNames}; 0: unknown. */
  isp(location: number): number {
    return this.#word(location, FactWord.ISP);
  }

  /** All that is known of a location. */
  describe(location: number): Location {
    const origin = this.#word(location, FactWord.ORIGIN);
    const source = (shift: number) => this.sources[((origin >>> shift) & 0x0f) - 1];
    const isPlaced = this.isPlaced(location);
    const isCountryCentre = (origin & FactFlag.COUNTRY_CENTRE) !== 0;
    const passedOver =
      (origin & FactFlag.WIDE_RADIUS) !== 0
        ? 'accuracy radius of 1000 km or more'
        : (origin & FactFlag.DEFAULT_POINT) !== 0
          ? 'default point of the country'
          : undefined;
    return {
      latitude: isPlaced ? this.latitude(location) / UNITS_PER_DEGREE : undefined,
      longitude: isPlaced ? this.longitude(location) / UNITS_PER_DEGREE : undefined,
      isCountryCentre,
      passedOver,
      country: unpackCode(this.country(location)),
      continent: unpackCode(this.continent(location)),
      asn: this.asn(location) || undefined,
      isp: this.ispNames[this.isp(location)] || undefined,
      from: {
        position: source(isCountryCentre ? OriginShift.COUNTRY : OriginShift.POSITION),
        country: source(OriginShift.COUNTRY),
        asn: source(OriginShift.ASN),
        isp: source(OriginShift.ISP),
      },
    };
  }

  // --- about ---

  /** What these tables were made from, in the words of who had them made. */
  get key(): string {
    return this.#read().key;
  }

  /** The files they were made from, the most specific first. */
  get sources(): readonly SourceNote[] {
    return this.#read().sources;
  }

  /** Names of operators, by number. */
  get ispNames(): readonly string[] {
    return this.#read().names;
  }

  /** The numbers of an operator as a member line names it: without regard to case, `_` for spaces and commas. */
  ispNumbers(name: string): readonly number[] {
    if (this.#ispNumbers === undefined) {
      this.#ispNumbers = new Map();
      for (const [number, known] of this.ispNames.entries()) {
        const key = ispKey(known);
        if (number > 0) this.#ispNumbers.set(key, [...(this.#ispNumbers.get(key) ?? []), number]);
      }
    }
    return this.#ispNumbers.get(ispKey(name)) ?? [];
  }

  #word(location: number, word: number): number {
    return this.#locations[location * FACT_WORDS + word] ?? 0;
  }

  #read(): TablesText {
    this.#about ??= JSON.parse(Buffer.from(this.#text).toString('utf8'));
    return this.#about ?? { key: '', sources: [], names: [] };
  }
}

function ispKey(name: string): string {
  return name.toLowerCase().replace(/[ ,]+/g, '_');
}
