import { expect } from 'chai';
import { openRequest } from '../../../src/update/request.ts';
import { EdnsOption, RRClass, RRType } from '../../../src/wire/iana.ts';
import { type DomainName, isSubdomain } from '../../../src/wire/name.ts';
import { name } from '../../support/rr.ts';
import { rcodeOf, updateMessage } from '../../support/updating.ts';

const APEX = name('example.test');
const above = (asked: DomainName) => (isSubdomain(asked, APEX) ? APEX : undefined);
const soa = (zone: string) => ({ name: name(zone), type: RRType.SOA, class: RRClass.IN });

function open(rest: Parameters<typeof updateMessage>[0]) {
  const outcome = openRequest(updateMessage(rest), above);
  return outcome.kind === 'refusal'
    ? { rcode: rcodeOf(outcome), reason: outcome.reason }
    : { rcode: 'NOERROR', reason: '' };
}

describe('RFC 2136 §3.1: the zone section', () => {
  it('RFC 2136 §3.1.1: one record of type SOA, else FORMERR', () => {
    expect(open({}).rcode).to.equal('NOERROR');
    expect(open({ rest: { questions: [] } }).rcode).to.equal('FORMERR');
    expect(open({ rest: { questions: [soa('example.test'), soa('example.test')] } }).rcode).to.equal(
      'FORMERR',
    );
    const ofTypeA = { ...soa('example.test'), type: RRType.A };
    expect(open({ rest: { questions: [ofTypeA] } }).rcode).to.equal('FORMERR');
  });

  it('RFC 2136 §3.1.2: a zone that is not served here is NOTAUTH, its class included', () => {
    expect(open({ zone: 'other.test' })).to.deep.equal({
      rcode: 'NOTAUTH',
      reason: 'zone other.test is not served here',
    });
    const chaos = { ...soa('example.test'), class: RRClass.CH };
    expect(open({ rest: { questions: [chaos] } }).rcode).to.equal('NOTAUTH');
  });

  it('a name inside a zone is not the zone, and the answer names the zone', () => {
    expect(open({ zone: 'www.example.test' }).reason).to.equal(
      'zone www.example.test is not served here; did you mean zone example.test?',
    );
  });

  it("zone '.' gets words that say what to set", () => {
    const { rcode, reason } = open({ zone: '.' });
    expect(rcode).to.equal('NOTAUTH');
    expect(reason).to.match(/--rfc2136-zone/);
  });

  it('names in any case are the same names', () => {
    const outcome = openRequest(
      updateMessage({ zone: 'EXAMPLE.test', updates: ['WWW 60 A 192.0.2.1'] }),
      above,
    );
    if (outcome.kind === 'refusal') throw new Error(outcome.reason);
    expect(outcome.apex).to.deep.equal(APEX);
    expect(outcome.updates[0]?.owner).to.deep.equal(name('www.example.test'));
  });

  it('RFC 9664 §4: an Update Lease has 4 or 8 octets, else FORMERR; 0 asks for nothing', () => {
    const withLease = (...octets: number[]) => {
      const option = { code: EdnsOption.UPDATE_LEASE, data: Uint8Array.from(octets) };
      const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [option] };
      const outcome = openRequest(updateMessage({ rest: { edns } }), above);
      return outcome.kind === 'refusal' ? rcodeOf(outcome) : outcome.leaseSeconds;
    };
    expect(withLease(0, 0, 0x0e, 0x10)).to.equal(3600);
    expect(withLease(0, 0, 0, 60, 0, 0, 0x0e, 0x10)).to.equal(60);
    expect(withLease(0, 0, 0, 0)).to.equal(undefined);
    expect(withLease(0, 60)).to.equal('FORMERR');
  });
});
