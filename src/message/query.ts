// The allocation-free reading of a query. RFC 1035 §4.1, RFC 9619 (QDCOUNT), RFC 6891 (EDNS), RFC 7871 §6
// (Client Subnet), RFC 7873 §4 (cookies). Messages as values are in message.ts.
import { EdnsOption, Opcode, RRType } from '../wire/iana.ts';

/** What {@link QueryScanner.scan} makes of the octets. */
export const Scanned = {
  QUERY: 0,
  /** Not a request; send nothing (RFC 1035 §4.1.1: never answer an answer). */
  DROP: 1,
  FORMERR: 2,
  /** EDNS of a version above 0 (RFC 6891 §6.1.3). */
  BADVERS: 3,
  /** An opcode other than QUERY. */
  OTHER_OPCODE: 4,
  /** A query with a TSIG record at its end (RFC 8945 §5.1), which is not looked at here. */
  SIGNED: 5,
} as const;

export const HEADER_OCTETS = 12;

/** One query, taken apart. One per thread, refilled; views of the message are offsets into it. */
export class QueryScanner {
  /** Where the question section ends, from the message's start; {@link HEADER_OCTETS} when it was not readable. */
  questionEnd = HEADER_OCTETS;
  /** Octets of QNAME. */
  nameLength = 0;
  qtype = 0;
  qclass = 0;
  hasEdns = false;
  dnssecOk = false;
  /** The requestor's UDP payload size; at least 512 (RFC 6891 §6.2.3). */
  udpPayloadSize = 512;
  wantsNsid = false;
  /** Octets of the COOKIE option, 0 when there was none; the option itself is in {@link cookie}. */
  cookieLength = 0;
  readonly cookie: Uint8Array = new Uint8Array(40);
  /** Octets of the Client Subnet option, 0 when there was none; the option itself is in {@link subnet}. */
  subnetLength = 0;
  readonly subnet: Uint8Array = new Uint8Array(20);
  #octets: Uint8Array = EMPTY;
  #end = 0;

  /** Reads the message `octets[start, start + length)`; the outcome is one of {@link Scanned}. */
  scan(octets: Uint8Array, start: number, length: number): number {
    this.questionEnd = HEADER_OCTETS;
    this.nameLength = 0;
    this.hasEdns = false;
    this.dnssecOk = false;
    this.udpPayloadSize = 512;
    this.wantsNsid = false;
    this.cookieLength = 0;
    this.subnetLength = 0;
    if (length < HEADER_OCTETS) return Scanned.DROP;
    const flags = octets[start + 2] ?? 0;
    if ((flags & 0x80) !== 0) return Scanned.DROP;
    if (((flags >>> 3) & 0xf) !== Opcode.QUERY) return Scanned.OTHER_OPCODE;
    this.#octets = octets;
    this.#end = start + length;
    if (octets[start + 4] !== 0 || octets[start + 5] !== 1) return Scanned.FORMERR;
    const afterQuestion = this.#scanQuestion(start + HEADER_OCTETS);
    if (afterQuestion === 0) return Scanned.FORMERR;
    this.questionEnd = afterQuestion - start;
    const records = this.#u16(start + 6) + this.#u16(start + 8);
    const additional = this.#u16(start + 10);
    if (records === 0 && additional === 0)
      return afterQuestion === this.#end ? Scanned.QUERY : Scanned.FORMERR;
    return this.#scanRecords(afterQuestion, records, additional);
  }

  /** Returns where the question ends, or 0. A QNAME with a pointer has nothing to point to. */
  #scanQuestion(at: number): number {
    const octets = this.#octets;
    let place = at;
    for (;;) {
      if (place >= this.#end || place - at > 254) return 0;
      const size = octets[place] ?? 0;
      place += size + 1;
      if (size === 0) break;
      if (size > 63) return 0;
    }
    if (place + 4 > this.#end) return 0;
    this.nameLength = place - at;
    this.qtype = this.#u16(place);
    this.qclass = this.#u16(place + 2);
    return place + 4;
  }

  #scanRecords(from: number, others: number, additional: number): number {
    let at = from;
    let outcome: number = Scanned.QUERY;
    for (let i = 0; i < others + additional; i++) {
      const afterName = this.#skipName(at);
      if (afterName === 0 || afterName + 10 > this.#end) return Scanned.FORMERR;
      const type = this.#u16(afterName);
      const rdata = afterName + 10;
      const end = rdata + this.#u16(afterName + 8);
      if (end > this.#end) return Scanned.FORMERR;
      if (type === RRType.OPT) {
        // RFC 6891 §6.1.1: one OPT, in the additional section, owned by the root.
        if (this.hasEdns || i < others || afterName !== at + 1) return Scanned.FORMERR;
        this.hasEdns = true;
        this.udpPayloadSize = Math.max(512, this.#u16(afterName + 2));
        this.dnssecOk = ((this.#octets[afterName + 6] ?? 0) & 0x80) !== 0;
        if (this.#octets[afterName + 5] !== 0) outcome = Scanned.BADVERS;
        else if (!this.#scanOptions(rdata, end)) return Scanned.FORMERR;
      } else if (type === RRType.TSIG) {
        if (i !== others + additional - 1 || i < others) return Scanned.FORMERR;
        if (outcome === Scanned.QUERY) outcome = Scanned.SIGNED;
      }
      at = end;
    }
    return at === this.#end ? outcome : Scanned.FORMERR;
  }

  /** Returns where the owner name of a record ends, or 0. Names behind pointers do not matter here. */
  #skipName(at: number): number {
    let place = at;
    while (place < this.#end && place - at <= 254) {
      const size = this.#octets[place] ?? 0;
      if (size === 0) return place + 1;
      if (size >= 0xc0) return place + 2;
      if (size > 63) return 0;
      place += size + 1;
    }
    return 0;
  }

  #scanOptions(from: number, end: number): boolean {
    let at = from;
    while (at < end) {
      if (at + 4 > end) return false;
      const code = this.#u16(at);
      const length = this.#u16(at + 2);
      const data = at + 4;
      at = data + length;
      if (at > end) return false;
      if (code === EdnsOption.NSID) this.wantsNsid = true;
      else if (code === EdnsOption.COOKIE) {
        // RFC 7873 §5.2.2: a length other than 8 or 16 to 40 is a format error; the first option counts.
        if (length !== 8 && (length < 16 || length > 40)) return false;
        if (this.cookieLength === 0) this.cookieLength = this.#keep(data, length, this.cookie);
      } else if (code === EdnsOption.CLIENT_SUBNET) {
        if (!this.#isSubnet(data, length)) return false;
        this.subnetLength = this.#keep(data, length, this.subnet);
      }
    }
    return true;
  }

  /**
   * RFC 7871 §6, §7.1.2: family 1 or 2, SOURCE within it, SCOPE 0, just the octets SOURCE needs, no bits beyond
   * it. Family 0 is taken with SOURCE 0: some clients say "no subnet" so.
   */
  #isSubnet(at: number, length: number): boolean {
    if (length < 4 || length > 20) return false;
    const family = this.#u16(at);
    const source = this.#octets[at + 2] ?? 0;
    if (this.#octets[at + 3] !== 0) return false;
    const longest = family === 1 ? 32 : family === 2 ? 128 : 0;
    if (family > 2 || source > longest || length !== 4 + ((source + 7) >>> 3)) return false;
    const spare = (8 - (source & 7)) & 7;
    return spare === 0 || ((this.#octets[at + length - 1] ?? 0) & ((1 << spare) - 1)) === 0;
  }

  #keep(at: number, length: number, into: Uint8Array): number {
    for (let i = 0; i < length; i++) into[i] = this.#octets[at + i] ?? 0;
    return length;
  }

  #u16(at: number): number {
    return ((this.#octets[at] ?? 0) << 8) | (this.#octets[at + 1] ?? 0);
  }
}

const EMPTY = new Uint8Array(0);
