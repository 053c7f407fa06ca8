// Messages that real clients sent, as they were captured; their signatures are another test's matter.
import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { scanNamePattern } from '../../src/update/name-pattern.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { octetsOf } from '../support/rdata.ts';
import { name } from '../support/rr.ts';
import { decided, grant, rulesOf } from '../support/updating.ts';

const APEX = name('example.com');
const RULES = {
  apex: APEX,
  grants: [{ ...grant({ key: 'k.', names: [] }), names: [scanNamePattern('**', APEX)] }],
};

/** What the message does to example.com with these records more. */
function sent(hex: string, records: string): string[] {
  const zone = memoryZone(
    'example.com',
    `
@   300 SOA ns1 hostmaster 5 7200 900 1209600 300
@   300 NS  ns1
ns1 300 A   192.0.2.53
${records}`,
  );
  return decided(zone, RULES, 'k.', parseMessage(octetsOf(hex)));
}

const NSUPDATE =
  '437a28000001000100040001076578616d706c6503636f6d000006000103777777c00c000100ff000000000000c01d000100fe000000000004c0000201036f6c64c00c000100ff00000000000004676f6e65c00c00ff00ff000000000000c01d000100010000003c0004c0000202026b310000fa00ff00000000003d0b686d61632d7368613235360000006b0379b5012c0020affd486228fc1f23f3b4a5c0a1929fc5ce7515d86b03523f18d51178817d7551437a00000000';
const KNSUPDATE =
  '637e28000001000100040001076578616d706c6503636f6d000006000103777777c00c000100ff000000000000c01d000100fe000000000004c0000201036f6c64c00c000100ff00000000000004676f6e65c00c00ff00ff00000000000003777777c00c000100010000003c0004c0000202026b310000fa00ff00000000003d0b686d61632d7368613235360000006b0379b5012c00205b1553bcbb2c1f98766ddf8cea8e06c83662e96d9e14da87caff16e5bcb9a72e637e00000000';
const OPNSENSE =
  '896f28000001000000040001076578616d706c6503636f6d000006000104686f6d65c00c000100ff000000000000c01d000100010000003c0004c0000209c01d001c00ff000000000000c01d001c00010000003c001020010db8000000000000000000000009026b350000fa00ff00000000003a08686d61632d6d6435077369672d616c670372656703696e740000006b037f08012c0010ebe63d9f8ab47f55e745caafe852f2e5896f00000000';
const ACME =
  'a45f28000001000000010001076578616d706c6503636f6d00000600010f5f61636d652d6368616c6c656e676503777777076578616d706c6503636f6d00001000010000003c000403746f6b046b3531320000fa00ff00000000005d0b686d61632d7368613531320000006b037f08012c0040946531146a341577156709e388bf1ce8c75fd691fdd28c01bd1a7c0a30b878ceba4133d643402f1aed4f334fe4c6f721df77c8344761ba256ed512296cfb83a0a45f00000000';
const KEA_ADD =
  '626728000001000100020001076578616d706c6503636f6d0000060001066c6170746f70c00c00ff00fe000000000000c01d0001000100000e100004c0000232c01d0031000100000e100023000001aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899026b310000fa00ff00000000003d0b686d61632d7368613235360000006b03819a012c0020886289c8cbc07be78348931e8104646247b2331dc1faca4dc1184c39f037ca08f0df00000000';
const KEA_REMOVE =
  '562428000001000300010001076578616d706c6503636f6d0000060001066c6170746f70c00c00310001000000000023000001aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899c01d000100fe000000000000c01d001c00fe000000000000c01d00ff00ff000000000000026b310000fa00ff00000000003d0b686d61632d7368613235360000006b03819f012c0020224332332d2a8f573d533258a508467587bb182ba23f0b44cd2ec551dec3936ec09a00000000';
const ANSIBLE =
  'd15428000001000200000001076578616d706c6503636f6d000006000103777777c00c000100ff000000000000c01d00010001000000000004c0000201026b310000fa00ff00000000003d0b686d61632d7368613235360000006b037f0a012c00200f3c0d0e9cb9d304609dd093f87eb4b98a07c5d27aeb9bff171eebb0d6c50264d15400000000';

const DHCID = 'laptop 3600 DHCID AAABqrvM3e7/ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJk=';

describe('messages of real clients', () => {
  const before = `www 300 A 192.0.2.1
old 300 A 192.0.2.7
old 300 TXT keep
gone 300 A 192.0.2.8
gone 300 TXT gone`;

  for (const [client, hex] of Object.entries({ nsupdate: NSUPDATE, knsupdate: KNSUPDATE })) {
    it(`${client}: a prerequisite and four kinds of update`, () => {
      expect(sent(hex, before)).to.deep.equal([
        '- gone.example.com. 300 A 192.0.2.8',
        '- gone.example.com. 300 TXT "gone"',
        '- old.example.com. 300 A 192.0.2.7',
        '- www.example.com. 300 A 192.0.2.1',
        '+ www.example.com. 60 A 192.0.2.2',
      ]);
      expect(sent(hex, 'old 300 A 192.0.2.7')[0]).to.equal('NXRRSET: www.example.com has no A');
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
    for (const hex of [NSUPDATE, KNSUPDATE, OPNSENSE, ACME, KEA_ADD, KEA_REMOVE, ANSIBLE]) {
      const [outcome] = decided(zone, { ...rulesOf(), apex: APEX }, 'k.', parseMessage(octetsOf(hex)));
      expect(outcome).to.match(/^REFUSED/);
    }
  });
});
