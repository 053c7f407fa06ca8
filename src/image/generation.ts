import {
  Header,
  MAGIC,
  NodeWord,
  RRsetWord,
  SLOT_EMPTY,
  SLOT_REMOVED,
  SLOT_WORDS,
  spread,
  ZONE_WORDS,
  ZoneWord,
} from './layout.ts';

/** How large one generation of the image is made. */
export interface GenerationSize {
  readonly nodes: number;
  readonly zones: number;
  readonly heapWords: number;
}

/**
 * One buffer of the image, as its only writer sees it. Zero pages that were never written cost no memory, so
 * sizes are generous.
 */
export class Generation {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  /** While readers are kept waiting: pairs of place and what stood there, to be taken back. */
  #undo: number[] | undefined;

  constructor(number: number, size: GenerationSize) {
    let slots = MIN_SLOTS;
    while (slots < 2 * size.nodes) slots *= 2;
    const zoneStart = Header.WORDS;
    const indexStart = zoneStart + size.zones * ZONE_WORDS;
    const heapStart = indexStart + slots * SLOT_WORDS;
    this.buffer = new SharedArrayBuffer((heapStart + size.heapWords) * 4);
    this.words = new Int32Array(this.buffer);
    const { words } = this;
    words[Header.MAGIC] = MAGIC;
    words[Header.GENERATION] = number;
    words[Header.SLOTS] = slots;
    words[Header.INDEX_START] = indexStart;
    words[Header.ZONE_START] = zoneStart;
    words[Header.ZONE_CAPACITY] = size.zones;
    words[Header.HEAP_START] = heapStart;
    words[Header.HEAP_NEXT] = heapStart;
  }

  /** Keeps readers waiting until {@link endChange}. */
  beginChange(): void {
    Atomics.add(this.words, Header.SEQUENCE, 1);
    this.#undo = [];
  }

  /** Makes everything as it was before {@link beginChange}; readers still wait. */
  takeBack(): void {
    const undo = this.#undo ?? [];
    for (let i = undo.length - 2; i >= 0; i -= 2) this.words[undo[i] ?? 0] = undo[i + 1] ?? 0;
  }

  endChange(): void {
    this.#undo = undefined;
    Atomics.add(this.words, Header.SEQUENCE, 1);
    Atomics.notify(this.words, Header.SEQUENCE);
  }

  /** Whether nodes of `words` words in all, and as many new slots, still fit. */
  hasRoom(words: number, slots: number): boolean {
    if (this.header(Header.HEAP_NEXT) + words > this.words.length) return false;
    return (this.header(Header.SLOTS_USED) + slots) * 3 <= this.header(Header.SLOTS) * 2;
  }

  /** Appends `block[from, from + length)`; returns where it stands. The caller made sure of room. */
  append(block: Int32Array, length: number, from = 0): number {
    const { words } = this;
    const at = this.header(Header.HEAP_NEXT);
    for (let i = 0; i < length; i++) words[at + i] = block[from + i] ?? 0; // most are short: quicker than set()
    this.set(Header.HEAP_NEXT, at + length);
    return at;
  }

  /** Makes a new slot lead to `node`. */
  insert(hash: number, node: number, labels: number): void {
    const mask = this.header(Header.SLOTS) - 1;
    let slot = spread(hash) & mask;
    for (;;) {
      const at = this.header(Header.INDEX_START) + slot * SLOT_WORDS;
      const found = this.words[at + 1] ?? 0;
      if (found === SLOT_EMPTY || found === SLOT_REMOVED) {
        if (found === SLOT_EMPTY) this.#count(Header.SLOTS_USED, 1);
        this.set(at, hash);
        this.set(at + 1, node);
        break;
      }
      slot = (slot + 1) & mask;
    }
    this.#count(Header.NODES, 1);
    if (labels > this.header(Header.MAX_LABELS)) this.set(Header.MAX_LABELS, labels);
  }

  /** Makes the slot that leads to `old` lead to `node` instead. */
  replace(hash: number, old: number, node: number): void {
    this.set(this.#slotOf(hash, old) + 1, node);
    this.#count(Header.GARBAGE, this.nodeWords(old));
  }

  remove(hash: number, node: number): void {
    this.set(this.#slotOf(hash, node) + 1, SLOT_REMOVED);
    this.#count(Header.NODES, -1);
    this.#count(Header.GARBAGE, this.nodeWords(node));
  }

  setZone(zone: number, apexNode: number, apex: number): void {
    const at = this.header(Header.ZONE_START) + zone * ZONE_WORDS;
    this.set(at + ZoneWord.APEX, apex);
    this.set(at + ZoneWord.APEX_NODE, apexNode);
  }

  /** Every node that a slot leads to. */
  *nodes(): Iterable<number> {
    const end = this.header(Header.INDEX_START) + this.header(Header.SLOTS) * SLOT_WORDS;
    for (let at = this.header(Header.INDEX_START); at < end; at += SLOT_WORDS) {
      const node = this.words[at + 1] ?? 0;
      if (node !== SLOT_EMPTY && node !== SLOT_REMOVED) yield node;
    }
  }

  /** Copies every node that `keeps` says yes to, and nothing that was garbage, into an empty generation. */
  copyTo(target: Generation, keeps: (node: number) => boolean): void {
    const { words } = this;
    const end = this.header(Header.INDEX_START) + this.header(Header.SLOTS) * SLOT_WORDS;
    for (let at = this.header(Header.INDEX_START); at < end; at += SLOT_WORDS) {
      const node = words[at + 1] ?? 0;
      if (node === SLOT_EMPTY || node === SLOT_REMOVED || !keeps(node)) continue;
      const copy = target.append(words, this.nodeWords(node), node);
      target.insert(words[at] ?? 0, copy, (words[node] ?? 0) >>> 24);
    }
  }

  /** The length of a node with all its RRsets. */
  nodeWords(node: number): number {
    const { words } = this;
    const nameLength = ((words[node] ?? 0) >>> 16) & 0xff;
    const count = words[node + NodeWord.RRSETS] ?? 0;
    const directory = NodeWord.NAME + ((nameLength + 3) >>> 2);
    if (count === 0) return directory;
    const last = words[node + directory + 2 * count - 1] ?? 0;
    const at = node + last;
    const table = words[at + RRsetWord.RECORD_OCTETS] === 0 ? ((words[at] ?? 0) & 0xffff) + 1 : 0;
    return last + RRsetWord.TABLE + table + (((words[at + RRsetWord.OCTETS] ?? 0) + 3) >>> 2);
  }

  /** Changes one word that readers may be looking at. */
  set(at: number, value: number): void {
    if (this.#undo !== undefined) this.#undo.push(at, this.words[at] ?? 0);
    this.words[at] = value; // the sequence word orders it
  }

  header(word: number): number {
    return this.words[word] ?? 0;
  }

  #slotOf(hash: number, node: number): number {
    const mask = this.header(Header.SLOTS) - 1;
    let slot = spread(hash) & mask;
    for (;;) {
      const at = this.header(Header.INDEX_START) + slot * SLOT_WORDS;
      const found = this.words[at + 1] ?? 0;
      if (found === node) return at;
      if (found === SLOT_EMPTY) throw new Error(`no slot leads to node ${node}`);
      slot = (slot + 1) & mask;
    }
  }

  #count(word: number, by: number): void {
    this.set(word, this.header(word) + by);
  }
}

const MIN_SLOTS = 1024;
