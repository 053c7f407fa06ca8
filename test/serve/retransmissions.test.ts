import { expect } from 'chai';
import { Retransmissions, requestKey } from '../../src/serve/retransmissions.ts';

const CLIENT = Uint8Array.of(192, 0, 2, 1);
const OTHER = Uint8Array.of(192, 0, 2, 2);
const REPLY = Uint8Array.of(1, 2, 3);

describe('serve/retransmissions', () => {
  it('gives the first reply to the same octets from the same client for ten seconds', async () => {
    const seen = new Retransmissions();
    seen.begin(requestKey(CLIENT, octets(20)), 1000)(REPLY);
    expect(await seen.find(requestKey(CLIENT, octets(20)), 10_999)).to.deep.equal(Buffer.from(REPLY));
    expect(seen.find(requestKey(CLIENT, octets(20)), 11_000)).to.equal(undefined);
  });

  it('the same octets from another client, and other octets of the same ID, are other requests', () => {
    const seen = new Retransmissions();
    seen.begin(requestKey(CLIENT, octets(20)), 0)(REPLY);
    expect(seen.find(requestKey(OTHER, octets(20)), 1)).to.equal(undefined);
    expect(seen.find(requestKey(CLIENT, octets(21)), 1)).to.equal(undefined);
  });

  it('knows long messages by their digest', async () => {
    const seen = new Retransmissions();
    seen.begin(requestKey(CLIENT, octets(60_000)), 0)(REPLY);
    expect(await seen.find(requestKey(CLIENT, octets(60_000)), 1)).to.deep.equal(Buffer.from(REPLY));
    const other = octets(60_000);
    other[59_999] = 0xff;
    expect(seen.find(requestKey(CLIENT, other), 1)).to.equal(undefined);
  });

  it('who asks again while the request is being answered waits for its reply', async () => {
    const seen = new Retransmissions();
    const key = requestKey(CLIENT, octets(20));
    const end = seen.begin(key, 0);
    const again = [seen.find(key, 1), seen.find(key, 2)];
    end(REPLY);
    expect(await Promise.all(again)).to.deep.equal([REPLY, REPLY]);
  });

  it('a request that got no reply gets none again', async () => {
    const seen = new Retransmissions();
    const key = requestKey(CLIENT, octets(20));
    seen.begin(key, 0)(undefined);
    const again = seen.find(key, 1);
    expect(again).to.be.instanceOf(Promise);
    expect(await again).to.equal(undefined);
  });

  it('is bounded: the oldest go first', () => {
    const seen = new Retransmissions(10_000, 3);
    for (let i = 1; i <= 5; i++) seen.begin(requestKey(CLIENT, octets(i)), i)(REPLY);
    expect(seen.size).to.equal(3);
    expect(seen.find(requestKey(CLIENT, octets(2)), 6)).to.equal(undefined);
    expect(seen.find(requestKey(CLIENT, octets(3)), 6)).to.not.equal(undefined);
  });

  it('forgets all when the clock is set back', () => {
    const seen = new Retransmissions();
    seen.begin(requestKey(CLIENT, octets(5)), 100_000)(REPLY);
    expect(seen.find(requestKey(CLIENT, octets(5)), 1000)).to.equal(undefined);
  });
});

function octets(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}
