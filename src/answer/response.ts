import { NO_NAME, NOT_IN_ZONE, RECORD_HEAD, RRsetWord, Shape } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';
import { copy, copyWords, nameLength } from './octets.ts';

/** How many names of an answer may ask for addresses in the additional section; more would not fit anyway. */
export const MAX_TARGETS = 64;
/** RFC 1035 §4.1.4: a pointer holds 14 bits. */
const POINTER_LIMIT = 0x4000;

/**
 * A response being written over its query: header and question stay, records are appended. One per thread,
 * refilled. Places in the message count from its start.
 */
export class Response {
  octets: Uint8Array = new Uint8Array(0);
  /** Where the message begins in {@link octets}. */
  start = 0;
  /** Octets written. */
  length = 0;
  /** Octets that may be written, what is kept for OPT already taken off. */
  limit = 0;
  /** Octets the buffer has from {@link start} on. */
  room = 0;
  answers = 0;
  authorities = 0;
  additionals = 0;
  /** Where the name in the RDATA of the record written last begins. */
  nameAt = 0;
  /** The same name in the image's octets, uncompressed. */
  nameFrom = 0;
  /** Names in the RDATA written since {@link forgetTargets}, whose addresses belong into the additional section. */
  targets = 0;
  /** Per target: its place in the message. */
  readonly targetAt: Uint16Array = new Uint16Array(MAX_TARGETS);
  /** Per target: its place in the image's octets, uncompressed. */
  readonly targetFrom: Float64Array = new Float64Array(MAX_TARGETS);

  #view: DataView = new DataView(new ArrayBuffer(0));

  begin(octets: Uint8Array, start: number, room: number, length: number, limit: number): void {
    if (octets !== this.octets) {
      this.octets = octets;
      this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    }
    this.start = start;
    this.room = room;
    this.restart(length, limit);
  }

  /** Forgets every record; the first `length` octets stay. */
  restart(length: number, limit: number): void {
    this.length = length;
    this.limit = limit;
    this.answers = 0;
    this.authorities = 0;
    this.additionals = 0;
    this.targets = 0;
  }

  forgetTargets(): void {
    this.targets = 0;
  }

  /**
   * Appends all records of an RRset, beginning with record `first` and going around. The owner is the name at
   * place `ownerAt`, the zone's apex stands at `apexAt` (0: nowhere a pointer may lead to). Returns the number of
   * records, or 0 and nothing appended when they do not all fit.
   */
  rrset(image: ImageReader, rrset: number, first: number, ownerAt: number, apexAt: number): number {
    const { words } = image;
    const count = (words[rrset] ?? 0) & 0xffff;
    const size = words[rrset + RRsetWord.RECORD_OCTETS] ?? 0;
    if (ownerAt >= POINTER_LIMIT) return 0;
    const before = this.length;
    if (size === 0) {
      for (let i = 0; i < count; i++) {
        const index = first + i < count ? first + i : first + i - count;
        if (!this.#record(image, rrset, index, ownerAt, apexAt)) return this.#takeBack(before);
      }
      return this.length > this.limit ? this.#takeBack(before) : count;
    }
    const total = count * size;
    if (before + total > this.limit) return 0;
    const from = (rrset + RRsetWord.TABLE) * 4;
    const to = this.start + before;
    const head = (count - first) * size;
    if ((size & 3) === 0) {
      copyWords(words, (from + first * size) >>> 2, this.#view, to, head);
      if (first > 0) copyWords(words, from >>> 2, this.#view, to + head, total - head);
    } else {
      copy(image.octets, from + first * size, this.octets, to, head);
      if (first > 0) copy(image.octets, from, this.octets, to + head, total - head);
    }
    if (ownerAt !== QUESTION_NAME) {
      for (let i = 0; i < count; i++) this.#pointer(before + i * size, ownerAt);
    }
    this.length = before + total;
    return count;
  }

  /** Appends one record of an RRset; as {@link rrset}. */
  record(image: ImageReader, rrset: number, index: number, ownerAt: number, apexAt: number): boolean {
    if (ownerAt >= POINTER_LIMIT) return false;
    const before = this.length;
    if (image.words[rrset + RRsetWord.RECORD_OCTETS] === 0) {
      if (this.#record(image, rrset, index, ownerAt, apexAt) && this.length <= this.limit) return true;
      this.length = before;
      return false;
    }
    const size = image.words[rrset + RRsetWord.RECORD_OCTETS] ?? 0;
    if (before + size > this.limit) return false;
    copy(image.octets, (rrset + RRsetWord.TABLE) * 4 + index * size, this.octets, this.start + before, size);
    this.#pointer(before, ownerAt);
    this.nameAt = before + RECORD_HEAD;
    this.length = before + size;
    return true;
  }

  /**
   * Appends `count` records of a steered RRset of addresses, as `picks` numbers them. Returns as {@link rrset}.
   */
  records(image: ImageReader, rrset: number, picks: Uint16Array, count: number, ownerAt: number): number {
    const { words } = image;
    const size = words[rrset + RRsetWord.RECORD_OCTETS] ?? 0; // A, AAAA: 16 and 28 octets
    const before = this.length;
    if (ownerAt >= POINTER_LIMIT || before + count * size > this.limit) return 0;
    const from = rrset + RRsetWord.TABLE;
    const step = size >>> 2;
    let to = this.start + before;
    for (let i = 0; i < count; i++, to += size) {
      copyWords(words, from + (picks[i] ?? 0) * step, this.#view, to, size);
    }
    if (ownerAt !== QUESTION_NAME) {
      for (let i = 0; i < count; i++) this.#pointer(before + i * size, ownerAt);
    }
    this.length = before + count * size;
    return count;
  }

  /** Gives the `count` records from `at` to the end, all of one length, another TTL; seconds. */
  setTtl(at: number, count: number, ttl: number): void {
    const size = (this.length - at) / count;
    for (let i = 0, place = at + 6; i < count; i++, place += size) this.#u32(place, ttl);
  }

  /** Lowers the TTL of the record that begins at `at` to `most`; seconds. */
  limitTtl(at: number, most: number): void {
    const place = this.start + at + 6;
    const ttl = this.#view.getUint32(place);
    if (ttl > most) this.#u32(at + 6, most);
  }

  /** A record that no zone holds: the CNAME made from a DNAME (RFC 6672 §3.1). `ttl` as four octets of the image. */
  cname(
    ownerAt: number,
    ttlOctets: Uint8Array,
    ttlAt: number,
    target: Uint8Array,
    targetLength: number,
  ): boolean {
    const at = this.length;
    if (at + RECORD_HEAD + targetLength > this.limit || ownerAt >= POINTER_LIMIT) return false;
    const to = this.start + at;
    this.#pointer(at, ownerAt);
    this.#u16(at + 2, 5);
    this.#u16(at + 4, 1);
    copy(ttlOctets, ttlAt, this.octets, to + 6, 4);
    this.#u16(at + 10, targetLength);
    copy(target, 0, this.octets, to + RECORD_HEAD, targetLength);
    this.nameAt = at + RECORD_HEAD;
    this.length = at + RECORD_HEAD + targetLength;
    return true;
  }

  /** One record of a table: its names compressed against the apex, its target remembered. */
  #record(image: ImageReader, rrset: number, index: number, ownerAt: number, apexAt: number): boolean {
    const { words, octets } = image;
    const count = (words[rrset] ?? 0) & 0xffff;
    const shape = ((words[rrset] ?? 0) >>> 16) & 0x7f;
    const nameOffset = (words[rrset] ?? 0) >>> 24;
    const table = rrset + RRsetWord.TABLE;
    const entry = words[table + index] ?? 0;
    const next = words[table + index + 1] ?? 0;
    const base = (table + count + 1) * 4;
    const from = base + (entry & 0xff_ffff);
    const size = (next & 0xff_ffff) - (entry & 0xff_ffff);
    const at = this.length;
    // What is written is never longer than what is prepared, so this keeps inside the buffer; whether it keeps
    // inside the limit is known when the names are compressed.
    if (at > this.limit || at + size > this.room) return false;
    const to = this.start + at;
    const outside = entry >>> 24;
    this.nameAt = at + RECORD_HEAD + nameOffset;
    this.nameFrom = from + RECORD_HEAD + nameOffset;
    if (
      nameOffset !== NO_NAME &&
      outside !== NOT_IN_ZONE &&
      this.targets < MAX_TARGETS &&
      this.nameAt < POINTER_LIMIT
    ) {
      this.targetAt[this.targets] = this.nameAt;
      this.targetFrom[this.targets++] = this.nameFrom;
    }
    if (shape === Shape.SOA && apexAt !== 0) {
      this.length = at + this.#soa(image, from, size, to, outside, next >>> 24, apexAt);
    } else if (shape === Shape.NAME_LAST && outside !== NOT_IN_ZONE && apexAt !== 0) {
      const kept = RECORD_HEAD + nameOffset + outside;
      copy(octets, from, this.octets, to, kept);
      this.#pointer(at + kept, apexAt);
      this.#u16(at + 10, kept + 2 - RECORD_HEAD);
      this.length = at + kept + 2;
    } else {
      copy(octets, from, this.octets, to, size);
      this.length = at + size;
    }
    this.#pointer(at, ownerAt);
    return true;
  }

  /** MNAME, RNAME, each cut where the zone's apex begins, and 20 octets (RFC 1035 §3.3.13). Returns the length. */
  #soa(
    image: ImageReader,
    from: number,
    size: number,
    to: number,
    outside1: number,
    outside2: number,
    apexAt: number,
  ): number {
    const { octets } = image;
    let read = from + RECORD_HEAD;
    let written = RECORD_HEAD;
    copy(octets, from, this.octets, to, RECORD_HEAD);
    for (let name = 0; name < 2; name++) {
      const outside = name === 0 ? outside1 : outside2;
      const whole = nameLength(octets, read);
      const kept = outside === NOT_IN_ZONE ? whole : outside;
      copy(octets, read, this.octets, to + written, kept);
      written += kept;
      if (kept !== whole) {
        this.#pointer(to - this.start + written, apexAt);
        written += 2;
      }
      read += whole;
    }
    const rest = from + size - read;
    copy(octets, read, this.octets, to + written, rest);
    written += rest;
    this.#u16(to - this.start + 10, written - RECORD_HEAD);
    return written;
  }

  #takeBack(length: number): number {
    this.length = length;
    return 0;
  }

  #pointer(at: number, place: number): void {
    const to = this.start + at;
    this.octets[to] = 0xc0 | (place >>> 8);
    this.octets[to + 1] = place;
  }

  #u32(at: number, value: number): void {
    this.#view.setUint32(this.start + at, value);
  }

  #u16(at: number, value: number): void {
    const to = this.start + at;
    this.octets[to] = value >>> 8;
    this.octets[to + 1] = value;
  }
}

/** Where QNAME stands in every message. */
export const QUESTION_NAME = 12;
