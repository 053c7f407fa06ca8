import { expect } from 'chai';
import { ExplainError, scanClient, scanQuestion } from '../../../src/answer/explain/question.ts';
import { showAddress } from '../../../src/base/ip.ts';

const QUESTION = { name: 'www.example.test', type: 'a', client: '203.0.113.7' };

describe('the question of an explanation', () => {
  it('is read as people write it', () => {
    const { type, source, subnet } = scanQuestion({ ...QUESTION, ecs: '2001:db8::/56' });
    expect(type).to.equal(1);
    expect(showAddress(source)).to.equal('203.0.113.7');
    expect(subnet?.prefixLength).to.equal(56);
  });

  for (const [what, wrong, says] of [
    ['a client that is no address', { client: '203.0.113' }, "client '203.0.113' is no address"],
    ['no client', { client: '' }, "client '' is no address"],
    ['a subnet without a length', { ecs: '198.51.100.0' }, 'did you mean 198.51.100.0/24?'],
    ['a subnet with bits after its prefix', { ecs: '198.51.100.7/24' }, 'did you mean 198.51.100.0/24?'],
    ['a subnet that is none', { ecs: 'here' }, "client subnet 'here' is no network"],
    ['a subnet that is too long', { ecs: '198.51.100.0/33' }, 'is no network'],
    ['a type that is none', { type: 'AA' }, "'AA' is no type"],
    ['a type that asks for no records', { type: 'AXFR' }, 'AXFR asks for no records'],
    ['a name that is none', { name: 'www..test' }, 'not a domain name'],
    ['an empty name', { name: '' }, 'empty name'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(() => scanQuestion({ ...QUESTION, ...wrong })).to.throw(ExplainError, says);
    });
  }

  it('takes a network for its first address where many clients are asked about', () => {
    expect(showAddress(scanClient('203.0.113.0/24') ?? new Uint8Array(4))).to.equal('203.0.113.0');
    expect(scanClient('203.0.113.1/24')).to.equal(undefined);
    expect(scanClient('x')).to.equal(undefined);
  });
});
