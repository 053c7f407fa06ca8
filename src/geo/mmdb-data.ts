// The data section of an MMDB file: https://maxmind.github.io/MaxMind-DB/
//
// Read here and not by mmdb-lib, for two reasons. A file may be broken or made to harm: here every read checks its bounds, a
// pointer is followed once and nothing is visited more often than the file's length allows. And compiling needs five fields of
// 300,000 records that hold names in eight languages: what is not wanted is passed over, not made into objects.

/** A file that is not as the format wants it; the message says where. */
export class MmdbFormatError extends Error {}

/** Which fields of a map are wanted: a slot for a value, or the fields of a map within. */
export type Wanted = ReadonlyMap<string, number | Wanted>;

/** A text or a number of a field. */
export type Scalar = string | number | undefined;

/** Any value, read whole. */
export type MmdbValue = string | number | bigint | boolean | Uint8Array | readonly MmdbValue[] | MmdbMap;
export interface MmdbMap {
  readonly [field: string]: MmdbValue;
}

/** MaxMind DB "Data Field Format". */
const Type = {
  POINTER: 1,
  TEXT: 2,
  DOUBLE: 3,
  BYTES: 4,
  UINT16: 5,
  UINT32: 6,
  MAP: 7,
  INT32: 8,
  UINT64: 9,
  UINT128: 10,
  ARRAY: 11,
  BOOLEAN: 14,
  FLOAT: 15,
} as const;

/** Reads values from one section of a file. Offsets count from the section's beginning, as pointers do. */
export class MmdbData {
  readonly #octets: Buffer;
  readonly #view: DataView;
  readonly #texts = new Map<number, string>();
  /** Values that may still be visited: against files in which everything points to everything. */
  #steps: number;
  // What `#open` found: the value's type and size, where its payload begins, and what comes after a pointer to it.
  #type = 0;
  #size = 0;
  #payload = 0;
  #after = -1;

  /** `section` is not copied. */
  constructor(section: Uint8Array, steps: number) {
    this.#octets = Buffer.from(section.buffer, section.byteOffset, section.byteLength);
    this.#view = new DataView(section.buffer, section.byteOffset, section.byteLength);
    this.#steps = steps;
  }

  /**
   * Reads the wanted fields of the map at `offset` into their slots; what has another type than a field should have is
   * passed over. Names of the map's fields go to `found`. Throws {@link MmdbFormatError}.
   */
  fields(offset: number, wanted: Wanted, slots: Scalar[], found?: Set<string>): void {
    this.#fields(offset, wanted, slots, found, 0);
  }

  /** Reads the value at `offset` whole. Throws {@link MmdbFormatError}. */
  value(offset: number): MmdbValue {
    return this.#whole(offset, 0).value;
  }

  // --- one value ---

  /** Looks at the value at `offset`, or at what it points to. */
  #open(offset: number): void {
    this.#after = -1;
    this.#control(offset);
    if (this.#type !== Type.POINTER) return;
    const after = this.#payload;
    this.#control(this.#size);
    if (this.#type === Type.POINTER)
      throw new MmdbFormatError(`a pointer to a pointer at ${offset} of the data`);
    this.#after = after;
  }

  /** As {@link #open}, but of a pointer `#size` is where it points, and `#payload` what comes after it. */
  #control(offset: number): void {
    if (--this.#steps < 0) throw new MmdbFormatError('its records refer to each other without end');
    const control = this.#octet(offset);
    let at = offset + 1;
    let type = control >> 5;
    if (type === Type.POINTER) {
      this.#type = type;
      this.#pointer(control, at);
      return;
    }
    if (type === 0) {
      type = 7 + this.#octet(at++);
      if (type === 7) throw new MmdbFormatError(`a value of no type at ${offset} of the data`);
    }
    let size = control & 0x1f;
    if (size >= 29) {
      const more = size - 28;
      size = (LONG_SIZES[more] ?? 0) + this.#uint(at, more);
      at += more;
    }
    this.#type = type;
    this.#size = size;
    this.#payload = at;
  }

  #pointer(control: number, at: number): void {
    const length = ((control >> 3) & 3) + 1;
    const rest = this.#uint(at, length);
    if (length === 1) this.#size = ((control & 7) << 8) + rest;
    else if (length === 2) this.#size = ((control & 7) << 16) + rest + 2048;
    else if (length === 3) this.#size = ((control & 7) << 24) + rest + 526_336;
    else this.#size = rest;
    this.#payload = at + length;
  }

  /** Where the value after the scalar that was opened begins. */
  #next(): number {
    return this.#after >= 0 ? this.#after : this.#payload + this.#scalarLength();
  }

  #scalarLength(): number {
    return this.#type === Type.BOOLEAN ? 0 : this.#size;
  }

  // --- wanted fields ---

  #fields(
    offset: number,
    wanted: Wanted,
    slots: Scalar[],
    found: Set<string> | undefined,
    depth: number,
  ): number {
    this.#open(offset);
    if (this.#type !== Type.MAP) {
      if (depth === 0) throw new MmdbFormatError(`the record at ${offset} of the data is no map`);
      return this.#pass(offset, depth);
    }
    const after = this.#after;
    const count = this.#size;
    let at = this.#payload;
    for (let i = 0; i < count; i++) {
      const key = this.#key(at);
      at = this.#next();
      found?.add(key);
      const want = wanted.get(key);
      if (want === undefined) at = this.#pass(at, depth);
      else if (typeof want === 'number') at = this.#scalar(at, slots, want, depth);
      else at = this.#fields(at, want, slots, undefined, depth + 1);
    }
    return after >= 0 ? after : at;
  }

  #scalar(offset: number, slots: Scalar[], slot: number, depth: number): number {
    this.#open(offset);
    const value = this.#type === Type.MAP || this.#type === Type.ARRAY ? undefined : this.#scalarValue();
    if (typeof value !== 'string' && typeof value !== 'number') return this.#pass(offset, depth);
    slots[slot] = value;
    return this.#next();
  }

  /** Passes over the value at `offset`: returns where the next one begins. Pointers are not followed. */
  #pass(offset: number, depth: number): number {
    this.#control(offset);
    if (this.#type === Type.POINTER) return this.#payload;
    if (this.#type !== Type.MAP && this.#type !== Type.ARRAY) return this.#payload + this.#scalarLength();
    if (depth > MAX_DEPTH) throw new MmdbFormatError(`more than ${MAX_DEPTH} values within each other`);
    let at = this.#payload;
    for (let left = this.#type === Type.MAP ? 2 * this.#size : this.#size; left > 0; left--) {
      at = this.#pass(at, depth + 1);
    }
    return at;
  }

  #key(offset: number): string {
    this.#open(offset);
    if (this.#type !== Type.TEXT)
      throw new MmdbFormatError(`a field without a name at ${offset} of the data`);
    return this.#text();
  }

  /** What was opened; no map and no array. */
  #scalarValue(): Exclude<MmdbValue, readonly MmdbValue[] | MmdbMap> | undefined {
    const { view, size, at } = { view: this.#view, size: this.#size, at: this.#payload };
    if (this.#type === Type.BOOLEAN) return size !== 0;
    if (at + size > this.#octets.length) throw new MmdbFormatError(`a value at ${at} goes beyond the data`);
    switch (this.#type) {
      case Type.TEXT:
        return this.#text();
      case Type.DOUBLE:
        if (size !== 8) throw new MmdbFormatError(`a double of ${size} octets at ${at} of the data`);
        return view.getFloat64(at);
      case Type.FLOAT:
        if (size !== 4) throw new MmdbFormatError(`a float of ${size} octets at ${at} of the data`);
        return view.getFloat32(at);
      case Type.UINT16:
      case Type.UINT32:
        return this.#uint(at, size);
      case Type.INT32:
        return this.#uint(at, size) | 0;
      case Type.UINT64:
      case Type.UINT128:
        return this.#octets.subarray(at, at + size).reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
      case Type.BYTES:
        return this.#octets.subarray(at, at + size);
      default:
        return undefined;
    }
  }

  /** The text that was opened. Texts that are pointed to are kept: names of fields, countries, operators. */
  #text(): string {
    const [at, size] = [this.#payload, this.#size];
    const known = this.#texts.get(at);
    if (known !== undefined) return known;
    if (at + size > this.#octets.length) throw new MmdbFormatError(`a text at ${at} goes beyond the data`);
    const text = this.#octets.toString('utf8', at, at + size);
    if (this.#texts.size < MAX_TEXTS) this.#texts.set(at, text);
    return text;
  }

  // --- whole values ---

  #whole(offset: number, depth: number): { readonly value: MmdbValue; readonly next: number } {
    if (depth > MAX_DEPTH) throw new MmdbFormatError(`more than ${MAX_DEPTH} values within each other`);
    this.#open(offset);
    const [type, count, after] = [this.#type, this.#size, this.#after];
    if (type !== Type.MAP && type !== Type.ARRAY) {
      const value = this.#scalarValue();
      if (value === undefined) throw new MmdbFormatError(`a value of type ${type} at ${offset} of the data`);
      return { value, next: this.#next() };
    }
    let at = this.#payload;
    const items: MmdbValue[] = [];
    const keys: string[] = [];
    for (let i = 0; i < count; i++) {
      if (type === Type.MAP) {
        keys.push(this.#key(at));
        at = this.#next();
      }
      const { value, next } = this.#whole(at, depth + 1);
      items.push(value);
      at = next;
    }
    const value =
      type === Type.ARRAY ? items : Object.fromEntries(keys.map((key, i) => [key, items[i] ?? '']));
    return { value, next: after >= 0 ? after : at };
  }

  // --- octets ---

  #octet(at: number): number {
    const octet = this.#octets[at];
    if (octet === undefined) throw new MmdbFormatError(`offset ${at} is beyond the data`);
    return octet;
  }

  #uint(at: number, length: number): number {
    const octets = this.#octets;
    if (length > 4) throw new MmdbFormatError(`a number of ${length} octets at ${at} of the data`);
    if (at + length > octets.length) throw new MmdbFormatError(`offset ${at + length} is beyond the data`);
    let value = 0;
    for (let i = at; i < at + length; i++) value = (value << 8) | (octets[i] ?? 0);
    return value >>> 0;
  }
}

/** By how many octets follow the control octet. */
const LONG_SIZES = [0, 29, 285, 65_821] as const;
/** Real records have four levels. */
const MAX_DEPTH = 32;
/** Texts kept; a database has fewer fields, countries and operators than that, but more cities. */
const MAX_TEXTS = 200_000;
