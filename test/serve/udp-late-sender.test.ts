import { expect } from 'chai';
import type { LateDatagram } from '../../src/serve/late.ts';
import { LINUX, type SystemCalls } from '../../src/serve/system-calls.ts';
import { MAX_UDP_RESPONSE } from '../../src/serve/udp-arena.ts';
import { UdpLateSender } from '../../src/serve/udp-late-sender.ts';

const FROM: LateDatagram = {
  socket: 0,
  octets: new Uint8Array(12),
  address: Uint8Array.of(192, 0, 2, 1),
  port: 5300,
  name: new Uint8Array(16),
  control: new Uint8Array(0),
};

describe('serve/udp-late-sender', () => {
  it('sends what is given in one go in one call, when that is over', async () => {
    const kernel = new Kernel();
    const sender = new UdpLateSender(kernel.calls);
    for (let i = 0; i < 3; i++) expect(sender.send(7, FROM, new Uint8Array(20))).to.equal(true);
    expect(kernel.sent).to.deep.equal([]);
    await Promise.resolve();
    expect(kernel.sent).to.deep.equal([{ fd: 7, count: 3 }]);
    sender.send(7, FROM, new Uint8Array(20));
    await Promise.resolve();
    expect(kernel.sent.at(-1)).to.deep.equal({ fd: 7, count: 1 });
  });

  it('sends at once what has no more room, and what goes through another socket', async () => {
    const kernel = new Kernel();
    const sender = new UdpLateSender(kernel.calls);
    for (let i = 0; i < 70; i++) sender.send(7, FROM, new Uint8Array(20));
    sender.send(8, FROM, new Uint8Array(40_000));
    sender.send(8, FROM, new Uint8Array(40_000));
    await Promise.resolve();
    expect(kernel.sent).to.deep.equal([
      { fd: 7, count: 32 },
      { fd: 7, count: 32 },
      { fd: 7, count: 6 },
      { fd: 8, count: 1 },
      { fd: 8, count: 1 },
    ]);
  });

  it('refuses what is larger than a datagram', () => {
    const sender = new UdpLateSender(new Kernel().calls);
    expect(sender.send(7, FROM, new Uint8Array(MAX_UDP_RESPONSE + 1))).to.equal(false);
  });

  it('tries again after an error that was pending on the socket, and goes on behind one that stays', async () => {
    const kernel = new Kernel();
    const sender = new UdpLateSender(kernel.calls);
    kernel.failures = [LINUX.ECONNREFUSED];
    for (let i = 0; i < 3; i++) sender.send(7, FROM, new Uint8Array(20));
    await Promise.resolve();
    expect(kernel.sent).to.deep.equal([{ fd: 7, count: 3 }]);
    kernel.failures = [LINUX.EAGAIN];
    for (let i = 0; i < 3; i++) sender.send(7, FROM, new Uint8Array(20));
    await Promise.resolve();
    expect(kernel.sent.at(-1)).to.deep.equal({ fd: 7, count: 2 });
  });
});

/** Takes every message, unless it is to fail. */
class Kernel {
  readonly sent: { readonly fd: number; readonly count: number }[] = [];
  /** What the next calls fail with. */
  failures: number[] = [];
  #errno = 0;

  get calls(): SystemCalls {
    const unused = (): never => {
      throw new Error('not for sending');
    };
    return {
      socket: unused,
      setsockopt: unused,
      bind: unused,
      getsockname: unused,
      close: unused,
      poll: unused,
      recvmmsg: unused,
      errnoName: unused,
      addressOf: () => 0x1000n,
      errno: () => this.#errno,
      sendmmsg: (fd, _headers, count) => {
        this.#errno = this.failures.shift() ?? 0;
        if (this.#errno !== 0) return -1;
        this.sent.push({ fd, count });
        return count;
      },
    };
  }
}
