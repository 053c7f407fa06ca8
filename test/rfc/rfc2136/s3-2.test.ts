import { expect } from 'chai';
import { checkPrerequisites } from '../../../src/update/prerequisites.ts';
import type { DomainName } from '../../../src/wire/name.ts';
import { prerequisites as ask, smallZone, updateRecord } from '../../support/updating.ts';

const zone = smallZone();

describe('RFC 2136 §3.2: prerequisites', () => {
  it('RFC 2136 §3.2.1: ANY ANY wants the name in use, else NXDOMAIN', () => {
    expect(ask(zone, 'www 0 ANY ANY')).to.equal('NOERROR');
    expect(ask(zone, 'WWW 0 ANY ANY')).to.equal('NOERROR');
    expect(ask(zone, 'missing 0 ANY ANY')).to.equal('NXDOMAIN');
  });

  it('RFC 2136 §2.4.4: an empty non-terminal is not in use, and no wildcard makes a name so', () => {
    expect(ask(zone, 'ent 0 ANY ANY')).to.equal('NXDOMAIN');
    expect(ask(zone, 'ent 0 NONE ANY')).to.equal('NOERROR');
    expect(ask(smallZone('* 60 A 192.0.2.7'), 'missing 0 ANY ANY')).to.equal('NXDOMAIN');
  });

  it('RFC 2136 §3.2.1: ANY with a type wants the RRset, else NXRRSET', () => {
    expect(ask(zone, 'www 0 ANY A')).to.equal('NOERROR');
    expect(ask(zone, 'www 0 ANY AAAA')).to.equal('NXRRSET');
    expect(ask(zone, 'missing 0 ANY A')).to.equal('NXRRSET');
  });

  it('RFC 2136 §2.4.1: no CNAME is followed', () => {
    expect(ask(zone, 'alias 0 ANY A')).to.equal('NXRRSET');
    expect(ask(zone, 'alias 0 ANY CNAME')).to.equal('NOERROR');
  });

  it('RFC 2136 §3.2.2: NONE ANY wants the name not in use, else YXDOMAIN', () => {
    expect(ask(zone, 'missing 0 NONE ANY')).to.equal('NOERROR');
    expect(ask(zone, 'www 0 NONE ANY')).to.equal('YXDOMAIN');
  });

  it('RFC 2136 §3.2.2: NONE with a type wants no such RRset, else YXRRSET', () => {
    expect(ask(zone, 'www 0 NONE AAAA')).to.equal('NOERROR');
    expect(ask(zone, 'missing 0 NONE A')).to.equal('NOERROR');
    expect(ask(zone, 'www 0 NONE A')).to.equal('YXRRSET');
  });

  it('RFC 2136 §3.2.3: records of the zone class are compared as a set per name and type', () => {
    expect(ask(zone, 'www 0 A 192.0.2.2', 'www 0 A 192.0.2.1')).to.equal('NOERROR');
    expect(ask(zone, 'www 0 A 192.0.2.2', 'ns1 0 A 192.0.2.53', 'www 0 A 192.0.2.1')).to.equal('NOERROR');
    expect(ask(zone, 'www 0 A 192.0.2.1')).to.equal('NXRRSET');
    expect(ask(zone, 'www 0 A 192.0.2.1', 'www 0 A 192.0.2.3')).to.equal('NXRRSET');
    expect(ask(zone, 'www 0 A 192.0.2.1', 'www 0 A 192.0.2.2', 'www 0 A 192.0.2.3')).to.equal('NXRRSET');
    expect(ask(zone, 'missing 0 A 192.0.2.1')).to.equal('NXRRSET');
  });

  it('RFC 2136 §3.2.3: a record given twice is one record', () => {
    expect(ask(zone, 'ns1 0 A 192.0.2.53', 'ns1 0 A 192.0.2.53')).to.equal('NOERROR');
  });

  it('RFC 2136 §1.1.1: RDATA is compared in canonical form', () => {
    expect(ask(zone, 'alias 0 CNAME WWW.Example.TEST.')).to.equal('NOERROR');
    expect(ask(zone, 'www 0 TXT "Hello"')).to.equal('NXRRSET');
  });

  it('RFC 2136 §3.2.3: sets are compared after all records were looked at', () => {
    expect(ask(zone, 'www 0 A 192.0.2.1', 'missing 0 ANY ANY')).to.equal('NXDOMAIN');
    expect(ask(zone, 'www 0 A 192.0.2.1', 'www 1 ANY A')).to.equal('FORMERR');
  });

  it('RFC 2136 §3.2.5: a TTL other than 0 is FORMERR', () => {
    for (const line of ['www 1 ANY ANY', 'www 1 NONE A', 'ns1 1 A 192.0.2.53']) {
      expect(ask(zone, line)).to.equal('FORMERR');
    }
  });

  it('RFC 2136 §3.2.5: classes ANY and NONE with data are FORMERR, and so is any other class', () => {
    expect(ask(zone, 'www 0 ANY A 192.0.2.1')).to.equal('FORMERR');
    expect(ask(zone, 'www 0 NONE A 192.0.2.1')).to.equal('FORMERR');
    expect(ask(zone, 'www 0 CH A')).to.equal('FORMERR');
  });

  it('RFC 2136 §3.2.5: a type that no zone holds has no value: FORMERR', () => {
    expect(ask(zone, 'www 0 IN AXFR')).to.equal('FORMERR');
  });

  it('RFC 2136 §3.2.5: a name outside the zone is NOTZONE, after the TTL and before everything else', () => {
    expect(ask(zone, 'www.other.test. 0 ANY ANY')).to.equal('NOTZONE');
    expect(ask(zone, 'www.other.test. 0 ANY A 192.0.2.1')).to.equal('NOTZONE');
    expect(ask(zone, 'www.other.test. 5 ANY ANY')).to.equal('FORMERR');
  });

  it('RFC 2136 §3.2: the first that fails gives the RCODE', () => {
    expect(ask(zone, 'www 0 NONE ANY', 'missing 0 ANY ANY')).to.equal('YXDOMAIN');
    expect(ask(zone, 'missing 0 ANY ANY', 'www 0 NONE ANY')).to.equal('NXDOMAIN');
  });

  it('hundreds of prerequisites about one name look at it once: a live view works out its live set each time', () => {
    let looks = 0;
    const counted = {
      apex: zone.apex,
      get(owner: DomainName) {
        looks++;
        return zone.get(owner);
      },
    };
    const records = ['www 0 ANY A', 'missing 0 NONE ANY', 'www 0 IN A 192.0.2.1', 'www 0 IN A 192.0.2.2'];
    const many = Array.from({ length: 100 }, () => records.map((line) => updateRecord(line)));
    expect(checkPrerequisites(many.flat(), counted)).to.equal(undefined);
    expect(looks).to.equal(2);
  });
});
