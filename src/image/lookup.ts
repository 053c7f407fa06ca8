import {
  Header,
  type ImageMemory,
  MAGIC,
  NodeWord,
  SLOT_EMPTY,
  SLOT_REMOVED,
  SLOT_WORDS,
  spread,
  ZONE_WORDS,
  ZoneWord,
} from './layout.ts';
import { type NameKey, wildcardHash } from './name-key.ts';

/**
 * Reads a zone image. Nodes and RRsets are word offsets; 0 means "none". Allocates nothing.
 *
 * A reader brackets what belongs together with {@link enter} and {@link unchanged}, and reads again when a
 * change was applied meanwhile.
 */
export class ImageReader {
  readonly words: Int32Array;
  readonly octets: Uint8Array;
  readonly counters: Int32Array;
  readonly #slotMask: number;
  readonly #index: number;
  readonly #zones: number;

  constructor(memory: ImageMemory) {
    this.words = new Int32Array(memory.image);
    this.octets = new Uint8Array(memory.image);
    this.counters = new Int32Array(memory.counters);
    if (this.words[Header.MAGIC] !== MAGIC) throw new Error('this buffer is not a zone image');
    this.#slotMask = this.#header(Header.SLOTS) - 1;
    this.#index = this.#header(Header.INDEX_START);
    this.#zones = this.#header(Header.ZONE_START);
  }

  /** Waits until no change is being applied; returns the word that {@link unchanged} wants. */
  enter(): number {
    for (;;) {
      const sequence = Atomics.load(this.words, Header.SEQUENCE);
      if ((sequence & 1) === 0) return sequence;
      Atomics.wait(this.words, Header.SEQUENCE, sequence, 1);
    }
  }

  /** Whether everything read since `enter()` returned `sequence` belongs together. */
  unchanged(sequence: number): boolean {
    return Atomics.load(this.words, Header.SEQUENCE) === sequence;
  }

  /** Labels of the deepest owner. */
  get maxLabels(): number {
    return this.words[Header.MAX_LABELS] ?? 0;
  }

  /** The node whose name is the suffix of `key` from label `label` on. */
  find(key: NameKey, label: number): number {
    return this.#search(key.hashes[label] ?? 0, 0, key, key.starts[label] ?? 0);
  }

  /** As {@link find}, with the hash given: the parent side of a cut has another one than its name's. */
  findHashed(hash: number, key: NameKey, label: number): number {
    return this.#search(hash, 0, key, key.starts[label] ?? 0);
  }

  /** The node of `*.<suffix>`, the suffix as in {@link find}. */
  findWildcard(key: NameKey, label: number): number {
    const hash = wildcardHash(key.hashes[label] ?? 0);
    return this.#search(hash, ASTERISK_LABEL, key, key.starts[label] ?? 0);
  }

  /** The RRset of `type` at `node`. */
  rrset(node: number, type: number): number {
    const { words } = this;
    const count = words[node + NodeWord.RRSETS] ?? 0;
    let entry = this.directory(node);
    for (let i = 0; i < count; i++, entry += 2) {
      if (words[entry] === type) return node + (words[entry + 1] ?? 0);
    }
    return 0;
  }

  /** The word where the RRset directory of `node` begins: pairs of type and place, types ascending. */
  directory(node: number): number {
    return node + NodeWord.NAME + ((this.nameLength(node) + 3) >>> 2);
  }

  rrsetCount(node: number): number {
    return this.words[node + NodeWord.RRSETS] ?? 0;
  }

  flags(node: number): number {
    return (this.words[node] ?? 0) & 0xffff;
  }

  /** Octets of the owner name. */
  nameLength(node: number): number {
    return ((this.words[node] ?? 0) >>> 16) & 0xff;
  }

  /** Labels of the owner name. */
  labels(node: number): number {
    return (this.words[node] ?? 0) >>> 24;
  }

  zoneOf(node: number): number {
    return (this.words[node + NodeWord.ZONE] ?? 0) & 0xff_ffff;
  }

  /** Labels of the zone cut or DNAME owner that occludes `node`. */
  occluderLabels(node: number): number {
    return (this.words[node + NodeWord.ZONE] ?? 0) >>> 24;
  }

  apexNode(zone: number): number {
    return this.words[this.#zones + zone * ZONE_WORDS + ZoneWord.APEX_NODE] ?? 0;
  }

  /** Octets of a zone's apex name. */
  apexLength(zone: number): number {
    return (this.words[this.#zones + zone * ZONE_WORDS + ZoneWord.APEX] ?? 0) & 0xff;
  }

  /** Labels of a zone's apex name. */
  apexLabels(zone: number): number {
    return (this.words[this.#zones + zone * ZONE_WORDS + ZoneWord.APEX] ?? 0) >>> 8;
  }

  /** The node that owns `skip` octets, 0 or an asterisk label, and then `key` from octet `from` on. */
  #search(hash: number, skip: number, key: NameKey, from: number): number {
    const { words } = this;
    const mask = this.#slotMask;
    let slot = spread(hash) & mask;
    for (;;) {
      const at = this.#index + slot * SLOT_WORDS;
      const node = Atomics.load(words, at + 1);
      if (node === SLOT_EMPTY) return 0;
      if (words[at] === hash && node !== SLOT_REMOVED && this.#isNamed(node, skip, key, from)) return node;
      slot = (slot + 1) & mask;
    }
  }

  #isNamed(node: number, skip: number, key: NameKey, from: number): boolean {
    const length = key.length - from;
    if (this.nameLength(node) !== length + skip) return false;
    const { octets } = this;
    const { folded } = key;
    const suffix = (node + NodeWord.NAME) * 4 + skip;
    for (let i = 0; i < length; i++) {
      if (octets[suffix + i] !== folded[from + i]) return false;
    }
    return skip === 0 || (octets[suffix - 2] === 1 && octets[suffix - 1] === 0x2a);
  }

  #header(word: number): number {
    return this.words[word] ?? 0;
  }
}

/** Octets of the label `*`. */
const ASTERISK_LABEL = 2;
