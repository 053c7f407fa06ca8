// One entry of a master file to one record. RFC 1035 §5.1, RFC 2308 §4, RFC 3597 §5.
import { namesInRdata, scanRdata } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName, scanName, type WireName } from '../wire/name.ts';
import { located, sameOctets, takeWords } from './entry-words.ts';
import type { Findings } from './errors.ts';
import { HeadScanner } from './head-scanner.ts';
import { NameScanner, scanIPv4Octets, scanIPv6Octets, scanStringOctets } from './octet-words.ts';
import type { OpenFile } from './open-file.ts';
import { MAX_TTL } from './ttl.ts';

/** One record as a master file says it, class IN. */
export interface ScannedRecord {
  /** In lower case. */
  readonly owner: DomainName;
  readonly type: number;
  /** Seconds, at most 2³¹ − 1. */
  readonly ttl: number;
  /** Uncompressed wire form; the case of names is kept. */
  readonly rdata: Uint8Array;
  readonly path: string;
  /** The line it begins on. */
  readonly line: number;
}

/** Reads records; remembers owners and TTLs from one entry to the next. */
export class RecordScanner {
  readonly #findings: Findings;
  readonly #names = new NameScanner();
  readonly #head = new HeadScanner();
  #defaultTtl: number | undefined;
  #lastTtl: number | undefined;
  #warnedOfTtl = false;
  // the owner read last, by place: the next entry may repeat it
  #octets: Uint8Array | undefined;
  #ownerStart = 0;
  #ownerEnd = 0;
  #owner: DomainName | undefined;
  #ownerOrigin: WireName | undefined;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** What `$TTL` says; records without a TTL take it from here on, in included files too. */
  setDefaultTtl(ttl: number): void {
    this.#defaultTtl = ttl;
  }

  /** The record of the file's current entry, which has words. Throws {@link ZoneFileError}. */
  scan(file: OpenFile): ScannedRecord {
    const { lexer } = file;
    if (lexer.octets !== this.#octets) this.#forgetOwner(lexer.octets);
    const first = lexer.isIndented ? 0 : 1;
    const owner = first === 0 ? file.owner : this.#scanOwner(file);
    if (owner === undefined) {
      file.owner = file.lowerOrigin; // said once, not for every record that follows
      throw file.error(
        0,
        'owner expected: the line begins with white space, but there is no record before it',
      );
    }
    file.owner = owner;
    const type = this.#head.scan(file, first);
    const { typeAt, ttl: written } = this.#head;
    const rdata = this.#scanRdata(file, type, typeAt + 1);
    const ttl = this.ttlOf(file, type, typeAt, written, rdata);
    return { owner, type, ttl, rdata, path: file.path, line: lexer.lines[0] ?? 0 };
  }

  /** The TTL of a record: `written`, unless that is negative. Throws {@link ZoneFileError} when nothing says one. */
  ttlOf(file: OpenFile, type: number, typeAt: number, written: number, rdata: Uint8Array): number {
    const ttl = written >= 0 ? written : this.#inheritTtl(file, type, typeAt, rdata);
    this.#lastTtl = ttl;
    return ttl;
  }

  // --- owner ---

  #scanOwner(file: OpenFile): DomainName {
    const { octets, starts, ends } = file.lexer;
    const start = starts[0] ?? 0;
    const end = ends[0] ?? 0;
    if (
      this.#owner !== undefined &&
      this.#ownerOrigin === file.lowerOrigin &&
      sameOctets(octets, start, end, this.#ownerStart, this.#ownerEnd)
    ) {
      return this.#owner;
    }
    const plain = this.#names.scan(octets, start, end, file.lowerOrigin, true);
    const owner = foldName(plain ?? this.#scanHardName(file, 0));
    if (owner.length >= file.doubledLength && octets[end - 1] !== DOT && file.endsWithOriginTwice(owner)) {
      this.#warnOfDot(file, 0);
    }
    this.#owner = owner;
    this.#ownerOrigin = file.lowerOrigin;
    this.#ownerStart = start;
    this.#ownerEnd = end;
    return owner;
  }

  #scanHardName(file: OpenFile, i: number): WireName {
    try {
      return scanName(file.lexer.text(i), file.origin);
    } catch (error) {
      file.owner = file.lowerOrigin;
      throw located(file, i, error);
    }
  }

  // --- RDATA ---

  #scanRdata(file: OpenFile, type: number, from: number): Uint8Array {
    let rdata = this.#scanPlainRdata(file, type, from);
    if (rdata === undefined) {
      const { words, places } = takeWords(file, type, from);
      try {
        rdata = scanRdata(type, words, file.origin);
      } catch (error) {
        throw located(file, places[words.at] ?? file.lexer.count, error);
      }
    }
    if (rdata.length >= file.doubledLength) this.#checkDots(file, type, rdata, from);
    return rdata;
  }

  /** RDATA of plain words: what most of a large zone is made of. */
  #scanPlainRdata(file: OpenFile, type: number, from: number): Uint8Array | undefined {
    const { octets, starts, ends, count, quoted } = file.lexer;
    if (type === RRType.TXT) return scanStringOctets(file.lexer, from);
    if (count !== from + 1 || quoted[from] === 1) return undefined;
    const start = starts[from] ?? 0;
    const end = ends[from] ?? 0;
    switch (type) {
      case RRType.A:
        return scanIPv4Octets(octets, start, end);
      case RRType.AAAA:
        return scanIPv6Octets(octets, start, end);
      case RRType.NS:
      case RRType.CNAME:
      case RRType.PTR:
        return this.#names.scan(octets, start, end, file.origin, false);
      default:
        return undefined;
    }
  }

  /** Warns of names that end with the origin twice, unless they were written so, with their final dot. */
  #checkDots(file: OpenFile, type: number, rdata: Uint8Array, from: number): void {
    const { octets, starts, ends, count } = file.lexer;
    for (let i = from; i < count; i++) {
      const start = starts[i] ?? 0;
      const end = ends[i] ?? 0;
      if (octets[end - 1] === DOT || end - start < file.origin.length - 2) continue;
      const word = this.#names.scan(octets, start, end, file.origin, false);
      if (word === undefined || !file.endsWithOriginTwice(word)) continue;
      const isName = namesInRdata(type, rdata).some((at) => equalNames(nameAt(rdata, at), word));
      if (isName) this.#warnOfDot(file, i);
    }
  }

  #warnOfDot(file: OpenFile, i: number): void {
    const text = file.lexer.text(i);
    this.#findings.warn(
      file.place(i),
      `'${text}' ends with the origin but has no final dot; was '${text}.' meant?`,
    );
  }

  // --- TTLs that are not written ---

  #inheritTtl(file: OpenFile, type: number, typeAt: number, rdata: Uint8Array): number {
    if (this.#defaultTtl !== undefined) return this.#defaultTtl;
    if (this.#lastTtl !== undefined) {
      this.#warnOfTtl(
        file,
        typeAt,
        'no TTL and no $TTL; the TTL of the record before is used (RFC 1035 §5.1)',
      );
      return this.#lastTtl;
    }
    if (type === RRType.SOA) {
      const view = new DataView(rdata.buffer, rdata.byteOffset + rdata.length - 4, 4);
      const minimum = Math.min(view.getUint32(0), MAX_TTL);
      this.#warnOfTtl(file, typeAt, `no TTL and no $TTL; the SOA's minimum of ${minimum} s is used`);
      return minimum;
    }
    this.#lastTtl = 0; // said once, not for every record that follows
    throw file.error(typeAt, 'TTL expected before the type: there is no $TTL and no TTL in a record before');
  }

  #warnOfTtl(file: OpenFile, typeAt: number, what: string): void {
    if (!this.#warnedOfTtl) this.#findings.warn(file.place(typeAt), what);
    this.#warnedOfTtl = true;
  }

  #forgetOwner(octets: Uint8Array): void {
    this.#octets = octets;
    this.#owner = undefined;
  }
}

// --- helpers ---

const DOT = 46;

function nameAt(rdata: Uint8Array, start: number): Uint8Array {
  let at = start;
  while ((rdata[at] ?? 0) !== 0) at += (rdata[at] ?? 0) + 1;
  return rdata.subarray(start, at + 1);
}
