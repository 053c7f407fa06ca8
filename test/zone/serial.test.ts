import { expect } from 'chai';
import { isSerialAhead, nextSerial, soaSerial, soaWithSerial } from '../../src/zone/serial.ts';
import { rr } from '../support/rr.ts';

describe('zone/serial', () => {
  it('RFC 1982 §3.2: a serial is ahead by less than half the circle', () => {
    expect(isSerialAhead(2, 1)).to.equal(true);
    expect(isSerialAhead(1, 2)).to.equal(false);
    expect(isSerialAhead(1, 1)).to.equal(false);
    expect(isSerialAhead(0, 0xffff_ffff)).to.equal(true);
    expect(isSerialAhead(0x8000_0000, 1)).to.equal(true);
    expect(isSerialAhead(1, 0x8000_0000)).to.equal(false);
  });

  it('RFC 1982 §3.2: two serials exactly 2^31 apart are not ordered', () => {
    expect(isSerialAhead(0x8000_0000, 0)).to.equal(false);
    expect(isSerialAhead(0, 0x8000_0000)).to.equal(false);
  });

  it('a wished serial counts when it is ahead, otherwise the next one is taken', () => {
    expect(nextSerial(5)).to.equal(6);
    expect(nextSerial(5, 9)).to.equal(9);
    expect(nextSerial(5, 5)).to.equal(6);
    expect(nextSerial(5, 3)).to.equal(6);
    expect(nextSerial(2026112205, 2026112301)).to.equal(2026112301);
  });

  it('passes over zero', () => {
    expect(nextSerial(0xffff_ffff)).to.equal(1);
  });

  it('reads and replaces the serial of SOA RDATA', () => {
    const { rdata } = rr('@ 60 SOA ns1 hostmaster 4294967295 7200 900 1209600 300');
    expect(soaSerial(rdata)).to.equal(4294967295);
    const next = soaWithSerial(rdata, 7);
    expect(soaSerial(next)).to.equal(7);
    expect(next).to.deep.equal(rr('@ 60 SOA ns1 hostmaster 7 7200 900 1209600 300').rdata);
  });
});
