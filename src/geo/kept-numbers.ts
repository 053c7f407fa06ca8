/**
 * Memory for 16-bit numbers that can be worked out again, shared by many {@link KeptNumbers} and bounded: when all of it is in use,
 * whoever wants more takes a chunk that has not been asked for lately away from its map.
 *
 * Memory that no map has used yet is not resident.
 */
export class NumberRoom {
  /** In chunks. The first chunk holds nothing but zeros: numbers that are not kept are read from it. */
  readonly numbers: Uint16Array;
  /** Per chunk, whether it was asked for since the hand of the clock came by. */
  readonly touched: Uint8Array;
  readonly #owners: (KeptNumbers | undefined)[];
  /** Per chunk, its place in its map. */
  readonly #places: Int32Array;
  readonly #last: number;
  readonly #givenBack: number[] = [];
  #unused = 1;
  #hand = 0;

  /** Room of at most so many octets, and of one chunk at the least. */
  constructor(octets: number) {
    this.#last = Math.min(MAX_CHUNKS, Math.max(1, Math.floor(octets / CHUNK_OCTETS)));
    this.numbers = new Uint16Array((this.#last + 1) << CHUNK_BITS);
    this.touched = new Uint8Array(this.#last + 1);
    this.#owners = new Array<KeptNumbers | undefined>(this.#last + 1).fill(undefined);
    this.#places = new Int32Array(this.#last + 1);
  }

  /** Octets that maps have in use. */
  get usedOctets(): number {
    return (this.#unused - 1 - this.#givenBack.length) * CHUNK_OCTETS;
  }

  /** Gives a chunk of zeros to a map, which keeps it at `place`; it may be taken away from another map, or from this one. */
  take(owner: KeptNumbers, place: number): number {
    const chunk = this.#givenBack.pop() ?? (this.#unused <= this.#last ? this.#unused++ : this.#takeAway());
    this.#owners[chunk] = owner;
    this.#places[chunk] = place;
    this.touched[chunk] = 1;
    return chunk;
  }

  /** Takes back a chunk that its map no longer has. */
  giveBack(chunk: number): void {
    this.#clear(chunk);
    this.#givenBack.push(chunk);
  }

  /** Second chance: the hand passes over a chunk once for having been asked for. */
  #takeAway(): number {
    const { touched } = this;
    let chunk = this.#next();
    while (touched[chunk] === 1) {
      touched[chunk] = 0;
      chunk = this.#next();
    }
    this.#owners[chunk]?.lose(this.#places[chunk] ?? 0);
    this.#clear(chunk);
    return chunk;
  }

  #next(): number {
    this.#hand = this.#hand === this.#last ? 1 : this.#hand + 1;
    return this.#hand;
  }

  #clear(chunk: number): void {
    this.#owners[chunk] = undefined;
    this.touched[chunk] = 0;
    this.numbers.fill(0, chunk << CHUNK_BITS, (chunk + 1) << CHUNK_BITS);
  }
}

/** Numbers from 1 to 65,535 by index, kept as long as the room allows. Reading and writing allocate nothing. */
export class KeptNumbers {
  readonly #room: NumberRoom;
  readonly #numbers: Uint16Array;
  readonly #touched: Uint8Array;
  /** The chunk that holds each {@link CHUNK} of indices; 0: none. */
  readonly #chunks: Int32Array;

  /** Indices are below `length`. Takes no room before the first number. */
  constructor(room: NumberRoom, length: number) {
    this.#room = room;
    this.#numbers = room.numbers;
    this.#touched = room.touched;
    this.#chunks = new Int32Array(Math.max(1, Math.ceil(length / CHUNK)));
  }

  /** The number that was set last at an index, or 0: it is not kept. */
  get(index: number): number {
    const chunk = this.#chunks[index >>> CHUNK_BITS] ?? 0;
    this.#touched[chunk] = 1;
    return this.#numbers[(chunk << CHUNK_BITS) | (index & CHUNK_MASK)] ?? 0;
  }

  /** Keeps a number from 1 to 65,535; 0 stands for none. */
  set(index: number, value: number): void {
    const place = index >>> CHUNK_BITS;
    let chunk = this.#chunks[place] ?? 0;
    if (chunk === 0) {
      chunk = this.#room.take(this, place);
      this.#chunks[place] = chunk;
    }
    this.#numbers[(chunk << CHUNK_BITS) | (index & CHUNK_MASK)] = value;
  }

  /** Keeps nothing any longer, and gives its room back. */
  forget(): void {
    for (const [place, chunk] of this.#chunks.entries()) {
      if (chunk === 0) continue;
      this.#chunks[place] = 0;
      this.#room.giveBack(chunk);
    }
  }

  /** For the room: the chunk at this place is another's now. */
  lose(place: number): void {
    this.#chunks[place] = 0;
  }
}

// Of 4 KiB: one page of memory, and little enough for maps of which only some parts are used.
const CHUNK_BITS = 11;
const CHUNK = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK - 1;
const CHUNK_OCTETS = 2 * CHUNK;
/** Places of numbers stay below 2³⁰: 2 GiB. */
const MAX_CHUNKS = (1 << (30 - CHUNK_BITS)) - 1;
