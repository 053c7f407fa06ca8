import { expect } from 'chai';
import { applyUpdates } from '../../../src/update/apply.ts';
import type { DomainName } from '../../../src/wire/name.ts';
import { isSteeringOwner } from '../../../src/zone/steering-owner.ts';
import { showRecord } from '../../support/rr.ts';
import { changed as change, smallZone, updateRecord } from '../../support/updating.ts';

const zone = smallZone();
const SOA = 'example.test. 300 SOA ns1.example.test. hostmaster.example.test.';

describe('RFC 2136 §3.4.2: updates', () => {
  it('RFC 2136 §3.4.2.2: a record is added to its RRset', () => {
    expect(change(zone, 'www 60 A 192.0.2.3')).to.deep.equal(['+ www.example.test. 60 A 192.0.2.3']);
    expect(change(zone, 'new 60 MX 10 www')).to.deep.equal([
      '+ new.example.test. 60 MX 10 www.example.test.',
    ]);
    expect(change(zone, 'www 60 TYPE65280 \\# 0')).to.deep.equal(['+ www.example.test. 60 TYPE65280 \\# 0']);
  });

  it('RFC 2136 §3.4.2.2: a duplicate is no change', () => {
    expect(change(zone, 'www 60 A 192.0.2.1')).to.deep.equal([]);
    expect(change(zone, 'alias 60 CNAME www')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.2: a duplicate replaces the record, so that its spelling is the new one', () => {
    expect(change(zone, 'alias 60 CNAME WWW')).to.deep.equal([
      '- alias.example.test. 60 CNAME www.example.test.',
      '+ alias.example.test. 60 CNAME WWW.example.test.',
    ]);
  });

  it('RFC 2181 §5.2: the TTL of what is added becomes that of the whole RRset', () => {
    expect(change(zone, 'www 15 A 192.0.2.1')).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.1',
      '- www.example.test. 60 A 192.0.2.2',
      '+ www.example.test. 15 A 192.0.2.1',
      '+ www.example.test. 15 A 192.0.2.2',
    ]);
    expect(change(zone, 'ns1 15 A 192.0.2.55')).to.deep.equal([
      '- ns1.example.test. 300 A 192.0.2.53',
      '+ ns1.example.test. 15 A 192.0.2.53',
      '+ ns1.example.test. 15 A 192.0.2.55',
    ]);
  });

  it('RFC 2136 §3.4.2.2: a CNAME does not come where other data are', () => {
    expect(change(zone, 'www 60 CNAME ns1')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.2: other data do not come where a CNAME is', () => {
    expect(change(zone, 'alias 60 A 192.0.2.1')).to.deep.equal([]);
  });

  it('RFC 4034 §2: RRSIG and NSEC stand beside a CNAME', () => {
    expect(change(zone, 'alias 60 NSEC ns1 CNAME NSEC')).to.have.length(1);
    expect(change(smallZone('x 60 NSEC ns1 NSEC'), 'x 60 CNAME www')).to.have.length(1);
  });

  it('RFC 2136 §3.4.2.2: a CNAME replaces the CNAME', () => {
    expect(change(zone, 'alias 30 CNAME ns1')).to.deep.equal([
      '- alias.example.test. 60 CNAME www.example.test.',
      '+ alias.example.test. 30 CNAME ns1.example.test.',
    ]);
  });

  it('hundreds of CNAMEs for a steered owner look through its lines once, and again when these change', () => {
    const steered = smallZone('_steer.cdn 60 TXT "order=rotate"');
    let looks = 0;
    const counted = {
      apex: steered.apex,
      get(owner: DomainName) {
        if (isSteeringOwner(owner)) looks++;
        return steered.get(owner);
      },
    };
    const cnames = Array.from({ length: 300 }, (_, i) => `cdn 60 CNAME t${i}.other.test.`);
    const lines = [...cnames, '_steer.cdn 0 ANY TXT', 'cdn 60 CNAME last.other.test.'];
    const { added } = applyUpdates(
      counted,
      lines.map((line) => updateRecord(line)),
    );
    expect(added.map(showRecord)).to.deep.equal(['cdn.example.test. 60 CNAME last.other.test.']);
    expect(looks).to.be.below(10);
  });

  it('STEERING.md §9: a CNAME is added beside the others of a steered owner', () => {
    const steered = smallZone('_steer.alias 60 TXT "order=rotate"');
    expect(change(steered, 'alias 60 CNAME ns1')).to.deep.equal([
      '+ alias.example.test. 60 CNAME ns1.example.test.',
    ]);
    // the policy line may have come earlier in the same message
    expect(change(zone, '_steer.alias 60 TXT "order=rotate"', 'alias 60 CNAME ns1')).to.deep.equal([
      '+ alias.example.test. 60 CNAME ns1.example.test.',
      '+ _steer.alias.example.test. 60 TXT "order=rotate"',
    ]);
  });

  it('RFC 6672 §5.2: a DNAME replaces the DNAME, and does not come to a CNAME', () => {
    const redirected = smallZone('old 60 DNAME www');
    expect(change(redirected, 'old 60 DNAME ns1')).to.deep.equal([
      '- old.example.test. 60 DNAME www.example.test.',
      '+ old.example.test. 60 DNAME ns1.example.test.',
    ]);
    expect(change(zone, 'alias 60 DNAME ns1')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.2: a SOA replaces the SOA when its serial is later', () => {
    expect(change(zone, '@ 300 SOA ns1 hostmaster 6 1 1 1 1')).to.deep.equal([
      `- ${SOA} 5 7200 900 1209600 300`,
      `+ ${SOA} 6 1 1 1 1`,
    ]);
  });

  it('RFC 2136 §3.4.2.2: a SOA with the same or an earlier serial is ignored', () => {
    for (const serial of ['5', '4', '0', '4294967295', '2147483653']) {
      expect(change(zone, `@ 300 SOA ns1 hostmaster ${serial} 1 1 1 1`), serial).to.deep.equal([]);
    }
  });

  it('RFC 2136 §3.4.2.2: a SOA where there is none is ignored', () => {
    expect(change(zone, 'www 300 SOA ns1 hostmaster 9 1 1 1 1')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.2: WKS records of one address and protocol replace each other', () => {
    const wks = (protocol: string, bits: string) => `srv 60 WKS \\# 6 C0000201${protocol}${bits}`;
    const held = smallZone(wks('06', '01'));
    expect(change(held, wks('06', '02'))).to.have.length(2);
    expect(change(held, wks('11', '02'))).to.have.length(1);
  });

  it('RFC 2136 §3.4.2.3: an RRset is deleted', () => {
    expect(change(zone, 'www 0 ANY A')).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.1',
      '- www.example.test. 60 A 192.0.2.2',
    ]);
    expect(change(zone, 'www 0 ANY AAAA', 'missing 0 ANY A', 'ent 0 ANY ANY')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.3: all RRsets are deleted from a name', () => {
    expect(change(zone, 'www 0 ANY ANY')).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.1',
      '- www.example.test. 60 A 192.0.2.2',
      '- www.example.test. 60 TXT "hello"',
    ]);
  });

  it('RFC 2136 §3.4.2.3: the apex keeps its SOA and NS when all is deleted', () => {
    expect(change(smallZone('@ 60 A 192.0.2.1'), '@ 0 ANY ANY')).to.deep.equal([
      '- example.test. 60 A 192.0.2.1',
    ]);
    expect(change(zone, '@ 0 ANY SOA', '@ 0 ANY NS')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.3: elsewhere the NS RRset is deleted', () => {
    expect(change(smallZone('sub 60 NS ns.other.test.'), 'sub 0 ANY NS')).to.have.length(1);
  });

  it('RFC 2136 §3.4.2.4: one record is deleted, whatever the case of its names', () => {
    expect(change(zone, 'www 0 NONE A 192.0.2.1')).to.deep.equal(['- www.example.test. 60 A 192.0.2.1']);
    expect(change(zone, 'ALIAS 0 NONE CNAME WWW.EXAMPLE.TEST.')).to.have.length(1);
    expect(change(zone, 'www 0 NONE A 192.0.2.3', 'www 0 NONE A', 'www 0 NONE MX')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.4: the SOA is not deleted', () => {
    expect(change(zone, '@ 0 NONE SOA ns1 hostmaster 5 7200 900 1209600 300')).to.deep.equal([]);
  });

  it('RFC 2136 §3.4.2.4: the last NS of the apex is not deleted', () => {
    expect(change(zone, '@ 0 NONE NS ns1', '@ 0 NONE NS ns2')).to.deep.equal([
      '- example.test. 300 NS ns1.example.test.',
    ]);
    expect(change(smallZone('sub 60 NS ns.other.test.'), 'sub 0 NONE NS ns.other.test.')).to.have.length(1);
  });

  it('RFC 2136 §3.4.2: what dnscontrol sends exchanges all NS of the apex', () => {
    expect(
      change(
        zone,
        '@ 300 NS dnscontrol.invalid.',
        '@ 0 ANY NS',
        '@ 0 NONE NS ns1',
        '@ 0 NONE NS ns2',
        '@ 300 NS a.other.test.',
        '@ 0 NONE NS dnscontrol.invalid.',
      ),
    ).to.deep.equal([
      '- example.test. 300 NS ns1.example.test.',
      '- example.test. 300 NS ns2.example.test.',
      '+ example.test. 300 NS a.other.test.',
    ]);
  });

  it('RFC 2136 §3.4.2: records are taken in their order', () => {
    expect(change(zone, 'www 0 ANY A', 'www 60 A 192.0.2.1')).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.2',
    ]);
    expect(change(zone, 'www 60 A 192.0.2.3', 'www 0 ANY A')).to.have.length(2);
    expect(change(zone, 'alias 0 ANY CNAME', 'alias 60 A 192.0.2.1')).to.have.length(2);
    expect(change(zone, 'alias 60 A 192.0.2.1', 'alias 0 ANY CNAME')).to.have.length(1);
  });

  it('RFC 2136 §3.4.2: what comes and goes in one message is no change', () => {
    expect(change(zone, 'new 60 A 192.0.2.1', 'new 0 ANY ANY')).to.deep.equal([]);
    expect(change(zone, 'ns1 0 ANY A', 'ns1 300 A 192.0.2.53')).to.deep.equal([]);
    expect(change(zone, 'www 15 A 192.0.2.1', 'www 60 A 192.0.2.1')).to.deep.equal([]);
  });
});
