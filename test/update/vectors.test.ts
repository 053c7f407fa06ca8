// Messages that real clients sent, as they were captured; their signatures are another test's matter.
import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { scanNamePattern } from '../../src/update/name-pattern.ts';
import {
  ACME,
  ANSIBLE,
  CAPTURED_REQUESTS,
  type CapturedRequest,
  KEA_ADD,
  KEA_REMOVE,
  KNSUPDATE,
  NSUPDATE,
  OPNSENSE,
} from '../support/captured-requests.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';
import { decided, grant, rulesOf } from '../support/updating.ts';

const APEX = name('example.com');
const RULES = {
  apex: APEX,
  grants: [{ ...grant({ key: 'k.', names: [] }), names: [scanNamePattern('**', APEX)] }],
};

/** What the message does to example.com with these records more. */
function sent({ octets }: CapturedRequest, records: string): string[] {
  const zone = memoryZone(
    'example.com',
    `
@   300 SOA ns1 hostmaster 5 7200 900 1209600 300
@   300 NS  ns1
ns1 300 A   192.0.2.53
${records}`,
  );
  return decided(zone, RULES, 'k.', parseMessage(octets));
}

const DHCID = 'laptop 3600 DHCID AAABqrvM3e7/ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJk=';

describe('messages of real clients', () => {
  const before = `www 300 A 192.0.2.1
old 300 A 192.0.2.7
old 300 TXT keep
gone 300 A 192.0.2.8
gone 300 TXT gone`;

  for (const [client, request] of Object.entries({ nsupdate: NSUPDATE, knsupdate: KNSUPDATE })) {
    it(`${client}: a prerequisite and four kinds of update`, () => {
      expect(sent(request, before)).to.deep.equal([
        '- gone.example.com. 300 A 192.0.2.8',
        '- gone.example.com. 300 TXT "gone"',
        '- old.example.com. 300 A 192.0.2.7',
        '- www.example.com. 300 A 192.0.2.1',
        '+ www.example.com. 60 A 192.0.2.2',
      ]);
      expect(sent(request, 'old 300 A 192.0.2.7')[0]).to.equal('NXRRSET: www.example.com has no A');
    });
  }

  it('nsupdate as OPNsense calls it: both addresses replaced', () => {
    expect(sent(OPNSENSE, 'home 60 A 192.0.2.8\nhome 60 AAAA 2001:db8::9')).to.deep.equal([
      '- home.example.com. 60 A 192.0.2.8',
      '+ home.example.com. 60 A 192.0.2.9',
    ]);
  });

  it('nsupdate for ACME: a TXT record, no name compressed', () => {
    expect(sent(ACME, '')).to.deep.equal(['+ _acme-challenge.www.example.com. 60 TXT "tok"']);
  });

  it('Kea: a name not in use gets an address and DHCID', () => {
    expect(sent(KEA_ADD, '')).to.deep.equal([
      '+ laptop.example.com. 3600 A 192.0.2.50',
      `+ ${DHCID.replace('laptop', 'laptop.example.com.')}`,
    ]);
    expect(sent(KEA_ADD, 'laptop 60 A 192.0.2.9')).to.deep.equal(['YXDOMAIN: laptop.example.com is in use']);
  });

  it('Kea: a name with that DHCID and no addresses is removed', () => {
    expect(sent(KEA_REMOVE, DHCID)).to.deep.equal([`- ${DHCID.replace('laptop', 'laptop.example.com.')}`]);
    expect(sent(KEA_REMOVE, `${DHCID}\nlaptop 60 A 192.0.2.9`)[0]).to.match(/^YXRRSET/);
    expect(sent(KEA_REMOVE, '')[0]).to.match(/^NXRRSET/);
  });

  it('ansible: prerequisites alone are a pure test', () => {
    expect(sent(ANSIBLE, 'www 60 A 192.0.2.1')).to.deep.equal([]);
    expect(sent(ANSIBLE, 'www 60 A 192.0.2.1\nwww 60 A 192.0.2.2')).to.deep.equal([
      'NXRRSET: www.example.com has other A records',
    ]);
    expect(sent(ANSIBLE, '')).to.deep.equal(['NXRRSET: www.example.com has no A']);
  });

  it('without a rule every one of them is refused', () => {
    const zone = memoryZone('example.com', '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300\n@ 300 NS ns1');
    for (const { octets } of CAPTURED_REQUESTS) {
      const [outcome] = decided(zone, { ...rulesOf(), apex: APEX }, 'k.', parseMessage(octets));
      expect(outcome).to.match(/^REFUSED/);
    }
  });
});
