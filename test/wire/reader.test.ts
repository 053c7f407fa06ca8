import { expect } from 'chai';
import { MalformedMessageError } from '../../src/wire/errors.ts';
import { WireReader } from '../../src/wire/reader.ts';
import { hexOf, octetsOf } from '../support/rdata.ts';

describe('wire/reader', () => {
  it('reads big-endian integers, unsigned', () => {
    const reader = new WireReader(octetsOf('FF FFFE FFFFFFFD FFFFFFFFFFFC'));
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u48()]).to.deep.equal([
      255,
      65534,
      0xfffffffd,
      2 ** 48 - 4,
    ]);
    expect(reader.remaining).to.equal(0);
  });

  it('takes views of the message', () => {
    const octets = octetsOf('0102030405');
    const reader = new WireReader(octets, 1);
    const view = reader.take(2);
    octets[1] = 9;
    expect(hexOf(view)).to.equal('0903');
    expect(reader.offset).to.equal(3);
    expect(hexOf(reader.take(0))).to.equal('');
  });

  it('gives a part its own end and moves behind it', () => {
    const reader = new WireReader(octetsOf('0102030405'));
    reader.u8();
    const part = reader.part(2);
    expect(reader.offset).to.equal(3);
    expect(part.u16()).to.equal(0x0203);
    expect(() => part.u8()).to.throw(MalformedMessageError, '1 more octets expected, 0 left at octet 3');
    expect(part.octets).to.equal(reader.octets);
  });

  it('throws past the end, with the place', () => {
    for (const read of [
      (reader: WireReader) => reader.u16(),
      (reader: WireReader) => reader.u32(),
      (reader: WireReader) => reader.u48(),
      (reader: WireReader) => reader.take(2),
      (reader: WireReader) => reader.part(2),
    ]) {
      expect(() => read(new WireReader(octetsOf('0000'), 1))).to.throw(
        MalformedMessageError,
        '1 left at octet 1',
      );
    }
    expect(() => new WireReader(octetsOf('')).u8()).to.throw(MalformedMessageError);
  });

  it('never reads past the octets, whatever end it is given', () => {
    expect(new WireReader(octetsOf('0000'), 0, 9).remaining).to.equal(2);
  });
});
