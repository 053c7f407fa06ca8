import { expect } from 'chai';
import { NoRoomError, WireWriter } from '../../src/wire/writer.ts';
import { hexOf, octetsOf } from '../support/rdata.ts';

describe('wire/writer', () => {
  it('writes big-endian integers', () => {
    const writer = new WireWriter();
    writer.u8(255);
    writer.u16(65_534);
    writer.u32(0xfffffffd);
    writer.u48(2 ** 48 - 4);
    writer.bytes(octetsOf('0102'));
    expect(hexOf(writer.finish())).to.equal('FFFFFEFFFFFFFDFFFFFFFFFFFC0102');
  });

  it('grows up to its limit, and what did not fit is not there', () => {
    const writer = new WireWriter(5, 1);
    writer.u32(1);
    expect(() => writer.u16(2)).to.throw(NoRoomError, '6 octets do not fit into 5');
    expect(() => writer.bytes(octetsOf('0000'))).to.throw(NoRoomError);
    writer.u8(3);
    expect(hexOf(writer.finish())).to.equal('0000000103');
    expect(() => writer.u8(4)).to.throw(NoRoomError);
  });

  it('patches and takes back', () => {
    const writer = new WireWriter();
    writer.u16(0);
    writer.bytes(octetsOf('AABBCC'));
    writer.patchU16(0, 0x0102);
    writer.truncate(3);
    writer.truncate(9);
    expect(hexOf(writer.finish())).to.equal('0102AA');
  });

  it('finishes with a copy', () => {
    const writer = new WireWriter();
    writer.u8(1);
    const octets = writer.finish();
    writer.truncate(0);
    writer.u8(2);
    expect(hexOf(octets)).to.equal('01');
  });
});
