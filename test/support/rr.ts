import { canonicalRdata, scanRdata, scanType, showRdata, showType } from '../../src/rdata/table.ts';
import { Words } from '../../src/rdata/words.ts';
import { RRClass } from '../../src/wire/iana.ts';
import { type DomainName, foldName, scanName, showName, type WireName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';

/** A record in presentation format that keeps its case and its class, as messages do. */
export interface ClassRecord {
  readonly owner: WireName;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

/** The record of a line such as `www 60 A 192.0.2.1`; names are relative to `origin`. TTL 300 if there is none. */
export function rr(line: string, origin = 'example.test'): RR {
  const { owner, type, ttl, rdata } = scanRecord(line, name(origin));
  return { owner: foldName(owner), type, ttl, rdata };
}

/** A lower-case name from text, absolute with or without its final dot. */
export function name(text: string): DomainName {
  return foldName(scanName(text.endsWith('.') ? text : `${text}.`, undefined));
}

/** Reads `OWNER [TTL] [CLASS] TYPE RDATA`; throws what the scanners throw. */
export function scanRecord(line: string, origin: WireName): ClassRecord {
  const { texts, quoted } = splitWords(line);
  const owner = scanName(texts[0] ?? '', origin);
  let at = 1;
  let ttl = 300;
  let rrClass: number = RRClass.IN;
  for (; at < texts.length; at++) {
    const text = texts[at] ?? '';
    if (/^\d+$/.test(text)) ttl = Number(text);
    else if (text in RRClass && text !== 'ANY') rrClass = scanClass(text);
    else break;
  }
  const type = scanType(texts[at] ?? '');
  if (type === undefined) throw new Error(`no type in '${line}'`);
  const rdata = scanRdata(type, new Words(texts.slice(at + 1), quoted.slice(at + 1)), origin);
  return { owner, type, class: rrClass, ttl, rdata };
}

/** Shows a record on one line; the class only where it is not IN. */
export function showRecord(record: Omit<ClassRecord, 'class'> & { readonly class?: number }): string {
  const rrClass = record.class ?? RRClass.IN;
  const words = [showName(record.owner), `${record.ttl}`, showType(record.type)];
  if (rrClass !== RRClass.IN) words.splice(2, 0, showClass(rrClass));
  // RFC 2136 §2.4: nothing at all is data of classes ANY and NONE only; elsewhere it is `\# 0`.
  const isBare = record.rdata.length === 0 && (rrClass === RRClass.ANY || rrClass === RRClass.NONE);
  return [...words, ...(isBare ? [] : [showRdata(record.type, record.rdata)])].join(' ');
}

/** As {@link showRecord}, names in lower case where they are compared so (RFC 4343, RFC 4034 §6.2). */
export function showFoldedRecord(record: ClassRecord): string {
  const { owner, type, rdata } = record;
  return showRecord({
    ...record,
    owner: foldName(owner),
    rdata: rdata.length === 0 ? rdata : canonicalRdata(type, rdata),
  });
}

/** The number of a class mnemonic or `CLASS123` (RFC 3597 §5). */
export function scanClass(text: string): number {
  for (const [mnemonic, value] of Object.entries(RRClass)) if (mnemonic === text.toUpperCase()) return value;
  const [, digits] = /^CLASS(\d+)$/i.exec(text) ?? [];
  if (digits === undefined) throw new Error(`not a class: '${text}'`);
  return Number(digits);
}

/** The mnemonic of a class, or `CLASS123`. */
export function showClass(rrClass: number): string {
  for (const [mnemonic, value] of Object.entries(RRClass)) if (value === rrClass) return mnemonic;
  return `CLASS${rrClass}`;
}

/** Splits a line at white space; quotes are taken off, escapes stay, `;` begins a comment. */
export function splitWords(line: string): { texts: string[]; quoted: boolean[] } {
  const texts: string[] = [];
  const quoted: boolean[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|(;.*)|((?:[^\s";\\]|\\.)+)/g)) {
    if (match[2] !== undefined) break;
    texts.push(match[1] ?? match[3] ?? '');
    quoted.push(match[1] !== undefined);
  }
  return { texts, quoted };
}
