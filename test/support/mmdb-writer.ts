import { scanNetwork } from '../../src/base/network.ts';
import type { MmdbFile } from '../../src/geo/mmdb-file.ts';

/** A value of an MMDB record: whole numbers become uint32, others double. */
export type MmdbInput =
  | string
  | number
  | boolean
  | bigint
  | readonly MmdbInput[]
  | { readonly [field: string]: MmdbInput };

export interface MmdbOptions {
  readonly ipVersion?: 4 | 6;
  readonly recordSize?: 24 | 28 | 32;
  readonly databaseType?: string;
  /** IPv4 is found under ::ffff:0:0/96 and 2002::/16 too, as in MaxMind's files. */
  readonly aliases?: boolean;
  readonly buildEpoch?: number;
  /** Octets of zeros before the records, so that pointers to them are long. */
  readonly padding?: number;
  /** Maps are written where they belong instead of being pointed to: faster, for a million records. */
  readonly isFlat?: boolean;
  /** Fields of the metadata that are other than they should be; `undefined` leaves one out. */
  readonly metadata?: { readonly [field: string]: MmdbInput | undefined };
}

/**
 * Writes MMDB files (https://maxmind.github.io/MaxMind-DB/). Networks are inserted in the order of their prefix lengths: a
 * later one takes its addresses from an earlier one. Equal records, names of fields and texts are stored once.
 */
export class MmdbWriter {
  readonly #options: MmdbOptions;
  /** Two records a node: a node's number, EMPTY, or FIRST_DATA minus the number of data. */
  #tree = new Int32Array(2048).fill(EMPTY);
  #nodes = 1;
  readonly #data: DataWriter;
  readonly #offsets: number[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(options: MmdbOptions = {}) {
    this.#options = options;
    this.#data = new DataWriter(options.padding, options.isFlat);
  }

  /** Says `record` of a network such as `192.0.2.0/24`; in a file of IPv6 it goes below ::/96. */
  insert(network: string, record: MmdbInput): this {
    const scanned = scanNetwork(network);
    if (scanned === undefined) throw new Error(`no network: ${network}`);
    this.insertOctets(scanned.address, scanned.prefixLength, this.record(record));
    return this;
  }

  /** The number of a record that is like no other. */
  newRecord(record: MmdbInput): number {
    return this.#offsets.push(this.#data.write(record)) - 1;
  }

  /** The number of a record, for {@link insertOctets}. */
  record(record: MmdbInput): number {
    const text = JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#offsets.push(this.#data.write(record)) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  insertOctets(address: Uint8Array, prefixLength: number, record: number): void {
    const isWithin = address.length === 4 && this.#options.ipVersion !== 4;
    const skip = isWithin ? 96 : 0;
    this.#set(skip + prefixLength, FIRST_DATA - record, (bit) => {
      const own = bit - skip;
      return own < 0 ? 0 : ((address[own >> 3] ?? 0) >> (7 - (own & 7))) & 1;
    });
  }

  /**
   * Takes over all networks of another file: one of IPv6 before anything else is inserted, one of IPv4 below ::/96. `recordAt`
   * gives the number of the record for an offset in the file's data.
   */
  graft(file: MmdbFile, recordAt: (offset: number) => number): void {
    const first = this.#nodes;
    const tree = new Int32Array(Math.max(this.#tree.length, 4 * (first + file.nodeCount))).fill(EMPTY);
    tree.set(this.#tree);
    this.#tree = tree;
    this.#nodes += file.nodeCount;
    for (let place = 0; place < 2 * file.nodeCount; place++) {
      const record = recordOf(file, place);
      if (record < file.nodeCount) tree[2 * first + place] = first + record;
      else if (record > file.nodeCount) {
        tree[2 * first + place] = FIRST_DATA - recordAt(record - file.nodeCount - 16);
      }
    }
    if (file.ipVersion === 6) tree.copyWithin(0, 2 * first, 2 * first + 2);
    else this.#set(this.#options.ipVersion === 4 ? 0 : 96, first, () => 0);
  }

  build(): Buffer {
    const {
      recordSize = 24,
      ipVersion = 6,
      databaseType = 'Test',
      aliases = false,
      metadata = {},
    } = this.#options;
    if (aliases && ipVersion === 6) this.#alias();
    const tree = Buffer.alloc((this.#nodes * recordSize) / 4);
    for (let node = 0; node < this.#nodes; node++) {
      const [left, right] = [this.#pointer(2 * node), this.#pointer(2 * node + 1)];
      const at = (node * recordSize) / 4;
      if (recordSize === 24) {
        tree.writeUIntBE(left, at, 3);
        tree.writeUIntBE(right, at + 3, 3);
      } else if (recordSize === 28) {
        tree.writeUIntBE(left & 0xff_ffff, at, 3);
        tree[at + 3] = ((left >>> 24) << 4) | (right >>> 24);
        tree.writeUIntBE(right & 0xff_ffff, at + 4, 3);
      } else {
        tree.writeUInt32BE(left, at);
        tree.writeUInt32BE(right, at + 4);
      }
    }
    const about = new DataWriter();
    const fields = {
      node_count: this.#nodes,
      record_size: recordSize,
      ip_version: ipVersion,
      database_type: databaseType,
      languages: ['en'],
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: BigInt(this.#options.buildEpoch ?? 1_780_000_000),
      description: { en: 'made by a test' },
      ...metadata,
    };
    about.writeWhole(
      Object.fromEntries(Object.entries(fields).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))),
    );
    const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
    return Buffer.concat([tree, Buffer.alloc(16), this.#data.octets(), marker, about.octets()]);
  }

  // --- tree ---

  #pointer(place: number): number {
    const record = this.#tree[place] ?? EMPTY;
    if (record === EMPTY) return this.#nodes;
    return record >= 0 ? record : this.#nodes + 16 + (this.#offsets[FIRST_DATA - record] ?? 0);
  }

  #set(length: number, record: number, bitAt: (bit: number) => number): void {
    let place = 0;
    for (let bit = 0; bit < length; bit++) {
      if (bit > 0) place = 2 * this.#child(place);
      place += bitAt(bit);
    }
    if (length === 0) this.#tree.fill(record, 0, 2);
    else this.#tree[place] = record;
  }

  /** The node that a record leads to; what was said of it is said of both its halves. */
  #child(place: number): number {
    const record = this.#tree[place] ?? EMPTY;
    if (record >= 0) return record;
    const node = this.#nodes++;
    if (2 * node === this.#tree.length) {
      const larger = new Int32Array(2 * this.#tree.length).fill(EMPTY);
      larger.set(this.#tree);
      this.#tree = larger;
    }
    this.#tree[place] = node;
    this.#tree.fill(record, 2 * node, 2 * node + 2);
    return node;
  }

  #alias(): void {
    let start = 0;
    for (let bit = 0; bit < 96; bit++) start = this.#child(2 * start);
    this.#set(96, start, (bit) => (bit < 80 ? 0 : 1));
    this.#set(16, start, (bit) => (0x2002 >> (15 - bit)) & 1);
  }
}

/** One of the two records of a node in a file: `place` is twice the node's number, plus 1 for the right one. */
function recordOf({ tree, recordSize }: MmdbFile, place: number): number {
  const octet = (at: number): number => tree[at] ?? 0;
  const uint24 = (at: number): number => (octet(at) << 16) | (octet(at + 1) << 8) | octet(at + 2);
  const isRight = place % 2;
  const at = ((place - isRight) * recordSize) / 8;
  if (recordSize === 24) return uint24(at + 3 * isRight);
  if (recordSize === 32) return uint24(at + 4 * isRight) * 256 + octet(at + 4 * isRight + 3);
  const high = isRight === 1 ? octet(at + 3) & 0x0f : octet(at + 3) >> 4;
  return high * 0x100_0000 + uint24(at + 4 * isRight);
}

const EMPTY = -1;
const FIRST_DATA = -2;

/** libmaxminddb refuses metadata that has other types than the format says. */
const UINT16_FIELDS: ReadonlySet<string> = new Set([
  'record_size',
  'ip_version',
  'binary_format_major_version',
  'binary_format_minor_version',
  'accuracy_radius',
]);

function isUint16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

type Pointable = string | readonly MmdbInput[] | { readonly [field: string]: MmdbInput };

function placeName(value: Pointable): string {
  return typeof value === 'string' ? `"${value}` : JSON.stringify(value);
}

/** Writes values; texts that occur again, and maps within records unless it is flat, are pointers. */
class DataWriter {
  readonly #isFlat: boolean;
  #octets: Buffer;
  #length: number;
  readonly #places = new Map<string, number>();

  constructor(padding = 0, isFlat = false) {
    this.#isFlat = isFlat;
    this.#octets = Buffer.alloc(padding + (1 << 16));
    this.#length = padding;
  }

  octets(): Buffer {
    return Buffer.from(this.#octets.subarray(0, this.#length));
  }

  /** Returns where the value is. What it holds is written before it, to be pointed to. */
  write(value: MmdbInput): number {
    if (typeof value === 'object') this.#prepare(value);
    const at = this.#length;
    this.#value(value, true);
    return at;
  }

  /** As {@link write}, without pointers. */
  writeWhole(value: MmdbInput): void {
    this.#value(value, true);
  }

  #prepare(value: readonly MmdbInput[] | { readonly [field: string]: MmdbInput }): void {
    for (const [key, item] of Object.entries(value)) {
      if (!Array.isArray(value)) this.#once(key);
      if (typeof item === 'object') this.#prepare(item);
      if ((typeof item === 'object' && !this.#isFlat) || typeof item === 'string') this.#once(item);
    }
  }

  #once(value: Pointable): void {
    const name = placeName(value);
    if (this.#places.has(name)) return;
    const at = this.#length;
    this.#value(value, true);
    this.#places.set(name, at);
  }

  #value(value: MmdbInput, isPlain = false): void {
    if (!isPlain && (typeof value === 'object' || typeof value === 'string')) {
      const place =
        typeof value === 'object' && this.#isFlat ? undefined : this.#places.get(placeName(value));
      if (place !== undefined) {
        this.#pointer(place);
        return;
      }
    }
    if (typeof value === 'string') {
      const text = Buffer.from(value);
      this.#control(2, text.length);
      this.#put(text);
    } else if (typeof value === 'boolean') this.#control(14, value ? 1 : 0);
    else if (typeof value === 'bigint') this.#uint(9, value);
    else if (typeof value === 'number') {
      if (Number.isInteger(value) && value >= 0) this.#uint(6, BigInt(value));
      else {
        const double = Buffer.alloc(8);
        double.writeDoubleBE(value);
        this.#control(3, 8);
        this.#put(double);
      }
    } else if (Array.isArray(value)) {
      this.#control(11, value.length);
      for (const item of value) this.#value(item);
    } else {
      const entries = Object.entries(value);
      this.#control(7, entries.length);
      for (const [key, item] of entries) {
        this.#value(key);
        if (typeof item === 'number' && UINT16_FIELDS.has(key) && isUint16(item)) this.#uint(5, BigInt(item));
        else this.#value(item);
      }
    }
  }

  #uint(type: number, value: bigint): void {
    const hex = value === 0n ? '' : value.toString(16);
    const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    this.#control(type, octets.length);
    this.#put(octets);
  }

  #pointer(place: number): void {
    if (place < 2048) this.#put(Buffer.from([0x20 | (place >> 8), place & 0xff]));
    else if (place < 526_336) {
      const rest = place - 2048;
      this.#put(Buffer.from([0x28 | (rest >> 16), (rest >> 8) & 0xff, rest & 0xff]));
    } else if (place % 2 === 0) {
      const rest = place - 526_336;
      this.#put(Buffer.from([0x30 | (rest >> 24), (rest >> 16) & 0xff, (rest >> 8) & 0xff, rest & 0xff]));
    } else {
      // Any place can be written so; half of them are, for the sake of readers.
      const octets = Buffer.alloc(5);
      octets[0] = 0x38;
      octets.writeUInt32BE(place, 1);
      this.#put(octets);
    }
  }

  #control(type: number, size: number): void {
    const small = size < 29 ? size : size < 285 ? 29 : 30;
    const octets = type > 7 ? [small, type - 7] : [(type << 5) | small];
    if (small === 29) octets.push(size - 29);
    if (small === 30) octets.push((size - 285) >> 8, (size - 285) & 0xff);
    this.#put(Buffer.from(octets));
  }

  #put(octets: Uint8Array): void {
    if (this.#length + octets.length > this.#octets.length) {
      this.#octets = Buffer.concat([this.#octets], 2 * (this.#octets.length + octets.length));
    }
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
  }
}
