import { expect } from 'chai';
import { Retransmissions } from '../../src/serve/retransmissions.ts';

const CLIENT = Uint8Array.of(192, 0, 2, 1);
const OTHER = Uint8Array.of(192, 0, 2, 2);
const REPLY = Uint8Array.of(1, 2, 3);

describe('serve/retransmissions', () => {
  it('gives the first reply to the same octets from the same client for ten seconds', async () => {
    const seen = new Retransmissions();
    seen.remember(CLIENT, octets(20), 1000, Promise.resolve(REPLY));
    expect(await seen.find(CLIENT, octets(20), 10_999)).to.equal(REPLY);
    expect(seen.find(CLIENT, octets(20), 11_000)).to.equal(undefined);
  });

  it('the same octets from another client, and other octets of the same ID, are other requests', () => {
    const seen = new Retransmissions();
    seen.remember(CLIENT, octets(20), 0, Promise.resolve(REPLY));
    expect(seen.find(OTHER, octets(20), 1)).to.equal(undefined);
    expect(seen.find(CLIENT, octets(21), 1)).to.equal(undefined);
  });

  it('knows long messages by their digest', async () => {
    const seen = new Retransmissions();
    seen.remember(CLIENT, octets(60_000), 0, Promise.resolve(REPLY));
    expect(await seen.find(CLIENT, octets(60_000), 1)).to.equal(REPLY);
    const other = octets(60_000);
    other[59_999] = 0xff;
    expect(seen.find(CLIENT, other, 1)).to.equal(undefined);
  });

  it('is bounded: the oldest go first', () => {
    const seen = new Retransmissions(10_000, 3);
    for (let i = 1; i <= 5; i++) seen.remember(CLIENT, octets(i), i, Promise.resolve(REPLY));
    expect(seen.size).to.equal(3);
    expect(seen.find(CLIENT, octets(2), 6)).to.equal(undefined);
    expect(seen.find(CLIENT, octets(3), 6)).to.not.equal(undefined);
  });

  it('forgets all when the clock is set back', () => {
    const seen = new Retransmissions();
    seen.remember(CLIENT, octets(5), 100_000, Promise.resolve(REPLY));
    expect(seen.find(CLIENT, octets(5), 1000)).to.equal(undefined);
  });
});

function octets(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}
