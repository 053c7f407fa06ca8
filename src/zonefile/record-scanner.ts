// One entry of a master file to one record. RFC 1035 §5.1, RFC 2308 §4, RFC 3597 §5.
import { editDistance } from '../base/suggest.ts';
import { namesInRdata, scanRdata, scanType } from '../rdata/table.ts';
import { Words } from '../rdata/words.ts';
import { PresentationError } from '../wire/errors.ts';
import { isMetaType, RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName, LOWER, scanName, type WireName } from '../wire/name.ts';
import type { Findings } from './errors.ts';
import { NameScanner, scanIPv4Octets, scanIPv6Octets } from './octet-words.ts';
import type { OpenFile } from './open-file.ts';
import { MAX_TTL, scanTtl } from './ttl.ts';

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

/** What stands between owner and RDATA, and the index of the word after it. */
export interface RecordHead {
  readonly type: number;
  /** -1 when the entry does not say one. */
  readonly ttl: number;
  /** Index of the type's word. */
  readonly typeAt: number;
}

/** Reads records; remembers owners and TTLs from one entry to the next. */
export class RecordScanner {
  readonly #findings: Findings;
  readonly #names = new NameScanner();
  readonly #types = new Map<string, number | undefined>();
  #defaultTtl: number | undefined;
  #lastTtl: number | undefined;
  #warnedOfTtl = false;
  // the words read last, by place: most entries repeat their neighbour's
  #octets: Uint8Array | undefined;
  #typeStart = 0;
  #typeEnd = 0;
  #type = 0;
  #ownerStart = 0;
  #ownerEnd = 0;
  #owner: DomainName | undefined;
  #ownerOrigin: WireName | undefined;
  // the head read last
  #headTtl = -1;
  #headTypeAt = 0;

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
    if (lexer.octets !== this.#octets) this.#forgetWords(lexer.octets);
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
    const type = this.#scanHead(file, first);
    const typeAt = this.#headTypeAt;
    const written = this.#headTtl;
    const rdata = this.#scanRdata(file, type, typeAt + 1);
    const ttl = this.ttlOf(file, type, typeAt, written, rdata);
    return { owner, type, ttl, rdata, path: file.path, line: lexer.lines[0] ?? 0 };
  }

  /** Type, TTL and class from word `from` on, for entries that are no record themselves. Throws {@link ZoneFileError}. */
  scanHead(file: OpenFile, from: number): RecordHead {
    if (file.lexer.octets !== this.#octets) this.#forgetWords(file.lexer.octets);
    const type = this.#scanHead(file, from);
    return { type, ttl: this.#headTtl, typeAt: this.#headTypeAt };
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

  // --- TTL, class, type ---

  #scanHead(file: OpenFile, from: number): number {
    const { lexer } = file;
    const { octets, starts, ends, quoted } = lexer;
    let hasClass = false;
    this.#headTtl = -1;
    for (let i = from; i < lexer.count; i++) {
      const start = starts[i] ?? 0;
      const end = ends[i] ?? 0;
      const c = octets[start] ?? 0;
      if (quoted[i] === 1) throw file.error(i, `TTL, class or type expected, found a quoted string`);
      if (c >= 48 && c <= 57) {
        if (this.#headTtl >= 0) throw file.error(i, `type expected, found a second TTL '${lexer.text(i)}'`);
        this.#headTtl = scanTtlWord(file, i, hasClass ? 'TTL or type' : 'TTL, class or type');
      } else if (end - start === 2 && LOWER[c] === 105 && LOWER[octets[start + 1] ?? 0] === 110) {
        if (hasClass) throw file.error(i, `type expected, found a second class '${lexer.text(i)}'`);
        hasClass = true;
      } else {
        const type = this.#scanTypeWord(file, i);
        if (type >= 0) {
          this.#headTypeAt = i;
          return type;
        }
        if (!isClassIn(lexer.text(i))) this.#failAtType(file, i, hasClass);
        hasClass = true;
      }
    }
    throw file.error(lexer.count, 'RR type expected, but the entry ends here');
  }

  /** The type of word i, or -1. */
  #scanTypeWord(file: OpenFile, i: number): number {
    const { lexer } = file;
    const start = lexer.starts[i] ?? 0;
    const end = lexer.ends[i] ?? 0;
    if (sameOctets(lexer.octets, start, end, this.#typeStart, this.#typeEnd)) return this.#type;
    if (end - start > MAX_TYPE_LENGTH) return -1;
    const text = lexer.text(i);
    let type = this.#types.get(text);
    if (type === undefined) {
      type = scanType(text);
      if (type === undefined) return -1;
      if (isMetaType(type)) throw file.error(i, `'${text}' is not a type that a zone can have data of`);
      this.#types.set(text, type);
    }
    this.#typeStart = start;
    this.#typeEnd = end;
    this.#type = type;
    return type;
  }

  #failAtType(file: OpenFile, i: number, hasClass: boolean): never {
    const { lexer } = file;
    const text = lexer.text(i);
    if (/^(?:CH|CHAOS|HS|HESIOD|CS|CSNET|NONE|CLASS[0-9]{1,5})$/i.test(text)) {
      throw file.error(i, `class IN expected, found class '${text}'; no other class is served`);
    }
    if (text.startsWith('$') && lexer.isIndented) {
      throw file.error(
        i,
        `type expected, found '${text}'; a directive must stand at the beginning of its line`,
      );
    }
    const owner = lexer.text(0);
    if (i === 1 && !lexer.isIndented && scanType(owner) !== undefined) {
      throw file.error(
        0,
        `'${owner}' stands where the owner is expected and '${text}' is no type; ` +
          'a record with the owner of the one before must begin with white space',
      );
    }
    const expected = this.#headTtl >= 0 || hasClass ? 'RR type' : 'TTL, class or RR type';
    throw file.error(i, `${expected} expected, found '${text}'${didYouMean(text)}`);
  }

  // --- RDATA ---

  #scanRdata(file: OpenFile, type: number, from: number): Uint8Array {
    const { lexer } = file;
    if (lexer.count === from + 1 && lexer.quoted[from] === 0) {
      const rdata = this.#scanPlainRdata(file, type, lexer.starts[from] ?? 0, lexer.ends[from] ?? 0);
      if (rdata !== undefined) {
        if (rdata.length >= file.doubledLength) this.#checkDots(file, type, rdata, from);
        return rdata;
      }
    }
    const { words, places } = takeWords(file, type, from);
    let rdata: Uint8Array;
    try {
      rdata = scanRdata(type, words, file.origin);
    } catch (error) {
      throw located(file, places[words.at] ?? lexer.count, error);
    }
    if (rdata.length >= file.doubledLength) this.#checkDots(file, type, rdata, from);
    return rdata;
  }

  /** RDATA that is one plain word: what most of a large zone is made of. */
  #scanPlainRdata(file: OpenFile, type: number, start: number, end: number): Uint8Array | undefined {
    const { octets } = file.lexer;
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
    const { lexer } = file;
    for (const start of namesInRdata(type, rdata)) {
      const name = nameAt(rdata, start);
      if (!file.endsWithOriginTwice(name)) continue;
      for (let i = from; i < lexer.count; i++) {
        const end = lexer.ends[i] ?? 0;
        if (lexer.octets[end - 1] === DOT) continue;
        const word = this.#names.scan(lexer.octets, lexer.starts[i] ?? 0, end, file.origin, false);
        if (word !== undefined && equalNames(word, name)) this.#warnOfDot(file, i);
      }
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

  #forgetWords(octets: Uint8Array): void {
    this.#octets = octets;
    this.#owner = undefined;
    this.#typeStart = 0;
    this.#typeEnd = 0;
  }
}

/** The TTL of word i. Throws {@link ZoneFileError}. */
export function scanTtlWord(file: OpenFile, i: number, expected: string): number {
  const { lexer } = file;
  const ttl = scanTtl(lexer.octets, lexer.starts[i] ?? 0, lexer.ends[i] ?? 0);
  if (ttl <= MAX_TTL) return ttl;
  const text = lexer.text(i);
  if (ttl > MAX_TTL) throw file.error(i, `the TTL '${text}' is over ${MAX_TTL} seconds (RFC 2181 §8)`);
  throw file.error(i, `${expected} expected, found '${text}'`);
}

/** The error of a lower floor, at word i. Passes on what is no {@link PresentationError}. */
export function located(file: OpenFile, i: number, error: unknown): unknown {
  return error instanceof PresentationError ? file.error(i, error.message, error) : error;
}

/** The words of the current entry from word `from` on, and the index each has in the entry. */
export function takeWords(
  file: OpenFile,
  type: number,
  from: number,
): { readonly words: Words; readonly places: readonly number[] } {
  const { lexer } = file;
  const texts: string[] = [];
  const quoted: boolean[] = [];
  const places: number[] = [];
  const joins = type === RRType.SVCB || type === RRType.HTTPS;
  for (let i = from; i < lexer.count; i++) {
    const text = lexer.text(i);
    const last = texts.length - 1;
    if (joins && lexer.isAttached(i) && texts[last]?.endsWith('=') === true) {
      texts[last] += text; // RFC 9460 §2.1: alpn="h2,h3" is one word
      continue;
    }
    texts.push(text);
    quoted.push(lexer.quoted[i] === 1);
    places.push(i);
  }
  return { words: new Words(texts, quoted), places };
}

// --- helpers ---

const DOT = 46;
/** `NSEC3PARAM` and `OPENPGPKEY` are the longest. */
const MAX_TYPE_LENGTH = 16;

function sameOctets(
  octets: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let a = start, b = otherStart; a < end; a++, b++) if (octets[a] !== octets[b]) return false;
  return true;
}

function isClassIn(text: string): boolean {
  return text.toUpperCase() === 'CLASS1';
}

function nameAt(rdata: Uint8Array, start: number): Uint8Array {
  let at = start;
  while ((rdata[at] ?? 0) !== 0) at += (rdata[at] ?? 0) + 1;
  return rdata.subarray(start, at + 1);
}

function didYouMean(text: string): string {
  if (text.length > MAX_TYPE_LENGTH) return '';
  const word = text.toUpperCase();
  let near: string[] = [];
  let bound = word.length >= 6 ? 2 : 1;
  for (const [mnemonic, type] of Object.entries(RRType)) {
    if (isMetaType(type)) continue;
    const distance = editDistance(word, mnemonic);
    if (distance > bound) continue;
    if (distance < bound) near = [];
    bound = distance;
    near.push(mnemonic);
  }
  return near.length === 0 ? '' : `; did you mean ${near.slice(0, 3).join(' or ')}?`;
}
