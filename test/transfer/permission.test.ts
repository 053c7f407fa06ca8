import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { scanNetwork } from '../../src/base/network.ts';
import { permitTransfer, type TransferGrant } from '../../src/transfer/permission.ts';
import { showRcode } from '../../src/wire/iana.ts';
import { name } from '../support/rr.ts';

const APEX = name('example.test');

function grant(key: string, view: 'live' | 'raw', ...from: string[]): TransferGrant {
  const networks = from.map((text) => scanNetwork(text)).filter((network) => network !== undefined);
  return { key: name(key), view, from: from.length === 0 ? undefined : networks };
}

function permitted(
  grants: readonly TransferGrant[],
  key: string | undefined,
  { from = '192.0.2.7', mayEdit = false, others = [] as readonly string[] } = {},
): string {
  const client = { key: key === undefined ? undefined : name(key), address: scanAddress(from) };
  const found = permitTransfer({ apex: APEX, grants }, client, mayEdit, others.map(name));
  return found.kind === 'permission' ? found.view : `${showRcode(found.rcode)}: ${found.reason}`;
}

describe('transfer/permission', () => {
  const grants = [
    grant('a.', 'raw', '192.0.2.0/24'),
    grant('a.', 'live'),
    grant('b.', 'live', '2001:db8::/32', '198.51.100.0/24'),
  ];

  it('the first rule for the key and its address says which view', () => {
    expect(permitted(grants, 'a.')).to.equal('raw');
    expect(permitted(grants, 'a.', { from: '198.51.100.1' })).to.equal('live');
    expect(permitted(grants, 'b.', { from: '2001:db8::1' })).to.equal('live');
  });

  it('who may edit the zone needs no rule; a rule of its own goes before', () => {
    expect(permitted(grants, 'c.', { mayEdit: true })).to.equal('raw');
    expect(permitted([grant('c.', 'live')], 'c.', { mayEdit: true })).to.equal('live');
    expect(permitted(grants, 'b.', { mayEdit: true })).to.equal('raw');
  });

  it('refusals say who, what and why', () => {
    expect(permitted(grants, undefined)).to.equal(
      'REFUSED: the request is not signed: transfers need a key that may transfer zone example.test',
    );
    expect(permitted(grants, 'c.')).to.equal(
      'REFUSED: key c. may not transfer zone example.test: no rule names it',
    );
    expect(permitted(grants, 'c.', { others: ['other.test', '.'] })).to.equal(
      'REFUSED: key c. may not transfer zone example.test: no rule names it; it has rules in other.test, .',
    );
    expect(permitted(grants, 'b.')).to.equal(
      'REFUSED: key b. may not transfer zone example.test from here: rule 3 is for 2001:db8::/32 198.51.100.0/24 only, not from 192.0.2.7',
    );
  });
});
