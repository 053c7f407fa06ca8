import { expect } from 'chai';
import { scanEndpoint, showEndpoint } from '../../src/base/endpoint.ts';

describe('base/endpoint', () => {
  it('reads and shows both families', () => {
    expect(scanEndpoint('192.0.2.1:53')).to.deep.equal({ address: '192.0.2.1', port: 53 });
    expect(scanEndpoint('[2001:DB8:0::1]:0')).to.deep.equal({ address: '2001:db8::1', port: 0 });
    expect(showEndpoint({ address: '2001:db8::1', port: 5300 })).to.equal('[2001:db8::1]:5300');
    expect(showEndpoint({ address: '192.0.2.1', port: 53 })).to.equal('192.0.2.1:53');
  });

  it('lets the port be left out only where there is one to take instead', () => {
    expect(scanEndpoint('192.0.2.1')).to.equal(undefined);
    expect(scanEndpoint('192.0.2.1', 53)).to.deep.equal({ address: '192.0.2.1', port: 53 });
    expect(scanEndpoint('2001:db8::1', 53)).to.deep.equal({ address: '2001:db8::1', port: 53 });
    expect(scanEndpoint('[2001:db8::1]', 53)).to.deep.equal({ address: '2001:db8::1', port: 53 });
  });

  for (const wrong of [
    '',
    ':53',
    '192.0.2.1:',
    '192.0.2.1:65536',
    '192.0.2:53',
    '::1:53',
    '[192.0.2.1]:53',
    'ns1:53',
  ]) {
    it(`refuses '${wrong}'`, () => {
      expect(scanEndpoint(wrong)).to.equal(undefined);
    });
  }
});
