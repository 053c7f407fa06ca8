import { type DomainName, showName } from '../wire/name.ts';
import type { ServedOwner, ServedView } from '../zone/served.ts';
import { CounterBook } from './counter-book.ts';
import { Generation } from './generation.ts';
import { type HostedZone, HostedZones } from './hosted-zones.ts';
import { Header, type ImageMemory, NodeWord } from './layout.ts';
import { ImageReader } from './lookup.ts';
import { NameKey } from './name-key.ts';
import { MAX_NEW_SLOTS, NEW_NODE_WORDS, OwnerWriter, slotsFor, wordsFor } from './owner-writer.ts';

/** What the image writer needs of the rest of the program. */
export interface ImageWriterOptions {
  /** A hosted zone as it is now; asked when names change sides between zones, or below a new zone cut. */
  view(apex: DomainName): ServedView;
  /** A new buffer holds everything: all threads must switch to it. Called after it is complete. */
  onGeneration(memory: ImageMemory): void;
}

/** Figures for `waypost status`. */
export interface ImageStatistics {
  readonly generation: number;
  readonly zones: number;
  readonly nodes: number;
  /** Octets of the buffer that are in use. */
  readonly octets: number;
  /** Octets in use that nothing leads to any more. */
  readonly garbage: number;
}

/**
 * The only writer of the zone image. Readers of the current generation see each {@link apply} wholly or not at
 * all. Between {@link beginBulk} and {@link endBulk} a new generation is filled that nobody sees yet.
 *
 * What throws half-way leaves readers with what they had; after that only {@link rebuild} is accepted.
 */
export class ZoneImageWriter {
  readonly #options: ImageWriterOptions;
  readonly #zones = new HostedZones();
  readonly #counters = new CounterBook();
  readonly #owners: OwnerWriter;
  readonly #key = new NameKey();
  #generation: Generation;
  #reader: ImageReader;
  /** What readers see: {@link #generation}, but for a bulk change. */
  #published: Generation;
  #isBulk = false;
  #isBroken = false;
  /** Zones whose nodes must be made again, because a nested zone came or went. */
  readonly #stale = new Set<HostedZone>();
  /** Whether nodes of stale or removed zones are still in the generation. */
  #hasLeftOvers = false;

  constructor(options: ImageWriterOptions) {
    this.#options = options;
    this.#generation = new Generation(0, { nodes: 0, zones: MIN_ZONES, heapWords: MIN_HEAP_WORDS });
    this.#published = this.#generation;
    this.#reader = this.#readerOf(this.#generation);
    const written = { generation: this.#generation, reader: this.#reader };
    this.#owners = new OwnerWriter(written, this.#zones, this.#counters, (apex) => options.view(apex));
  }

  /** What readers open: the generation that is published. */
  get memory(): ImageMemory {
    return { image: this.#published.buffer, counters: this.#counters.buffer };
  }

  /** Begins a generation of its own for large changes; `expectedOwners` new ones are planned for. */
  beginBulk(expectedOwners = 0): void {
    this.#refuseWhenBroken();
    if (this.#isBulk) throw new Error('a bulk change is already under way');
    this.#isBulk = true;
    this.#regenerate(expectedOwners);
  }

  /** Publishes what was applied since {@link beginBulk}. */
  endBulk(): void {
    this.#refuseWhenBroken();
    if (!this.#isBulk) throw new Error('no bulk change is under way');
    this.#orBroken(() => this.#finishBulk());
    this.#options.onGeneration(this.memory);
  }

  /** Makes everything again from the zones' views; for when a change failed half-way. */
  rebuild(): void {
    this.#isBroken = false;
    this.#isBulk = true;
    for (const zone of this.#zones.all()) this.#stale.add(zone);
    this.#hasLeftOvers = true;
    this.endBulk();
  }

  /** Hosts a zone; its owners follow with {@link apply}. */
  addZone(apex: DomainName): void {
    this.#refuseWhenBroken();
    if (this.#zones.get(apex) !== undefined) return;
    const zone = this.#zones.add(apex);
    for (const above of this.#zones.above(apex)) {
      if (!this.#stale.has(above) && this.#isPopulated(above)) this.#makeStale(above);
    }
    this.#inBulk(() => {
      const isFull = zone.number >= this.#generation.header(Header.ZONE_CAPACITY);
      if (this.#hasLeftOvers || isFull) this.#regenerate(0);
      this.#putEmptyApex(zone);
    });
  }

  /** Stops hosting a zone. Names that it hid from a hosted parent zone show again. */
  removeZone(apex: DomainName): void {
    this.#refuseWhenBroken();
    const zone = this.#zones.get(apex);
    if (zone === undefined) return;
    this.#zones.remove(zone);
    this.#stale.delete(zone);
    this.#hasLeftOvers = true;
    for (const above of this.#zones.above(apex)) this.#makeStale(above);
    this.#inBulk(() => {});
  }

  /**
   * Takes out all that a hosted zone has: until owners follow with {@link apply}, it has no SOA and is not answered
   * from. In a bulk change only.
   */
  clearZone(apex: DomainName): void {
    this.#refuseWhenBroken();
    const zone = this.#zones.get(apex);
    if (zone === undefined) throw new Error(`zone ${showName(apex)} is not in the image`);
    if (!this.#isBulk) throw new Error('a zone is cleared in a bulk change only');
    if (this.#stale.has(zone)) return;
    this.#orBroken(() => {
      this.#stale.add(zone);
      this.#regenerate(0); // copies nothing that is stale
      this.#stale.delete(zone);
      zone.hidden.clear();
      zone.hasOccluders = false;
      this.#owners.hasFreed = true;
      this.#putEmptyApex(zone);
    });
  }

  /**
   * Puts every touched owner of one zone as it is now; no RRsets means that the owner is gone. Names that are new
   * to a zone come in canonical order, or at least after the zone cuts above them.
   */
  apply(apex: DomainName, owners: Iterable<ServedOwner>): void {
    this.#refuseWhenBroken();
    const zone = this.#zones.get(apex);
    if (zone === undefined) throw new Error(`zone ${showName(apex)} is not in the image`);
    if (this.#stale.has(zone)) return; // it is made again, from its view, when the bulk change ends
    if (this.#isBulk) {
      this.#orBroken(() => this.#putAll(zone, owners));
      return;
    }
    const list = [...owners];
    let words = 0;
    let slots = 0;
    for (const owner of list) {
      words += wordsFor(owner);
      slots += slotsFor(zone, owner);
    }
    if (this.#isWasteful() || !this.#generation.hasRoom(words, slots)) {
      this.#inBulk(() => this.#putAll(zone, list));
      return;
    }
    const generation = this.#generation;
    generation.beginChange();
    try {
      for (const owner of list) if (isServed(zone, owner)) this.#owners.put(zone, owner);
    } catch (error) {
      generation.takeBack();
      this.#isBroken = true;
      throw error;
    } finally {
      generation.endChange();
    }
  }

  /** The apex of the deepest hosted zone that holds `name`. */
  zoneAbove(name: DomainName): DomainName | undefined {
    return this.#zones.deepest(name)?.apex;
  }

  statistics(): ImageStatistics {
    return {
      generation: this.#generation.header(Header.GENERATION),
      zones: this.#zones.size,
      nodes: this.#generation.header(Header.NODES),
      octets: this.#generation.header(Header.HEAP_NEXT) * 4,
      garbage: this.#generation.header(Header.GARBAGE) * 4,
    };
  }

  // --- bulk changes ---

  #inBulk(change: () => void): void {
    if (this.#isBulk) {
      this.#orBroken(change);
      return;
    }
    this.beginBulk();
    this.#orBroken(change);
    this.endBulk();
  }

  #putAll(zone: HostedZone, owners: Iterable<ServedOwner>): void {
    for (const owner of owners) {
      if (!isServed(zone, owner)) continue;
      this.#reserve(wordsFor(owner), MAX_NEW_SLOTS);
      this.#owners.put(zone, owner);
    }
  }

  #putEmptyApex(zone: HostedZone): void {
    this.#reserve(NEW_NODE_WORDS + zone.apex.length, 1);
    this.#owners.putEmptyApex(zone);
  }

  #finishBulk(): void {
    const hasDropped = this.#hasLeftOvers || this.#owners.hasFreed;
    if (this.#hasLeftOvers) this.#regenerate(0);
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const zone of stale) {
      zone.hidden.clear();
      this.#putEmptyApex(zone);
    }
    for (const zone of stale) this.#putAll(zone, this.#options.view(zone.apex).owners());
    if (hasDropped) this.#counters.releaseUnused(this.#generation, this.#reader);
    this.#published = this.#generation;
    this.#isBulk = false;
    this.#owners.writeLive({ generation: this.#generation, reader: this.#reader });
  }

  #makeStale(zone: HostedZone): void {
    this.#stale.add(zone);
    this.#hasLeftOvers = true;
  }

  #isPopulated(zone: HostedZone): boolean {
    const apex = this.#reader.apexNode(zone.number);
    if (apex === 0) return false;
    const { words } = this.#reader;
    return words[apex + NodeWord.RRSETS] !== 0 || words[apex + NodeWord.BELOW] !== 0;
  }

  // --- when something throws ---

  #orBroken(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #refuseWhenBroken(): void {
    if (this.#isBroken) throw new Error('the zone image is broken since a change failed; it must be rebuilt');
  }

  // --- memory ---

  /** Makes room in a bulk change. */
  #reserve(words: number, slots: number): void {
    if (!this.#generation.hasRoom(words, slots)) this.#regenerate(0, words);
  }

  #isWasteful(): boolean {
    const garbage = this.#generation.header(Header.GARBAGE);
    return garbage > MIN_HEAP_WORDS / 2 && garbage * 2 > this.#generation.header(Header.HEAP_NEXT);
  }

  /** Copies what lives, without the stale and the removed zones, into a new and larger generation. */
  #regenerate(moreNodes: number, moreWords = 0): void {
    const old = this.#generation;
    const live = old.header(Header.HEAP_NEXT) - old.header(Header.HEAP_START) - old.header(Header.GARBAGE);
    const nodes = old.header(Header.NODES);
    const next = new Generation(old.header(Header.GENERATION) + 1, {
      nodes: 2 * nodes + moreNodes + MAX_NEW_SLOTS,
      zones: Math.max(MIN_ZONES, 2 * this.#zones.numbers),
      heapWords: Math.max(MIN_HEAP_WORDS, 2 * live + moreNodes * NEW_NODE_WORDS) + moreWords,
    });
    const oldReader = this.#reader;
    old.copyTo(next, (node) => {
      const zone = this.#zones.numbered(oldReader.zoneOf(node));
      return zone !== undefined && !this.#stale.has(zone);
    });
    this.#generation = next;
    this.#reader = this.#readerOf(next);
    this.#hasLeftOvers = false;
    this.#owners.writeUnseen({ generation: next, reader: this.#reader }, this.#readerOf(this.#published));
    for (const zone of this.#zones.all()) {
      this.#key.load(zone.apex, 0, zone.apex.length);
      const node = this.#reader.find(this.#key, 0);
      next.setZone(zone.number, node, zone.apex.length | (zone.labels << 8));
    }
  }

  #readerOf(generation: Generation): ImageReader {
    return new ImageReader({ image: generation.buffer, counters: this.#counters.buffer });
  }
}

// --- helpers ---

const MIN_ZONES = 1024;
const MIN_HEAP_WORDS = 1 << 18;

/** Whether readers may see an owner at all. */
function isServed(zone: HostedZone, { name }: ServedOwner): boolean {
  return name.length >= zone.apex.length && !isSteeringName(name); // the check has refused what is outside
}

/** `_steer.<owner>`: steering, not data; in the live view it does not exist (STEERING.md §8). */
function isSteeringName(name: DomainName): boolean {
  if (name[0] !== STEER.length) return false;
  for (let i = 0; i < STEER.length; i++) if (name[i + 1] !== STEER.charCodeAt(i)) return false;
  return true;
}
const STEER = '_steer';
