import { expect } from 'chai';
import { parseRdata, scanRdata, scanType, showRdata } from '../../src/rdata/table.ts';
import { Words } from '../../src/rdata/words.ts';
import { ROOT, type WireName } from '../../src/wire/name.ts';
import { WireReader } from '../../src/wire/reader.ts';

/** Octets of hexadecimal text. */
export function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s+/g, ''), 'hex'));
}

/** Upper-case hexadecimal. */
export function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex').toUpperCase();
}

/** Cuts one line into words as a master file's scanner does; quotes in the middle join (`alpn="h2"`). */
export function wordsOf(line: string): Words {
  const texts: string[] = [];
  const quoted: boolean[] = [];
  for (const [word] of line.matchAll(/(?:"(?:[^"\\]|\\.)*"|\\.|[^\s"\\])+/g)) {
    texts.push(word.replace(/\\.|"/g, (part) => (part === '"' ? '' : part)));
    quoted.push(word.startsWith('"'));
  }
  return new Words(texts, quoted);
}

/** RDATA of a line `TYPE data…`. */
export function rdataOf(line: string, origin: WireName = ROOT): { type: number; rdata: Uint8Array } {
  const [mnemonic = ''] = line.split(' ', 1);
  const type = scanType(mnemonic);
  if (type === undefined) throw new Error(`the test names an unknown type: ${line}`);
  return { type, rdata: scanRdata(type, wordsOf(line.slice(mnemonic.length)), origin) };
}

/**
 * One test for each vector: a line `TYPE data…`, an indented line with its octets as BIND 9.18 makes them
 * (`named-rrchecker -u`), and, where it is not the data as given, an indented line `= data as we show it`.
 */
export function itReadsAndShows(vectors: string): void {
  for (const [, line = '', hex = '', shown] of vectors.matchAll(
    /^(\S.*)\n {2}([0-9A-F]*)\n(?: {2}= (.*)\n)?/gm,
  )) {
    it(line, () => {
      const { type, rdata } = rdataOf(line);
      expect(hexOf(rdata)).to.equal(hex);
      expect(showRdata(type, rdata)).to.equal(shown ?? line.slice(line.indexOf(' ') + 1));
      expect(hexOf(parseRdata(type, new WireReader(rdata), rdata.length))).to.equal(hex);
    });
  }
}
