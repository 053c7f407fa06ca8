import { expect } from 'chai';
import fc from 'fast-check';
import { composeQuestion, isRight, parseReply } from './ask.ts';

function reply(): Uint8Array {
  const question = composeQuestion(1, 'n1.bench.test');
  const record = (last: number): number[] => [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 18, 0, last];
  const octets = Uint8Array.from([...question, ...record(4), ...record(5)]);
  octets.set([0x84, 0, 0, 1, 0, 2], 2);
  return octets;
}

describe('bench ask', () => {
  it('composes a question', () => {
    const octets = composeQuestion(0x1234, 'n1.test');
    expect(Buffer.from(octets).toString('hex')).to.equal(
      '123400000001000000000000026e3104746573740000010001',
    );
  });

  it('reads the addresses of a reply', () => {
    const parsed = parseReply(reply());
    expect(parsed).to.deep.equal({ rcode: 0, authoritative: true, addresses: ['198.18.0.4', '198.18.0.5'] });
    expect(isRight(parsed, ['198.18.0.5', '198.18.0.4'])).to.equal(true);
    expect(isRight(parsed, ['198.18.0.4'])).to.equal(false);
    expect(isRight(undefined, [])).to.equal(false);
  });

  it('takes no question for a reply, and no piece for the whole', () => {
    expect(parseReply(composeQuestion(1, 'n1.bench.test'))).to.equal(undefined);
    for (let length = 0; length < reply().length; length++) {
      expect(parseReply(reply().subarray(0, length)), `${length} octets`).to.equal(undefined);
    }
  });

  it('survives any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => {
        parseReply(octets);
      }),
    );
  });
});
