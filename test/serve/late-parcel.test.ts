import { expect } from 'chai';
import fc from 'fast-check';
import type { LateDatagram } from '../../src/serve/late.ts';
import { LateParcel, openParcel } from '../../src/serve/late-parcel.ts';

const datagram: fc.Arbitrary<LateDatagram> = fc.record({
  socket: fc.nat(100),
  octets: fc.uint8Array({ maxLength: 3000 }),
  address: fc.uint8Array({ maxLength: 16 }),
  port: fc.nat(65_535),
  name: fc.uint8Array({ maxLength: 28 }),
  control: fc.uint8Array({ maxLength: 40 }),
});

describe('serve/late-parcel', () => {
  it('law: what is put in comes out, in order, whatever came before', () => {
    const parcel = new LateParcel();
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 64 }), (requests) => {
        for (const request of requests) parcel.add(request);
        const taken = parcel.take();
        expect(taken === undefined).to.equal(requests.length === 0);
        const opened = [...openParcel(taken ?? new Uint8Array(0))];
        expect(opened.map(plain)).to.deep.equal(requests.map(plain));
        expect(parcel.take()).to.equal(undefined);
      }),
    );
  });

  it('holds a batch of the largest messages, and copies them', () => {
    const parcel = new LateParcel();
    const octets = new Uint8Array(65_507).fill(7);
    const nothing = new Uint8Array(0);
    for (let i = 0; i < 64; i++)
      parcel.add({ socket: i, octets, address: nothing, port: i, name: nothing, control: nothing });
    octets.fill(9);
    const opened = [...openParcel(parcel.take() ?? nothing)];
    expect(opened).to.have.length(64);
    expect(opened.every((request) => request.octets.length === 65_507 && request.octets[0] === 7)).to.equal(
      true,
    );
  });
});

function plain({ socket, port, octets, address, name, control }: LateDatagram): string {
  const parts = [octets, address, name, control].map((part) => Buffer.from(part).toString('hex'));
  return `${socket} ${port} ${parts.join(' ')}`;
}
