import { expect } from 'chai';
import { prescanned } from '../../support/updating.ts';

describe('RFC 2136 §3.4.1: the prescan', () => {
  it('RFC 2136 §3.4.1.1: an owner outside the zone is NOTZONE', () => {
    expect(prescanned('www.other.test. 60 A 192.0.2.1')).to.equal('NOTZONE');
    expect(prescanned('test. 0 ANY ANY')).to.equal('NOTZONE');
    expect(prescanned('@ 60 A 192.0.2.1', 'a.b 0 ANY ANY')).to.equal('NOERROR');
  });

  it('RFC 2136 §3.4.1.2: the class is the zone class, ANY or NONE, else FORMERR', () => {
    expect(prescanned('www 60 CH A')).to.equal('FORMERR');
    expect(prescanned('www 0 CH ANY')).to.equal('FORMERR');
  });

  it('RFC 2136 §3.4.1.2: what is added has a type of data', () => {
    for (const type of ['ANY', 'AXFR', 'IXFR', 'MAILA', 'MAILB', 'OPT', 'TSIG', 'TYPE0']) {
      expect(prescanned(`www 60 IN ${type}`), type).to.equal('FORMERR');
    }
    expect(prescanned('www 60 IN TYPE65280')).to.equal('NOERROR');
  });

  it('RFC 2136 §3.4.1.2: class ANY has TTL 0, no data, and a type of data or ANY', () => {
    expect(prescanned('www 0 ANY A', 'www 0 ANY ANY')).to.equal('NOERROR');
    expect(prescanned('www 60 ANY A')).to.equal('FORMERR');
    expect(prescanned('www 0 ANY A 192.0.2.1')).to.equal('FORMERR');
    for (const type of ['AXFR', 'MAILA', 'MAILB']) {
      expect(prescanned(`www 0 ANY ${type}`), type).to.equal('FORMERR');
    }
  });

  it('RFC 2136 §3.4.1.2: class NONE has TTL 0 and a type of data', () => {
    expect(prescanned('www 0 NONE A 192.0.2.1')).to.equal('NOERROR');
    expect(prescanned('www 60 NONE A 192.0.2.1')).to.equal('FORMERR');
    for (const type of ['ANY', 'AXFR', 'MAILA', 'MAILB']) {
      expect(prescanned(`www 0 NONE ${type}`), type).to.equal('FORMERR');
    }
  });

  it('RFC 2136 §3.4.1: the whole section is looked at; the first fault gives the RCODE', () => {
    expect(prescanned('www 60 A 192.0.2.1', 'x.other.test. 0 ANY A', 'www 9 ANY A')).to.equal('NOTZONE');
    expect(prescanned('www 60 A 192.0.2.1', 'www 9 ANY A', 'x.other.test. 0 ANY A')).to.equal('FORMERR');
  });
});
