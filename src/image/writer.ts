import { RRType } from '../wire/iana.ts';
import { type DomainName, isSubdomain, labelCount, parentName, showName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import { CounterBook } from './counter-book.ts';
import { Generation } from './generation.ts';
import { Header, type ImageMemory, NodeFlag, NodeWord, PARENT_SIDE_HASH } from './layout.ts';
import { ImageReader } from './lookup.ts';
import { NameKey } from './name-key.ts';
import { NodeComposer, occludes } from './node-composer.ts';

/** What the image writer needs of the rest of the program. */
export interface ImageWriterOptions {
  /** A hosted zone as it is now; asked when names change sides between zones, or below a new zone cut. */
  view(apex: DomainName): ZoneView;
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

interface HostedZone {
  readonly number: number;
  readonly apex: DomainName;
  readonly labels: number;
  /** Hosted zones directly or farther below this one's apex. */
  nested: HostedZone[];
  /** Owners hidden by nested zones; they still make empty non-terminals above those. */
  readonly hidden: Set<string>;
  /** Whether any node of this zone cuts or redirects, so that occlusion must be asked about. */
  hasOccluders: boolean;
}

/**
 * The only writer of the zone image. Readers of the current generation see each {@link apply} wholly or not at
 * all. Between {@link beginBulk} and {@link endBulk} a new generation is filled that nobody sees yet.
 */
export class ZoneImageWriter {
  readonly #options: ImageWriterOptions;
  readonly #zones = new Map<string, HostedZone>();
  readonly #byNumber: (HostedZone | undefined)[] = [];
  readonly #counters = new CounterBook();
  readonly #composer = new NodeComposer();
  readonly #key = new NameKey();
  readonly #ancestor = new NameKey();
  #generation: Generation;
  #reader: ImageReader;
  #isBulk = false;
  /** Zones whose nodes must be made again, because a nested zone came or went. */
  readonly #stale = new Set<HostedZone>();

  constructor(options: ImageWriterOptions) {
    this.#options = options;
    this.#generation = new Generation(0, { nodes: 0, zones: MIN_ZONES, heapWords: MIN_HEAP_WORDS });
    this.#reader = new ImageReader(this.memory);
  }

  /** What readers open. */
  get memory(): ImageMemory {
    return { image: this.#generation.buffer, counters: this.#counters.buffer };
  }

  /** Begins a generation of its own for large changes; `expectedOwners` new ones are planned for. */
  beginBulk(expectedOwners = 0): void {
    if (this.#isBulk) throw new Error('a bulk change is already under way');
    this.#isBulk = true;
    this.#regenerate(expectedOwners);
  }

  /** Publishes what was applied since {@link beginBulk}. */
  endBulk(): void {
    if (this.#stale.size > 0) this.#remakeStaleZones();
    this.#isBulk = false;
    this.#options.onGeneration(this.memory);
  }

  /** Makes everything again from the zones' views; for when a change failed half-way. */
  rebuild(): void {
    this.#isBulk = true;
    for (const zone of this.#zones.values()) this.#stale.add(zone);
    this.endBulk();
  }

  /** Hosts a zone; its owners follow with {@link apply}. */
  addZone(apex: DomainName): void {
    if (this.#zones.has(keyOf(apex))) return;
    this.#inBulk(() => {
      const zone: HostedZone = {
        number: this.#freeNumber(),
        apex,
        labels: labelCount(apex),
        nested: [],
        hidden: new Set(),
        hasOccluders: false,
      };
      const staleBefore = this.#stale.size;
      for (const above of this.#zonesAbove(apex)) {
        above.nested.push(zone);
        if (this.#isPopulated(above)) this.#stale.add(above);
      }
      const isNewlyStale = this.#stale.size > staleBefore;
      for (const other of this.#zones.values()) {
        if (other.labels > zone.labels && isSubdomain(other.apex, apex)) zone.nested.push(other);
      }
      this.#zones.set(keyOf(apex), zone);
      this.#byNumber[zone.number] = zone;
      const isFull = zone.number >= this.#generation.header(Header.ZONE_CAPACITY);
      if (isNewlyStale || isFull) this.#regenerate(0);
      this.#makeEmptyApex(zone);
    });
  }

  /** Stops hosting a zone. Names that it hid from a hosted parent zone show again. */
  removeZone(apex: DomainName): void {
    const zone = this.#zones.get(keyOf(apex));
    if (zone === undefined) return;
    this.#inBulk(() => {
      this.#zones.delete(keyOf(apex));
      this.#byNumber[zone.number] = undefined;
      this.#stale.delete(zone);
      for (const above of this.#zonesAbove(apex)) {
        above.nested = above.nested.filter((nested) => nested !== zone);
        this.#stale.add(above);
      }
      this.#regenerate(0);
    });
  }

  /**
   * Puts every touched owner of one zone as it is now; no RRsets means that the owner is gone. Names that are new
   * to a zone come in canonical order, or at least after the zone cuts above them.
   */
  apply(apex: DomainName, owners: Iterable<Owner>): void {
    const zone = this.#zones.get(keyOf(apex));
    if (zone === undefined) throw new Error(`zone ${showName(apex)} is not in the image`);
    if (this.#stale.has(zone)) return; // it is made again, from its view, when the bulk change ends
    if (this.#isBulk) {
      for (const owner of owners) this.#put(zone, owner);
      return;
    }
    const list = [...owners];
    let words = 0;
    for (const owner of list) words += wordsFor(owner);
    const slots = list.length * MAX_NEW_SLOTS;
    if (!this.#generation.hasRoom(words, slots) || this.#isWasteful()) {
      this.#inBulk(() => {
        for (const owner of list) this.#put(zone, owner);
      });
      return;
    }
    const { words: memory } = this.#generation;
    Atomics.add(memory, Header.SEQUENCE, 1);
    try {
      for (const owner of list) this.#put(zone, owner);
    } finally {
      Atomics.add(memory, Header.SEQUENCE, 1);
      Atomics.notify(memory, Header.SEQUENCE);
    }
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

  // --- one owner ---

  #put(zone: HostedZone, owner: Owner): void {
    if (isSteeringName(owner.name)) return; // STEERING.md §8: in the live view these do not exist
    if (owner.name.length < zone.apex.length) return; // outside; the check has refused it
    this.#reserve(wordsFor(owner), MAX_NEW_SLOTS);
    const key = this.#key;
    key.load(owner.name, 0, owner.name.length);
    const lowest = zone.nested.length === 0 ? undefined : this.#hidingZone(zone, owner.name);
    if (lowest !== undefined) {
      this.#putHidden(zone, owner, lowest);
      return;
    }
    const node = this.#reader.find(key, 0);
    const had = node !== 0 && this.#hasRecords(node);
    const has = owner.rrsets.length > 0;
    if (!had && !has) return;
    const below = node === 0 ? 0 : this.#below(node);
    const isApex = key.labels === zone.labels;
    if (!has && below === 0 && !isApex) {
      const wasOccluder = occludes(this.#reader.flags(node));
      this.#forgetCounters(node);
      this.#generation.remove(key.hashes[0] ?? 0, node);
      this.#countOwners(zone, key, 1, -1);
      this.#setWildcardChild(zone, key, 0, false);
      if (wasOccluder) this.#reoccludeBelow(zone, owner.name);
      return;
    }
    if (node === 0) this.#makeAncestors(zone, key);
    if (had !== has) this.#countOwners(zone, key, 1, has ? 1 : -1);
    const wasOccluder = node !== 0 && occludes(this.#reader.flags(node));
    const now = this.#writeNode(
      owner,
      zone,
      0,
      this.#occluderOf(zone, key, 1),
      below,
      this.#reader.find(key, 0),
    );
    if (node === 0) this.#setWildcardChild(zone, key, 0, true);
    const isOccluder = occludes(this.#reader.flags(now));
    if (isOccluder) zone.hasOccluders = true;
    if (isOccluder !== wasOccluder && below > 0) this.#reoccludeBelow(zone, owner.name);
  }

  /** An owner at or below a nested zone's apex: it only counts, and delegates at the apex itself. */
  #putHidden(zone: HostedZone, owner: Owner, lowest: HostedZone): void {
    const key = this.#key;
    const had = zone.hidden.has(keyOf(owner.name));
    const has = owner.rrsets.length > 0;
    if (has !== had) {
      if (has) zone.hidden.add(keyOf(owner.name));
      else zone.hidden.delete(keyOf(owner.name));
      const top = this.#highestNested(zone, owner.name) ?? lowest;
      const from = key.labels - top.labels + 1; // the first ancestor that this zone itself answers for
      this.#makeAncestors(zone, key, from);
      this.#countOwners(zone, key, from, has ? 1 : -1);
    }
    if (owner.name.length !== lowest.apex.length) return;
    if (this.#highestNested(zone, owner.name) !== lowest) return; // another zone in between is the parent
    const hash = (key.hashes[0] ?? 0) ^ PARENT_SIDE_HASH;
    const node = this.#reader.findHashed(hash, key, 0);
    const delegates = owner.rrsets.some(({ type }) => type === RRType.NS);
    if (delegates) this.#writeNode(owner, zone, NodeFlag.PARENT_SIDE, 0, 0, node);
    else if (node !== 0) this.#generation.remove(hash, node);
  }

  /** Writes `owner` into the heap and makes its slot lead there. `#key` must hold its name. */
  #writeNode(
    owner: Owner,
    zone: HostedZone,
    flags: number,
    occluder: number,
    below: number,
    old: number,
  ): number {
    const key = this.#key;
    const isApex = key.labels === zone.labels && flags === 0;
    const kept = old === 0 ? 0 : this.#reader.flags(old) & NodeFlag.WILDCARD_CHILD;
    const oldReader = this.#reader;
    this.#composer.compose(owner, {
      flags: flags | kept | (isApex ? NodeFlag.APEX : 0) | (occluder === 0 ? 0 : NodeFlag.OCCLUDED),
      zone: zone.number,
      apex: zone.apex,
      occluderLabels: occluder,
      below,
      counterOf: (type) => this.#counters.take(oldReader, old, owner, type),
    });
    if (old !== 0) this.#counters.releaseMissing(oldReader, old, owner);
    const hash = (key.hashes[0] ?? 0) ^ (flags === NodeFlag.PARENT_SIDE ? PARENT_SIDE_HASH : 0);
    const generation = this.#generation;
    if (!generation.hasRoom(this.#composer.length, 1)) throw new Error('no room planned for a node');
    const node = generation.append(this.#composer.words, this.#composer.length);
    if (old === 0) generation.insert(hash, node, key.labels);
    else generation.replace(hash, old, node);
    if (isApex) generation.setZone(zone.number, node, key.length | (key.labels << 8));
    return node;
  }

  // --- ancestors ---

  /** Makes the empty non-terminals between `key` and its closest existing ancestor, from the top down. */
  #makeAncestors(zone: HostedZone, key: NameKey, from = 1): void {
    const top = key.labels - zone.labels;
    let missing = from;
    while (missing < top && this.#reader.find(key, missing) === 0) missing++;
    if (missing === from) return;
    const saved = key.folded.slice(0, key.length);
    for (let label = missing - 1; label >= from; label--) {
      const name = saved.slice(this.#startOf(saved, label)) as DomainName;
      this.#key.load(name, 0, name.length);
      this.#writeNode({ name, rrsets: [] }, zone, 0, this.#occluderOf(zone, this.#key, 1), 0, 0);
      this.#setWildcardChild(zone, this.#key, 0, true);
    }
    this.#key.load(saved, 0, saved.length);
  }

  /** One owner more or less below every ancestor from label `from` up; ancestors that end up empty go. */
  #countOwners(zone: HostedZone, key: NameKey, from: number, by: 1 | -1): void {
    const top = key.labels - zone.labels;
    for (let label = from; label <= top; label++) {
      const node = this.#reader.find(key, label);
      if (node === 0) continue;
      const below = this.#below(node) + by;
      this.#generation.words[node + NodeWord.BELOW] = below;
      if (below > 0 || label === top || this.#hasRecords(node)) continue;
      this.#generation.remove(key.hashes[label] ?? 0, node);
      this.#setWildcardChild(zone, key, label, false);
    }
  }

  /** Labels of the cut or DNAME that hides the name at label `label - 1`: its parent's, or the parent itself. */
  #occluderOf(zone: HostedZone, key: NameKey, label: number): number {
    if (!zone.hasOccluders || key.labels - label < zone.labels) return 0;
    const parent = this.#reader.find(key, label);
    if (parent === 0) return 0;
    const flags = this.#reader.flags(parent);
    if ((flags & NodeFlag.OCCLUDED) !== 0) return this.#reader.occluderLabels(parent);
    return occludes(flags) ? this.#reader.labels(parent) : 0;
  }

  /** Works out occlusion again for everything below a name that has become, or ceased to be, a cut or DNAME. */
  #reoccludeBelow(zone: HostedZone, name: DomainName): void {
    const key = this.#ancestor;
    const { words } = this.#generation;
    const depth = labelCount(name);
    for (const owner of this.#options.view(zone.apex).ownersBelow(name)) {
      key.load(owner.name, 0, owner.name.length);
      for (let label = key.labels - depth - 1; label >= 0; label--) {
        const node = this.#reader.find(key, label);
        if (node === 0 || this.#reader.zoneOf(node) !== zone.number) continue;
        const occluder = this.#occluderOf(zone, key, label + 1);
        const flags = (words[node] ?? 0) & ~NodeFlag.OCCLUDED;
        words[node] = occluder === 0 ? flags : flags | NodeFlag.OCCLUDED;
        words[node + NodeWord.ZONE] = zone.number | (occluder << 24);
      }
    }
  }

  /** Tells the parent of the name at label `label` that its child came or went, should that child be `*`. */
  #setWildcardChild(zone: HostedZone, key: NameKey, label: number, exists: boolean): void {
    const at = key.starts[label] ?? 0;
    if (key.folded[at] !== 1 || key.folded[at + 1] !== 0x2a || key.labels - label <= zone.labels) return;
    const parent = this.#reader.find(key, label + 1);
    if (parent === 0) return;
    if (exists) Atomics.or(this.#generation.words, parent, NodeFlag.WILDCARD_CHILD);
    else Atomics.and(this.#generation.words, parent, ~NodeFlag.WILDCARD_CHILD);
  }

  // --- zones within zones ---

  *#zonesAbove(apex: DomainName): Iterable<HostedZone> {
    for (let name = parentName(apex); name !== undefined; name = parentName(name)) {
      const zone = this.#zones.get(keyOf(name));
      if (zone !== undefined) yield zone;
    }
  }

  /** The deepest nested zone whose apex is `name` or above it: the one that answers for it. */
  #hidingZone(zone: HostedZone, name: DomainName): HostedZone | undefined {
    for (let at: DomainName | undefined = name; at !== undefined; at = parentName(at)) {
      if (at.length === zone.apex.length) return undefined;
      const found = this.#zones.get(keyOf(at));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #highestNested(zone: HostedZone, name: DomainName): HostedZone | undefined {
    let highest: HostedZone | undefined;
    for (let at: DomainName | undefined = name; at !== undefined; at = parentName(at)) {
      if (at.length === zone.apex.length) break;
      highest = this.#zones.get(keyOf(at)) ?? highest;
    }
    return highest;
  }

  #remakeStaleZones(): void {
    const stale = [...this.#stale];
    this.#regenerate(0);
    this.#stale.clear();
    for (const zone of stale) {
      zone.hidden.clear();
      this.#makeEmptyApex(zone);
      for (const owner of this.#options.view(zone.apex).owners()) this.#put(zone, owner);
    }
  }

  #makeEmptyApex(zone: HostedZone): void {
    this.#reserve(NEW_NODE_WORDS + zone.apex.length, 1);
    this.#key.load(zone.apex, 0, zone.apex.length);
    this.#writeNode({ name: zone.apex, rrsets: [] }, zone, 0, 0, 0, 0);
  }

  #isPopulated(zone: HostedZone): boolean {
    const apex = this.#reader.apexNode(zone.number);
    return apex !== 0 && (this.#hasRecords(apex) || this.#below(apex) > 0);
  }

  #freeNumber(): number {
    const free = this.#byNumber.indexOf(undefined);
    return free === -1 ? this.#byNumber.length : free;
  }

  // --- memory ---

  #inBulk(change: () => void): void {
    if (this.#isBulk) {
      change();
      return;
    }
    this.beginBulk();
    change();
    this.endBulk();
  }

  /** Makes room in a bulk change; in a live one {@link apply} has done so. */
  #reserve(words: number, slots: number): void {
    if (this.#isBulk && !this.#generation.hasRoom(words, slots)) this.#regenerate(0, words);
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
      zones: Math.max(MIN_ZONES, 2 * this.#byNumber.length),
      heapWords: Math.max(MIN_HEAP_WORDS, 2 * live + moreNodes * NEW_NODE_WORDS) + moreWords,
    });
    const oldReader = this.#reader;
    old.copyTo(next, (node) => {
      const zone = this.#byNumber[oldReader.zoneOf(node)];
      return zone !== undefined && !this.#stale.has(zone);
    });
    this.#generation = next;
    this.#reader = new ImageReader(this.memory);
    for (const zone of this.#byNumber) {
      if (zone === undefined) continue;
      this.#ancestor.load(zone.apex, 0, zone.apex.length);
      const node = this.#reader.find(this.#ancestor, 0);
      next.setZone(zone.number, node, zone.apex.length | (zone.labels << 8));
    }
  }

  // --- small readings ---

  #below(node: number): number {
    return this.#generation.words[node + NodeWord.BELOW] ?? 0;
  }

  #hasRecords(node: number): boolean {
    return this.#generation.words[node + NodeWord.RRSETS] !== 0;
  }

  #forgetCounters(node: number): void {
    this.#counters.releaseMissing(this.#reader, node, undefined);
  }

  #startOf(name: Uint8Array, label: number): number {
    let at = 0;
    for (let i = 0; i < label; i++) at += (name[at] ?? 0) + 1;
    return at;
  }
}

// --- helpers ---

const MIN_ZONES = 1024;
const MIN_HEAP_WORDS = 1 << 18;
/** A planning figure: a node with one address record. */
const NEW_NODE_WORDS = 28;
/** A new owner brings at most this many nodes: RFC 1035 §3.1 allows 127 labels, each an empty non-terminal. */
const MAX_NEW_SLOTS = 128;

function keyOf(name: DomainName): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
}

/** At most the words that an owner and the empty non-terminals above it take. */
function wordsFor(owner: Owner): number {
  let octets = 0;
  let records = 0;
  for (const { rdatas } of owner.rrsets) {
    records += rdatas.length + 8;
    for (const rdata of rdatas) octets += rdata.length + 16;
    if (rdatas[0] !== undefined) octets += rdatas[0].length + 64; // the SOA is kept twice
  }
  const ancestors = (owner.name.length * owner.name.length) / 8 + labelCount(owner.name) * 8;
  return Math.ceil(octets / 4 + records + ancestors + owner.name.length + 16);
}

/** `_steer.<owner>`: steering, not data (STEERING.md). */
function isSteeringName(name: DomainName): boolean {
  if (name[0] !== STEER.length) return false;
  for (let i = 0; i < STEER.length; i++) if (name[i + 1] !== STEER.charCodeAt(i)) return false;
  return true;
}
const STEER = '_steer';
