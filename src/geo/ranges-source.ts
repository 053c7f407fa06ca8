import { scanIPv6 } from '../base/ip.ts';
import { type GeoFinding, GeoLinesError } from './errors.ts';
import { type Facts, FactWriter, type NameTable } from './facts.ts';
import type { Source } from './layer.ts';
import type { SourceFile } from './mmdb-source.ts';
import { emptyRanges, RangeWriter } from './range-list.ts';

/**
 * Reads the text files of Debian's tor-geoipdb (`/usr/share/tor/geoip` and `geoip6`): lines `first,last,CC`, in order, the
 * addresses as numbers (IPv4) or in the usual form (IPv6); `??` is unknown, `#` begins a comment. IPv6 ranges are known by
 * their /64 networks. Throws {@link GeoLinesError} with all bad lines.
 */
export function readRanges({ name, octets, number }: SourceFile, names: NameTable): Source {
  const reader = new RangesReader(new FactWriter(number, names));
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  let line = 0;
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf(10, at);
    const end = next < 0 ? text.length : next;
    reader.line(++line, text.toString('latin1', at, end));
    at = end + 1;
  }
  const generated = /^# Generated: *(.*)$/m.exec(text.toString('latin1', 0, HEADER_LENGTH))?.[1];
  const vendor = /^# Vendor: *(.*)$/m.exec(text.toString('latin1', 0, HEADER_LENGTH))?.[1];
  if (reader.findings.length > 0) throw new GeoLinesError(name, reader.findings);
  const built = generated === undefined ? Number.NaN : Date.parse(generated) / 1000;
  return {
    note: {
      name,
      kind: 'country ranges',
      built: Number.isFinite(built) ? built : undefined,
      attribution: vendor === undefined ? undefined : `IP Geolocation by ${vendor} (CC BY-SA 4.0)`,
    },
    layer: { ipv4: reader.ipv4, ipv6: reader.ipv6, facts: reader.facts },
  };
}

/** Whether a text's first line that is no comment looks like a line of such a file. */
export function isRangesText(head: string): boolean {
  const first = head.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'));
  return first !== undefined && /^[0-9a-fA-F:]+,[0-9a-fA-F:]+,/.test(first);
}

/** Octets in which the comments with date and maker are looked for. */
const HEADER_LENGTH = 4096;
/** Bad lines that are kept; a file of something else would fill the memory. */
const MAX_FINDINGS = 1000;

class RangesReader {
  readonly findings: GeoFinding[] = [];
  readonly #writer: FactWriter;
  readonly #ipv4 = new RangeWriter(32, 1 << 16);
  readonly #ipv6 = new RangeWriter(64, 1 << 16);
  readonly #facts = new Map<string, number>();
  /** The last addresses of the range before. */
  #lastIPv4 = -1;
  #lastIPv6: bigint = -1n;

  constructor(writer: FactWriter) {
    this.#writer = writer;
  }

  get facts() {
    return this.#writer.facts;
  }

  get ipv4() {
    return this.#ipv4.list.length > 0 ? this.#ipv4.list : emptyRanges(32);
  }

  get ipv6() {
    return this.#ipv6.list;
  }

  line(line: number, text: string): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    const trimmed = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const what = this.#range(trimmed);
    if (what !== undefined) this.findings.push({ line, column: 1, what });
  }

  /** Returns what is wrong with a line. */
  #range(text: string): string | undefined {
    const [first = '', last = '', code = '', ...more] = text.split(',');
    if (more.length > 0 || !/^([A-Za-z]{2}|\?\?)$/.test(code)) {
      return `'${text.slice(0, 100)}' is not FIRST,LAST,CC with the two letters of a country`;
    }
    return first.includes(':') ? this.#ipv6Range(first, last, code) : this.#ipv4Range(first, last, code);
  }

  #ipv4Range(first: string, last: string, code: string): string | undefined {
    const [from, to] = [ipv4Number(first), ipv4Number(last)];
    if (from === undefined || to === undefined) return `'${first},${last}' are not numbers of IPv4 addresses`;
    if (from > to || from <= this.#lastIPv4) return `the range from ${first} is not in order`;
    this.#lastIPv4 = to;
    this.#ipv4.write(from, 0, to, 0, this.#factsOf(code));
    return undefined;
  }

  #ipv6Range(first: string, last: string, code: string): string | undefined {
    const [from, to] = [scanIPv6(first), scanIPv6(last)];
    if (from === undefined || to === undefined) return `'${first},${last}' are not IPv6 addresses`;
    const [start, end] = [Buffer.from(from).readBigUInt64BE(), Buffer.from(to).readBigUInt64BE()];
    if (start > end || start < this.#lastIPv6) return `the range from ${first} is not in order`;
    // A /64 that two ranges share is the first one's.
    const begin = start === this.#lastIPv6 ? start + 1n : start;
    this.#lastIPv6 = end;
    if (begin > end) return undefined;
    const words = [begin >> 32n, begin & WORD, end >> 32n, end & WORD].map(Number);
    const [high = 0, low = 0, endHigh = 0, endLow = 0] = words;
    this.#ipv6.write(high, low, endHigh, endLow, this.#factsOf(code));
    return undefined;
  }

  #factsOf(code: string): number {
    const known = this.#facts.get(code);
    if (known !== undefined) return known;
    const number = code === '??' ? 0 : this.#writer.add({ ...NOTHING, country: code.toUpperCase() });
    this.#facts.set(code, number);
    return number;
  }
}

const WORD = 0xffff_ffffn;
const NOTHING: Facts = {
  latitude: undefined,
  longitude: undefined,
  accuracyRadius: undefined,
  country: undefined,
  continent: undefined,
  asn: undefined,
  isp: undefined,
};

function ipv4Number(text: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= 0xffff_ffff ? number : undefined;
}
