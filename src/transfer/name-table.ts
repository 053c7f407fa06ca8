/** Compression pointers have 14 bits (RFC 1035 §4.1.4). */
const MAX_POINTER = 0x3fff;
/** Twice as many as labels of 1 octet below the largest pointer, a power of 2: there is always a free slot. */
const SLOTS = 16_384;
/** RFC 1035 §3.1: 255 octets. */
const MAX_LABELS = 128;

/**
 * The names that stand in one message, for compressing others onto them. A label that was written is known by where it
 * stands and by what follows it, so that a name is compared label by label from its end, and nothing is allocated.
 */
export class NameTable {
  /**
   * Where the name written last begins, so that a pointer may lead there: what stands there, or what it points to; 0 when
   * no pointer reaches it, and for the root.
   */
  lastAt = 0;
  readonly #octets: Uint8Array;
  /** Where a label stands, by its hash; 0 is a free slot: there is the header. */
  readonly #slots = new Uint16Array(SLOTS);
  /** By where a label stands: where the label after it stands, for pointers; 0 for the root. */
  readonly #next = new Uint16Array(MAX_POINTER + 1);
  readonly #starts = new Uint8Array(MAX_LABELS);

  /** Writes into `octets`, a message and what more is asked for. */
  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** Forgets all names: a new message begins. */
  clear(): void {
    this.#slots.fill(0);
    this.lastAt = 0;
  }

  /** Writes an uncompressed `name` at `at`, from the label on that stands somewhere as a pointer. Returns its end. */
  write(name: Uint8Array, at: number): number {
    const octets = this.#octets;
    const starts = this.#starts;
    let labels = 0;
    for (let start = 0; (name[start] ?? 0) !== 0; start += 1 + (name[start] ?? 0)) starts[labels++] = start;
    let known = 0; // where the known part begins, as a pointer has it
    let own = labels; // labels that must be written
    let slot = 0;
    while (own > 0) {
      slot = this.#find(name, starts[own - 1] ?? 0, known);
      const found = this.#slots[slot] ?? 0;
      if (found === 0) break;
      known = found;
      own--;
    }
    const ownLength = own === labels ? name.length - 1 : (starts[own] ?? 0);
    for (let i = 0; i < ownLength; i++) octets[at + i] = name[i] ?? 0;
    let end = at + ownLength;
    if (known === 0) {
      octets[end++] = 0;
    } else {
      octets[end++] = 0xc0 | (known >>> 8);
      octets[end++] = known;
    }
    this.lastAt = this.#remember(name, at, own, known, slot);
    return end;
  }

  /** Notes the labels that were written; returns where the name is to be found. `slot` is that of the last of them. */
  #remember(name: Uint8Array, at: number, own: number, known: number, slot: number): number {
    let next = known;
    for (let label = own - 1; label >= 0; label--) {
      const start = this.#starts[label] ?? 0;
      if (at + start > MAX_POINTER) return 0;
      const free = label === own - 1 ? slot : this.#find(name, start, next);
      this.#slots[free] = at + start;
      this.#next[at + start] = next;
      next = at + start;
    }
    return next;
  }

  /** The slot that holds the label at `start` of `name` with `next` after it, or the free one where it belongs. */
  #find(name: Uint8Array, start: number, next: number): number {
    const octets = this.#octets;
    const end = start + 1 + (name[start] ?? 0);
    let hash = Math.imul(next, 0x9e3779b1);
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (name[i] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0) return slot;
      if (this.#next[found] !== next) continue;
      let i = start;
      while (i < end && octets[found + i - start] === name[i]) i++;
      if (i === end) return slot;
    }
  }
}
