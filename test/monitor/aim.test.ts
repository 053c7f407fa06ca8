import { expect } from 'chai';
import { aimProbe } from '../../src/monitor/aim.ts';
import type { ProbeOptions } from '../../src/monitor/probes/probe-options.ts';

const HTTP: ProbeOptions = { kind: 'http', address: '', path: '/health' };
const owner = 'www.example.test.';

describe('monitor/aim', () => {
  it('goes to the member itself, and asks for the site that is looked after', () => {
    expect(aimProbe(HTTP, { member: '192.0.2.1', owner, aim: {} })).to.deep.equal({
      kind: 'http',
      address: '192.0.2.1',
      path: '/health',
      host: 'www.example.test',
    });
    const { address } = { address: '', ...aimProbe(HTTP, { member: 'site1.example.test.', owner, aim: {} }) };
    expect(address).to.equal('site1.example.test');
  });

  it('goes where the probe says, and before that where the member says', () => {
    const told: ProbeOptions = { ...HTTP, address: '127.0.0.1', host: 'a.test' };
    expect(aimProbe(told, { member: '192.0.2.1', owner, aim: {} })).to.include({
      address: '127.0.0.1',
      host: 'a.test',
    });
    const aim = { address: '10.0.0.1', port: 81, path: '/x', host: 'b.test' };
    expect(aimProbe(told, { member: '192.0.2.1', owner, aim })).to.include(aim);
  });

  it('names no wildcard to a server', () => {
    expect(aimProbe(HTTP, { member: '192.0.2.1', owner: '*.example.test.', aim: {} })).not.to.have.property(
      'host',
    );
    const tls = aimProbe({ kind: 'tls', address: '' }, { member: '192.0.2.1', owner, aim: {} });
    expect(tls).to.include({ serverName: 'www.example.test' });
  });
});
