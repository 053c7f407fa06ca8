import { expect } from 'chai';
import { Response } from '../../src/answer/response.ts';
import { ImageReader } from '../../src/image/lookup.ts';
import { NameKey } from '../../src/image/name-key.ts';
import { scanType } from '../../src/rdata/table.ts';
import { imageOf } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const ZONE = memoryZone(
  'example.test',
  `@ SOA ns h.elsewhere.test. 1 2 3 4 5
@ MX 10 a.example.test.
@ MX 10 other.test.
www A 192.0.2.1
www A 192.0.2.2
www A 192.0.2.3
odd CAA 0 issue "ca"
odd CAA 0 issue "ca.example"`,
);
const image = new ImageReader(imageOf([ZONE]).memory);
const START = 9;
const FILLER = 0xa5;
/** Header, the question for `example.test`, its type and class. */
const QUESTION = 12 + 14 + 4;
const APEX_AT = 12;

function rrsetOf(owner: string, type: string): number {
  const key = new NameKey();
  const wire = name(owner);
  key.load(wire, 0, wire.length);
  return image.rrset(image.find(key, 0), scanType(type) ?? 0);
}

function begin(limit: number): { response: Response; octets: Uint8Array; written: () => string } {
  const octets = new Uint8Array(1000).fill(FILLER);
  octets.set(name('example.test'), START + 12);
  const response = new Response();
  response.begin(octets, START, 900, QUESTION, limit);
  const written = (): string =>
    Buffer.from(octets.subarray(START + QUESTION, START + response.length)).toString('hex');
  return { response, octets, written };
}

describe('answer/response', () => {
  it('begins with any record and goes around', () => {
    for (const [first, order] of [
      [0, [1, 2, 3]],
      [1, [2, 3, 1]],
      [2, [3, 1, 2]],
    ] as const) {
      const { response, octets } = begin(900);
      expect(response.rrset(image, rrsetOf('www.example.test', 'A'), first, 12, APEX_AT)).to.equal(3);
      expect(order.map((_, i) => octets[START + QUESTION + 16 * i + 15])).to.deep.equal(order);
    }
  });

  it('leaves an RRset out whole when its last octet does not fit', () => {
    const rrset = rrsetOf('www.example.test', 'A');
    const { response } = begin(QUESTION + 47);
    expect(response.rrset(image, rrset, 1, 12, APEX_AT)).to.equal(0);
    expect(response.length).to.equal(QUESTION);
    response.restart(QUESTION, QUESTION + 48);
    expect(response.rrset(image, rrset, 1, 12, APEX_AT)).to.equal(3);
  });

  it('does so with records of unequal length too, in every size', () => {
    const rrset = rrsetOf('odd.example.test', 'CAA');
    const whole = 12 + 9 + 12 + 17;
    for (let room = 0; room <= whole + 1; room++) {
      const { response } = begin(QUESTION + room);
      expect(response.rrset(image, rrset, 0, 12, APEX_AT), `${room}`).to.equal(room < whole ? 0 : 2);
      expect(response.length).to.equal(QUESTION + (room < whole ? 0 : whole));
    }
  });

  it('compresses names in RDATA against the apex, and remembers those whose addresses help', () => {
    const { response, written } = begin(900);
    response.rrset(image, rrsetOf('example.test', 'MX'), 0, 12, APEX_AT);
    const hex = written();
    expect(hex).to.contain('0006000a0161c00c'); // RDLENGTH 6: preference, `a`, pointer
    expect(hex).to.contain('000e000a056f746865720474657374'); // not in the zone: as it is
    expect(response.targets).to.equal(1);
  });

  it('compresses nothing where the apex does not stand in the message', () => {
    const { response, written } = begin(900);
    response.rrset(image, rrsetOf('example.test', 'MX'), 0, 12, 0);
    expect(written()).to.contain('0012000a0161076578616d706c65047465737400');
  });

  it('compresses each name of an SOA by itself', () => {
    const { response, written } = begin(900);
    response.rrset(image, rrsetOf('example.test', 'SOA'), 0, 12, APEX_AT);
    expect(written()).to.contain(`${'026e73c00c'}${'0168'}09656c73657768657265047465737400`);
  });

  it('writes nothing for an owner that no pointer can reach', () => {
    const { response } = begin(900);
    expect(response.rrset(image, rrsetOf('www.example.test', 'A'), 0, 0x4000, APEX_AT)).to.equal(0);
    expect(response.record(image, rrsetOf('www.example.test', 'A'), 0, 0x4000, APEX_AT)).to.equal(false);
  });

  it('writes a single record, with its owner', () => {
    const { response, written } = begin(QUESTION + 16);
    expect(response.record(image, rrsetOf('www.example.test', 'A'), 2, 0x123, APEX_AT)).to.equal(true);
    expect(written()).to.match(/^c123.*c0000203$/);
    expect(response.record(image, rrsetOf('www.example.test', 'A'), 2, 0x123, APEX_AT)).to.equal(false);
  });
});
