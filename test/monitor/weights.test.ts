import { expect } from 'chai';
import { aimLoad } from '../../src/monitor/weights.ts';

describe('monitor/weights', () => {
  it('fills in the address of a member, in brackets where a URL wants them', () => {
    const page = {
      kind: 'http',
      url: 'http://{address}:8080/load',
      field: undefined,
      timeoutMs: 1000,
    } as const;
    expect(aimLoad(page, '192.0.2.1')).to.deep.equal({ ...page, url: 'http://192.0.2.1:8080/load' });
    expect(aimLoad(page, '2001:db8::1')).to.deep.equal({ ...page, url: 'http://[2001:db8::1]:8080/load' });
    const program = { kind: 'exec', argv: ['/bin/load', '-H', '{address}'], timeoutMs: 1000 } as const;
    expect(aimLoad(program, '2001:db8::1')).to.deep.equal({
      ...program,
      argv: ['/bin/load', '-H', '2001:db8::1'],
    });
  });
});
