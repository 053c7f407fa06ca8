import { latin1 } from '../base/latin1.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, labelCount } from '../wire/name.ts';
import type { ServedOwner, ServedView } from '../zone/served.ts';
import { type CounterBook, type CounterKind, counterOf, countersOf } from './counter-book.ts';
import type { Generation } from './generation.ts';
import type { HostedZone, HostedZones } from './hosted-zones.ts';
import { NodeFlag, NodeWord, PARENT_SIDE_HASH, PLAN_WORDS } from './layout.ts';
import type { ImageReader } from './lookup.ts';
import { NameKey } from './name-key.ts';
import { NodeComposer, occludes } from './node-composer.ts';

/** A generation that is being written, and how it is read. */
export interface WrittenGeneration {
  readonly generation: Generation;
  readonly reader: ImageReader;
}

/**
 * Puts one owner after the other into a generation and keeps its surroundings right: empty non-terminals, asterisk
 * children, occlusion by cuts and DNAMEs, names hidden by nested zones. There must be room for {@link wordsFor} words
 * and {@link MAX_NEW_SLOTS} slots.
 */
export class OwnerWriter {
  readonly #zones: HostedZones;
  readonly #counters: CounterBook;
  readonly #view: (apex: DomainName) => ServedView;
  readonly #composer = new NodeComposer();
  readonly #key = new NameKey();
  readonly #belowKey = new NameKey();
  #generation: Generation;
  #reader: ImageReader;
  #published: ImageReader | undefined;
  /** Whether counters may have lost their RRset since {@link writeUnseen}. */
  hasFreed = false;

  constructor(
    written: WrittenGeneration,
    zones: HostedZones,
    counters: CounterBook,
    view: (apex: DomainName) => ServedView,
  ) {
    this.#generation = written.generation;
    this.#reader = written.reader;
    this.#zones = zones;
    this.#counters = counters;
    this.#view = view;
  }

  /** From now on writes into `written`, which readers see at once. */
  writeLive(written: WrittenGeneration): void {
    this.#generation = written.generation;
    this.#reader = written.reader;
    this.#published = undefined;
    this.hasFreed = false;
  }

  /**
   * From now on writes into `written`, which nobody sees yet. RRsets that are made anew take over the counters that
   * they have in `published`, and no counter is freed.
   */
  writeUnseen(written: WrittenGeneration, published: ImageReader): void {
    this.#generation = written.generation;
    this.#reader = written.reader;
    this.#published = published;
  }

  /** The owner as it is now; without RRsets it goes. */
  put(zone: HostedZone, owner: ServedOwner): void {
    const key = this.#key;
    key.load(owner.name, 0, owner.name.length);
    const hiding = zone.nested === 0 ? NONE : this.#zones.hiding(zone, owner.name);
    if (hiding.length > 0) {
      this.#putHidden(zone, owner, hiding);
      return;
    }
    const node = this.#reader.find(key, 0);
    const had = node !== 0 && this.#hasRecords(node);
    const has = owner.rrsets.length > 0;
    if (!had && !has) return;
    const below = node === 0 ? 0 : this.#below(node);
    if (!has && below === 0 && key.labels !== zone.labels) {
      this.#removeNode(key.hashes[0] ?? 0, node);
      this.#countOwners(zone, key, 1, -1);
      this.#setWildcardChild(zone, key, 0, false);
      return;
    }
    if (node === 0) this.#makeAncestors(zone, key, 1);
    if (had !== has) this.#countOwners(zone, key, 1, has ? 1 : -1);
    const wasOccluder = node !== 0 && occludes(this.#reader.flags(node));
    const now = this.#writeNode(owner, zone, 0, this.#occluderOf(zone, key, 1), below, node);
    if (node === 0) this.#setWildcardChild(zone, key, 0, true);
    const isOccluder = occludes(this.#reader.flags(now));
    if (isOccluder) zone.hasOccluders = true;
    if (isOccluder !== wasOccluder && below > 0) this.#reoccludeBelow(zone, owner.name);
  }

  /** The apex of a zone that has no node yet. */
  putEmptyApex(zone: HostedZone): void {
    this.#key.load(zone.apex, 0, zone.apex.length);
    this.#writeNode({ name: zone.apex, rrsets: [] }, zone, 0, 0, 0, 0);
  }

  /** An owner at or below a nested zone's apex: it only counts, and delegates at the apex itself. */
  #putHidden(zone: HostedZone, owner: ServedOwner, hiding: readonly HostedZone[]): void {
    const key = this.#key;
    const had = zone.hidden.has(latin1(owner.name));
    const has = owner.rrsets.length > 0;
    if (has !== had) {
      if (has) zone.hidden.add(latin1(owner.name));
      else zone.hidden.delete(latin1(owner.name));
      const from = key.labels - (hiding.at(-1)?.labels ?? 0) + 1; // the first ancestor that this zone itself answers for
      this.#makeAncestors(zone, key, from);
      this.#countOwners(zone, key, from, has ? 1 : -1);
    }
    // Only the zone right above the cut delegates it; what those farther up hold there is hidden.
    if (hiding.length > 1 || owner.name.length !== hiding[0]?.apex.length) return;
    const hash = (key.hashes[0] ?? 0) ^ PARENT_SIDE_HASH;
    const node = this.#reader.findHashed(hash, key, 0);
    const delegates = owner.rrsets.some(({ type }) => type === RRType.NS);
    const occluder = this.#occluderOf(zone, key, 1);
    if (delegates) this.#writeNode(owner, zone, NodeFlag.PARENT_SIDE, occluder, 0, node);
    else if (node !== 0) this.#removeNode(hash, node);
  }

  /** Writes `owner` into the heap and makes its slot lead there, in place of `old`. `#key` must hold its name. */
  #writeNode(
    owner: ServedOwner,
    zone: HostedZone,
    flags: number,
    occluder: number,
    below: number,
    old: number,
  ): number {
    const key = this.#key;
    const generation = this.#generation;
    const isApex = key.labels === zone.labels && flags === 0;
    const kept = old === 0 ? 0 : this.#reader.flags(old) & NodeFlag.WILDCARD_CHILD;
    const hash = (key.hashes[0] ?? 0) ^ (flags === NodeFlag.PARENT_SIDE ? PARENT_SIDE_HASH : 0);
    this.#composer.compose(owner, {
      flags: flags | kept | (isApex ? NodeFlag.APEX : 0) | (occluder === 0 ? 0 : NodeFlag.OCCLUDED),
      zone: zone.number,
      apex: zone.apex,
      occluderLabels: occluder,
      below,
      counterOf: (type, kind) => this.#counterFor(hash, old, type, kind),
    });
    if (!generation.hasRoom(this.#composer.length, 1)) throw new Error('no room planned for a node');
    const node = generation.append(this.#composer.words, this.#composer.length);
    if (old === 0) generation.insert(hash, node, key.labels);
    else {
      generation.replace(hash, old, node);
      this.#freeCounters(old, node);
    }
    if (isApex) generation.setZone(zone.number, node, key.length | (key.labels << 8));
    return node;
  }

  #removeNode(hash: number, node: number): void {
    this.#generation.remove(hash, node);
    this.#freeCounters(node, 0);
  }

  // --- rotation counters ---

  /** The counter or block that the RRset has already, here or in what readers see; otherwise a new one. */
  #counterFor(hash: number, old: number, type: number, kind: CounterKind): number {
    let counter = counterOf(this.#reader, old, type);
    if (counter === 0 && this.#published !== undefined) {
      counter = counterOf(this.#published, this.#published.findHashed(hash, this.#key, 0), type);
    }
    return this.#counters.keepOrTake(kind, counter);
  }

  /** Frees the counters that `old` has and `now` (0: nobody) does not. */
  #freeCounters(old: number, now: number): void {
    const before = countersOf(this.#reader, old);
    if (before.length === 0) return;
    this.hasFreed = true;
    if (this.#published !== undefined) return;
    const after = now === 0 ? [] : countersOf(this.#reader, now);
    for (const counter of before) if (!after.includes(counter)) this.#counters.release(counter);
  }

  // --- ancestors ---

  /** Makes the empty non-terminals from label `from` of `key` up to its closest existing ancestor, the top first. */
  #makeAncestors(zone: HostedZone, key: NameKey, from: number): void {
    const top = key.labels - zone.labels;
    let missing = from;
    while (missing < top && this.#reader.find(key, missing) === 0) missing++;
    if (missing === from) return;
    const saved = key.folded.slice(0, key.length);
    const starts = key.starts.slice(0, missing);
    for (let label = missing - 1; label >= from; label--) {
      const name = saved.slice(starts[label] ?? 0) as DomainName;
      key.load(name, 0, name.length);
      this.#writeNode({ name, rrsets: [] }, zone, 0, this.#occluderOf(zone, key, 1), 0, 0);
      this.#setWildcardChild(zone, key, 0, true);
    }
    key.load(saved, 0, saved.length);
  }

  /** One owner more or less below every ancestor from label `from` up; ancestors that end up empty go. */
  #countOwners(zone: HostedZone, key: NameKey, from: number, by: 1 | -1): void {
    const top = key.labels - zone.labels;
    for (let label = from; label <= top; label++) {
      const node = this.#reader.find(key, label);
      if (node === 0) continue;
      const below = this.#below(node) + by;
      this.#generation.set(node + NodeWord.BELOW, below);
      if (below > 0 || label === top || this.#hasRecords(node)) continue;
      this.#removeNode(key.hashes[label] ?? 0, node);
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
    const key = this.#belowKey;
    const depth = labelCount(name);
    for (const owner of this.#view(zone.apex).ownersBelow(name)) {
      key.load(owner.name, 0, owner.name.length);
      for (let label = key.labels - depth - 1; label >= 0; label--) {
        const occluder = this.#occluderOf(zone, key, label + 1);
        this.#setOccluder(zone, this.#reader.find(key, label), occluder);
        if (label > 0 || zone.nested === 0) continue;
        const parentSide = (key.hashes[0] ?? 0) ^ PARENT_SIDE_HASH;
        this.#setOccluder(zone, this.#reader.findHashed(parentSide, key, 0), occluder);
      }
    }
  }

  #setOccluder(zone: HostedZone, node: number, occluder: number): void {
    if (node === 0 || this.#reader.zoneOf(node) !== zone.number) return;
    const flags = (this.#generation.words[node] ?? 0) & ~NodeFlag.OCCLUDED;
    this.#generation.set(node, occluder === 0 ? flags : flags | NodeFlag.OCCLUDED);
    this.#generation.set(node + NodeWord.ZONE, zone.number | (occluder << 24));
  }

  /** Tells the parent of the name at label `label` that its child came or went, should that child be `*`. */
  #setWildcardChild(zone: HostedZone, key: NameKey, label: number, exists: boolean): void {
    const at = key.starts[label] ?? 0;
    if (key.folded[at] !== 1 || key.folded[at + 1] !== 0x2a || key.labels - label <= zone.labels) return;
    const parent = this.#reader.find(key, label + 1);
    if (parent === 0) return;
    const flags = (this.#generation.words[parent] ?? 0) & ~NodeFlag.WILDCARD_CHILD;
    this.#generation.set(parent, exists ? flags | NodeFlag.WILDCARD_CHILD : flags);
  }

  // --- small readings ---

  #below(node: number): number {
    return this.#generation.words[node + NodeWord.BELOW] ?? 0;
  }

  #hasRecords(node: number): boolean {
    return this.#generation.words[node + NodeWord.RRSETS] !== 0;
  }
}

const NONE: readonly HostedZone[] = [];

/** A planning figure: words of a node with one address record. */
export const NEW_NODE_WORDS = 28;
/** A new owner brings at most this many nodes: RFC 1035 §3.1 allows 127 labels, each an empty non-terminal. */
export const MAX_NEW_SLOTS = 128;

/** At most the nodes that an owner brings: its own on either side of a cut, and empty non-terminals up to the apex. */
export function slotsFor(zone: HostedZone, owner: ServedOwner): number {
  return labelCount(owner.name) - zone.labels + 2;
}

/** At most the words that an owner and the empty non-terminals above it take. */
export function wordsFor(owner: ServedOwner): number {
  let octets = 0;
  let records = 0;
  for (const { rdatas, plan } of owner.rrsets) {
    records += rdatas.length + 8 + PLAN_WORDS;
    octets += plan === undefined ? 0 : plan.choosing.length + 3;
    for (const rdata of rdatas) octets += rdata.length + 16;
    if (rdatas[0] !== undefined) octets += rdatas[0].length + 64; // the SOA is kept twice
  }
  const ancestors = (owner.name.length * owner.name.length) / 8 + labelCount(owner.name) * 8;
  return Math.ceil(octets / 4 + records + ancestors + owner.name.length + 16);
}
