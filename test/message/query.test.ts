import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { QueryScanner, Scanned } from '../../src/message/query.ts';
import { EdnsOption, RRClass, RRType } from '../../src/wire/iana.ts';
import { name } from '../support/rr.ts';

interface Option {
  readonly code: number;
  readonly data: Uint8Array;
}

const QUESTION = { name: name('www.example.test'), type: RRType.AAAA, class: RRClass.IN };
const PLAIN = composeMessage(makeQuery(1, QUESTION, {}));

function withOptions(options: readonly Option[], changes = {}): Uint8Array {
  const edns = { udpPayloadSize: 1400, version: 0, dnssecOk: true, options, ...changes };
  return composeMessage(makeQuery(1, QUESTION, { edns }));
}

/** Scans a message that does not begin where its buffer does, and that something follows. */
function scan(message: Uint8Array, scanner = new QueryScanner()): { scanner: QueryScanner; outcome: number } {
  const octets = new Uint8Array(message.length + 20).fill(0xff);
  octets.set(message, 5);
  return { scanner, outcome: scanner.scan(octets, 5, message.length) };
}

function changed(message: Uint8Array, at: number, ...octets: number[]): Uint8Array {
  const copy = message.slice();
  copy.set(octets, at);
  return copy;
}

function outcomeOfOption(code: number, ...data: number[]): number {
  return scan(withOptions([{ code, data: Uint8Array.from(data) }])).outcome;
}

describe('message/query', () => {
  it('takes a question apart', () => {
    const { scanner, outcome } = scan(PLAIN);
    expect(outcome).to.equal(Scanned.QUERY);
    expect(scanner).to.include({
      nameLength: 18,
      qtype: RRType.AAAA,
      qclass: RRClass.IN,
      questionEnd: 12 + 18 + 4,
      hasEdns: false,
      udpPayloadSize: 512,
    });
  });

  it('RFC 1035 §4.1.1: answers no answer, and nothing without a header', () => {
    expect(scan(changed(PLAIN, 2, 0x80)).outcome).to.equal(Scanned.DROP);
    for (let length = 0; length < 12; length++)
      expect(scan(PLAIN.subarray(0, length)).outcome).to.equal(Scanned.DROP);
  });

  it('RFC 9619: anything but one question is a format error', () => {
    expect(scan(changed(PLAIN, 4, 0, 0)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(changed(PLAIN, 4, 0, 2)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(changed(PLAIN, 4, 1, 1)).outcome).to.equal(Scanned.FORMERR);
  });

  it('a message cut anywhere is a format error', () => {
    const message = withOptions([{ code: EdnsOption.COOKIE, data: new Uint8Array(8) }]);
    for (let length = 12; length < message.length; length++)
      expect(scan(message.subarray(0, length)).outcome, `${length}`).to.equal(Scanned.FORMERR);
  });

  it('so is one with octets behind its end', () => {
    for (const message of [PLAIN, withOptions([])])
      expect(scan(Uint8Array.of(...message, 0)).outcome).to.equal(Scanned.FORMERR);
  });

  it('so is QNAME with a pointer, or a label of another kind', () => {
    for (const octet of [0x40, 0x80, 0xc0])
      expect(scan(changed(PLAIN, 12, octet)).outcome, `${octet}`).to.equal(Scanned.FORMERR);
  });

  it('other opcodes are told apart before anything else is read', () => {
    expect(scan(changed(PLAIN.subarray(0, 12), 2, 5 << 3)).outcome).to.equal(Scanned.OTHER_OPCODE);
  });

  it('RFC 6891: reads payload size, DO and options, and passes over what it does not know', () => {
    const { scanner, outcome } = scan(
      withOptions([
        { code: 65_001, data: new Uint8Array(9) },
        { code: EdnsOption.NSID, data: new Uint8Array(0) },
      ]),
    );
    expect(outcome).to.equal(Scanned.QUERY);
    expect(scanner).to.include({ hasEdns: true, dnssecOk: true, udpPayloadSize: 1400, wantsNsid: true });
    expect(scan(withOptions([], { udpPayloadSize: 100 })).scanner.udpPayloadSize).to.equal(512);
  });

  it('RFC 6891 §6.1.3: a version above 0 is BADVERS, whatever its options look like', () => {
    const message = withOptions([{ code: EdnsOption.COOKIE, data: new Uint8Array(3) }], { version: 1 });
    expect(scan(message).outcome).to.equal(Scanned.BADVERS);
  });

  it('RFC 6891 §6.1.1: a second OPT, one with an owner, one in another section is a format error', () => {
    const opt = withOptions([]).subarray(PLAIN.length);
    const message = (counts: readonly number[], ...records: readonly Uint8Array[]): Uint8Array => {
      const octets = Uint8Array.from([...PLAIN, ...records.flatMap((record) => [...record])]);
      for (const [i, count] of counts.entries()) octets[7 + 2 * i] = count;
      return octets;
    };
    expect(scan(message([0, 0, 1], opt)).outcome).to.equal(Scanned.QUERY);
    expect(scan(message([0, 0, 2], opt, opt)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(message([0, 0, 1], Uint8Array.of(1, 0x61, ...opt))).outcome).to.equal(Scanned.FORMERR);
    expect(scan(message([1, 0, 0], opt)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(message([0, 1, 0], opt)).outcome).to.equal(Scanned.FORMERR);
  });

  it('RFC 8945 §5.1: a TSIG record is the last of the message; elsewhere it is a format error', () => {
    const tsig = [1, 0x6b, 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0];
    const address = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1];
    const message = (counts: readonly number[], ...octets: readonly number[]): Uint8Array => {
      const all = Uint8Array.from([...PLAIN, ...octets]);
      for (const [i, count] of counts.entries()) all[7 + 2 * i] = count;
      return all;
    };
    expect(scan(message([0, 0, 1], ...tsig)).outcome).to.equal(Scanned.SIGNED);
    expect(scan(message([0, 0, 2], ...address, ...tsig)).outcome).to.equal(Scanned.SIGNED);
    expect(scan(message([0, 0, 2], ...tsig, ...address)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(message([0, 0, 2], ...tsig, ...tsig)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(message([1, 0, 0], ...tsig)).outcome).to.equal(Scanned.FORMERR);
    expect(scan(message([0, 0, 1], ...tsig, 0)).outcome).to.equal(Scanned.FORMERR);
  });

  it('passes over other records, owned by a pointer too', () => {
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1];
    const octets = Uint8Array.from([...PLAIN, ...record, ...withOptions([]).subarray(PLAIN.length)]);
    octets[9] = 1;
    octets[11] = 1;
    const { scanner, outcome } = scan(octets);
    expect(outcome).to.equal(Scanned.QUERY);
    expect(scanner.hasEdns).to.equal(true);
  });

  it('RFC 7873 §5.2.2: a cookie has 8 or 16 to 40 octets; the first one counts', () => {
    for (const length of [0, 7, 9, 15, 41])
      expect(outcomeOfOption(EdnsOption.COOKIE, ...new Uint8Array(length)), `${length}`).to.equal(
        Scanned.FORMERR,
      );
    for (const length of [8, 16, 40])
      expect(outcomeOfOption(EdnsOption.COOKIE, ...new Uint8Array(length)), `${length}`).to.equal(
        Scanned.QUERY,
      );
    const [first, second] = [1, 2].map((octet) => new Uint8Array(8).fill(octet));
    const cookies = [first, second].map((data) => ({ code: EdnsOption.COOKIE, data: data ?? expect.fail() }));
    expect([...scan(withOptions(cookies)).scanner.cookie.subarray(0, 8)]).to.deep.equal([...(first ?? [])]);
  });

  it('RFC 7871 §6: a client subnet has its family, its length, SCOPE 0 and no bits beyond SOURCE', () => {
    const subnet = (...data: number[]) => outcomeOfOption(EdnsOption.CLIENT_SUBNET, ...data);
    expect(subnet(0, 1, 24, 0, 203, 0, 113)).to.equal(Scanned.QUERY);
    expect(subnet(0, 1, 0, 0)).to.equal(Scanned.QUERY);
    expect(subnet(0, 0, 0, 0)).to.equal(Scanned.QUERY);
    expect(subnet(0, 1, 20, 0, 203, 0, 112)).to.equal(Scanned.QUERY);
    expect(subnet(0, 2, 128, 0, ...new Uint8Array(16))).to.equal(Scanned.QUERY);
    for (const wrong of [
      [0, 1, 24, 8, 203, 0, 113], // SCOPE
      [0, 1, 24, 0, 203, 0], // too short
      [0, 1, 24, 0, 203, 0, 113, 0], // too long
      [0, 1, 20, 0, 203, 0, 113], // a bit beyond SOURCE
      [0, 1, 33, 0, 203, 0, 113, 1, 0],
      [0, 2, 129, 0, ...new Uint8Array(17)],
      [0, 3, 0, 0],
      [1, 1, 0, 0],
      [0, 1, 0],
    ])
      expect(subnet(...wrong), wrong.join(' ')).to.equal(Scanned.FORMERR);
  });

  it('forgets the query before', () => {
    const { scanner } = scan(
      withOptions([
        { code: EdnsOption.COOKIE, data: new Uint8Array(8) },
        { code: EdnsOption.CLIENT_SUBNET, data: Uint8Array.of(0, 1, 8, 0, 10) },
        { code: EdnsOption.NSID, data: new Uint8Array(0) },
      ]),
    );
    expect(scanner).to.include({ cookieLength: 8, subnetLength: 5 });
    scan(PLAIN, scanner);
    expect(scanner).to.include({
      cookieLength: 0,
      subnetLength: 0,
      wantsNsid: false,
      hasEdns: false,
      dnssecOk: false,
      udpPayloadSize: 512,
    });
  });
});
