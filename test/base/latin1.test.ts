import { expect } from 'chai';
import fc from 'fast-check';
import { latin1 } from '../../src/base/latin1.ts';

describe('octets as Latin-1 text', () => {
  it('gives back the same octets, whatever their number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), (octets) => {
        expect(Uint8Array.from(Buffer.from(latin1(octets), 'latin1'))).to.deep.equal(octets);
      }),
    );
  });

  it('sorts as the octets do', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
        const [x, y] = [latin1(a), latin1(b)];
        expect(Math.sign(Buffer.compare(a, b))).to.equal(x < y ? -1 : x > y ? 1 : 0);
      }),
    );
  });

  it('takes views into larger buffers', () => {
    const octets = Uint8Array.of(0, 65, 66, 67, 0);
    expect(latin1(octets.subarray(1, 4))).to.equal('ABC');
    expect(latin1(new Uint8Array(2000).fill(65).subarray(7, 1000))).to.equal('A'.repeat(993));
  });
});
