// The additional section: addresses that save the client a question (RFC 1034 §4.3.2 step 6), and glue.
import { NodeFlag, STEERED } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import { NameKey } from '../image/name-key.ts';
import { RRType } from '../wire/iana.ts';
import { MAX_TARGETS, type Response } from './response.ts';
import type { SteeredRecords } from './steered-records.ts';

/** Adds the addresses of the hosts that the RRset written last names. One per thread; allocates nothing. */
export class AdditionalSection {
  readonly #response: Response;
  readonly #steered: SteeredRecords;
  readonly #key = new NameKey();
  /** Per target of the response: its node, so that a host named twice is added once. */
  readonly #nodes = new Int32Array(MAX_TARGETS);

  constructor(response: Response, steered: SteeredRecords) {
    this.#response = response;
    this.#steered = steered;
  }

  /** Addresses that belong to the zone of `node`, as far as they fit. */
  addAddresses(image: ImageReader, node: number): void {
    const zone = image.zoneOf(node);
    for (let i = 0; i < this.#response.targets; i++) {
      const host = this.#hostOf(image, i, zone);
      if (host === 0 || (image.flags(host) & (NodeFlag.OCCLUDED | NodeFlag.CUT)) !== 0) continue;
      this.#addHost(image, host, i);
    }
  }

  /**
   * Glue for the referral at `cut`, that below the cut first. Returns whether all of that was added: without it the
   * referral cannot be followed, and the response must say that it is truncated (RFC 9471 §3.1).
   */
  addGlue(image: ImageReader, cut: number): boolean {
    const depth = image.labels(cut);
    const zone = image.zoneOf(cut);
    let isComplete = true;
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < this.#response.targets; i++) {
        const host = this.#hostOf(image, i, zone);
        if (host === 0) continue;
        const label = this.#key.labels - depth;
        const isBelow = label >= 0 && image.find(this.#key, label) === cut;
        if (isBelow !== (pass === 0)) continue;
        if (!this.#addHost(image, host, i) && isBelow) isComplete = false;
      }
    }
    return isComplete;
  }

  /** The node of target `i`; 0 when it is not in the zone, or the same as an earlier target's. */
  #hostOf(image: ImageReader, i: number, zone: number): number {
    const from = this.#response.targetFrom[i] ?? 0;
    if (this.#key.load(image.octets, from, image.octets.length) === 0) return 0;
    const node = image.find(this.#key, 0);
    this.#nodes[i] = node;
    if (node === 0 || image.zoneOf(node) !== zone) return 0;
    for (let earlier = 0; earlier < i; earlier++) if (this.#nodes[earlier] === node) return 0;
    return node;
  }

  #addHost(image: ImageReader, host: number, target: number): boolean {
    const at = this.#response.targetAt[target] ?? 0;
    const hasA = this.#addRRset(image, image.rrset(host, RRType.A), at);
    const hasAaaa = this.#addRRset(image, image.rrset(host, RRType.AAAA), at);
    return hasA && hasAaaa;
  }

  #addRRset(image: ImageReader, rrset: number, ownerAt: number): boolean {
    if (rrset === 0) return true;
    const head = image.words[rrset] ?? 0;
    if ((head & 0xffff) === 0) return true; // none is live
    const count =
      (head & STEERED) === 0
        ? this.#response.rrset(image, rrset, 0, ownerAt, 0)
        : this.#steered.helpers(image, rrset, ownerAt);
    this.#response.additionals += count;
    return count > 0;
  }
}
