import { expect } from 'chai';
import { scanIPv4, scanIPv6 } from '../../src/base/ip.ts';
import { isInNetwork, nearestNetwork, scanNetwork, showNetwork } from '../../src/base/network.ts';

const shown = (text: string) => {
  const network = scanNetwork(text);
  return network === undefined ? undefined : showNetwork(network);
};

describe('base/network', () => {
  it('reads networks of both families; an address alone is one', () => {
    expect(shown('192.0.2.0/24')).to.equal('192.0.2.0/24');
    expect(shown('0.0.0.0/0')).to.equal('0.0.0.0/0');
    expect(shown('192.0.2.1')).to.equal('192.0.2.1/32');
    expect(shown('2001:DB8::/32')).to.equal('2001:db8::/32');
    expect(shown('::1')).to.equal('::1/128');
  });

  it('refuses everything else', () => {
    for (const text of ['', '192.0.2.0/33', '192.0.2.0/024', '192.0.2/24', '::/129', 'x/8', '192.0.2.0/'])
      expect(shown(text), text).to.equal(undefined);
  });

  it('refuses bits after the prefix, and knows what was perhaps meant', () => {
    expect(shown('192.0.2.1/24')).to.equal(undefined);
    const meant = nearestNetwork('192.0.2.77/26');
    expect(meant === undefined ? '' : showNetwork(meant)).to.equal('192.0.2.64/26');
  });

  it('holds the addresses that begin so', () => {
    const holds = (network: string, address: string) =>
      isInNetwork(
        scanNetwork(network) ?? { address: new Uint8Array(0), prefixLength: 0 },
        scanIPv4(address) ?? scanIPv6(address) ?? new Uint8Array(0),
      );
    expect(holds('192.0.2.64/26', '192.0.2.127')).to.equal(true);
    expect(holds('192.0.2.64/26', '192.0.2.128')).to.equal(false);
    expect(holds('0.0.0.0/0', '203.0.113.1')).to.equal(true);
    expect(holds('2001:db8::/33', '2001:db8:7fff::1')).to.equal(true);
    expect(holds('2001:db8::/33', '2001:db8:8000::1')).to.equal(false);
    expect(holds('::/0', '192.0.2.1')).to.equal(false);
    expect(holds('192.0.2.0/24', '::ffff:192.0.2.9')).to.equal(true);
  });
});
