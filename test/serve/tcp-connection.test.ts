import { expect } from 'chai';
import fc from 'fast-check';
import { Peer } from '../../src/base/peer.ts';
import type { Answerer } from '../../src/serve/answerer.ts';
import { LATE, type LateAnswerer, type SendLate } from '../../src/serve/late.ts';
import {
  MAX_LATE_PER_CONNECTION,
  MESSAGES_PER_TURN,
  TcpConnection,
  type TcpStream,
  TURN_SCRATCH_OCTETS,
} from '../../src/serve/tcp-connection.ts';
import { FakeTimers } from '../support/fake-timers.ts';

describe('a TCP connection', () => {
  it('RFC 1035 §4.2.2: answers a message in its two-octet frame', () => {
    const { connection, stream } = connect();
    connection.receive(frame('hello, server'));
    expect(stream.texts()).to.eql(['hello, server']);
  });

  it('gives the same responses wherever the segments are cut', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 12, maxLength: 300 }), { maxLength: 100 });
    const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(messages, cuts, (bodies, sizes) => {
        const { connection, stream, timers } = connect();
        const octets = Buffer.concat(bodies.map((body) => frame(body)));
        for (let from = 0, i = 0; from < octets.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          connection.receive(octets.subarray(from, from + size));
          from += size;
        }
        while (timers.turn() > 0);
        expect(Buffer.compare(Buffer.concat(stream.written), octets)).to.equal(0);
        expect(stream.closed).to.equal('open');
      }),
      { numRuns: 200 },
    );
  });

  it('RFC 7766 §6.2.1.1: answers pipelined messages of one segment in one write', () => {
    const { connection, stream } = connect();
    connection.receive(
      Buffer.concat([frame('message one!'), frame('message two!'), frame('message three!')]),
    );
    expect(stream.written).to.have.length(1);
    expect(stream.texts()).to.eql(['message one!', 'message two!', 'message three!']);
  });

  it('takes the largest message, and others behind it', () => {
    const { connection, stream, timers } = connect();
    const largest = new Uint8Array(65_535).fill(7);
    connection.receive(Buffer.concat([frame(largest), frame(largest), frame('small message')]));
    while (timers.turn() > 0);
    expect(Buffer.concat(stream.written).length).to.equal(2 * 65_537 + 15);
  });

  it('answers a bounded number of messages, then lets the others have their turn', () => {
    const { connection, stream, timers } = connect();
    connection.receive(
      Buffer.concat(
        Array.from({ length: 2 * MESSAGES_PER_TURN + 1 }, (_, i) => frame(`message ${1000 + i}`)),
      ),
    );
    expect(stream.texts()).to.have.length(MESSAGES_PER_TURN);
    expect(stream.paused).to.equal(true);
    connection.receive(frame('one more, later'));
    expect(stream.texts(), 'more octets give no extra turn').to.have.length(MESSAGES_PER_TURN);
    timers.turn();
    expect(stream.texts()).to.have.length(2 * MESSAGES_PER_TURN);
    timers.turn();
    expect(stream.texts()).to.have.length(2 * MESSAGES_PER_TURN + 2);
    expect(stream.paused).to.equal(false);
  });

  it('sends nothing for what the answerer does not answer, and goes on', () => {
    const { connection, stream } = connect();
    connection.receive(Buffer.concat([frame('DROP this one'), frame('answer this one')]));
    expect(stream.texts()).to.eql(['answer this one']);
  });

  for (const [what, octets] of [
    ['of length zero', Uint8Array.of(0, 0)],
    ['shorter than a header', Uint8Array.of(0, 11, 1, 2, 3)],
  ] as const) {
    it(`answers what came before a frame ${what}, then closes and reads no more`, () => {
      const { connection, stream } = connect();
      connection.receive(Buffer.concat([frame('good message'), octets, frame('never looked at')]));
      connection.receive(frame('nor this message'));
      expect(stream.texts()).to.eql(['good message']);
      expect(stream.closed).to.equal('ended');
    });
  }

  it('half-close: answers what is complete, drops what is not, then closes', () => {
    const { connection, stream, timers } = connect();
    const many = Array.from({ length: MESSAGES_PER_TURN + 3 }, (_, i) => frame(`message ${1000 + i}`));
    connection.receive(Buffer.concat([...many, Uint8Array.of(0, 50, 1)]));
    connection.finish();
    expect(stream.closed).to.equal('open');
    timers.turn();
    expect(stream.texts()).to.have.length(MESSAGES_PER_TURN + 3);
    expect(stream.closed).to.equal('ended');
  });

  it('answers nothing more while the client does not read, and closes when it does not for too long', () => {
    const { connection, stream, timers } = connect();
    stream.full = true;
    connection.receive(Buffer.concat([frame('message one!'), frame('message two!')]));
    expect(stream.paused).to.equal(true);
    for (let i = 0; i < 100; i++) connection.receive(frame('and more of it'));
    expect(stream.texts()).to.eql(['message one!', 'message two!']);
    timers.pass(LIMITS.writeMs - 1);
    connection.expire(timers.nowMs());
    expect(stream.closed).to.equal('open');
    timers.pass(1);
    connection.expire(timers.nowMs());
    expect(stream.closed).to.equal('destroyed');
  });

  it('goes on when the client reads again', () => {
    const { connection, stream } = connect();
    stream.full = true;
    connection.receive(frame('message one!'));
    connection.receive(frame('message two!'));
    stream.full = false;
    connection.drained();
    expect(stream.texts()).to.eql(['message one!', 'message two!']);
    expect(stream.paused).to.equal(false);
  });

  it('half-close while the client does not read: closes after it has read everything', () => {
    const { connection, stream } = connect();
    stream.full = true;
    connection.receive(frame('message one!'));
    connection.finish();
    expect(stream.closed).to.equal('open');
    stream.full = false;
    connection.drained();
    expect(stream.closed).to.equal('ended');
  });

  it('RFC 7766 §6.2.3: closes when idle for too long; a message winds the clock up', () => {
    const { connection, stream, timers } = connect();
    timers.pass(LIMITS.idleMs - 1);
    connection.expire(timers.nowMs());
    connection.receive(frame('still alive!'));
    timers.pass(LIMITS.idleMs - 1);
    connection.expire(timers.nowMs());
    expect(stream.closed).to.equal('open');
    expect(connection.idleSinceMs).to.equal(LIMITS.idleMs - 1);
    timers.pass(1);
    connection.expire(timers.nowMs());
    expect(stream.closed).to.equal('destroyed');
  });

  it('gives a message a limited time from its first octet, however it trickles', () => {
    const { connection, stream, timers } = connect();
    const octets = frame(new Uint8Array(1000));
    for (let i = 0; i < 10; i++) {
      connection.receive(octets.subarray(i, i + 1));
      expect(stream.closed).to.equal('open');
      timers.pass(LIMITS.messageMs / 10);
      connection.expire(timers.nowMs());
    }
    expect(stream.closed).to.equal('destroyed');
  });

  it('waits a limited time for the client to close its side', () => {
    const { connection, stream, timers } = connect();
    connection.finish();
    expect(stream.closed).to.equal('ended');
    timers.pass(LIMITS.writeMs);
    connection.expire(timers.nowMs());
    expect(stream.closed).to.equal('destroyed');
  });

  it('tells the answerer who asks, and that it is TCP', () => {
    const { connection, peer } = connect();
    connection.receive(frame('who am I, then?'));
    const address = peer.octets.subarray(peer.addressAt, peer.addressAt + peer.addressLength);
    expect([...address]).to.eql([192, 0, 2, 7]);
    expect(peer.port).to.equal(4321);
    expect(peer.overTcp).to.equal(true);
  });

  describe('late answers', () => {
    /** Collects what is late; each is answered when the test says so. */
    function lateAnswers() {
      const asked: { text: string; send: SendLate; done: () => void }[] = [];
      const late: LateAnswerer = {
        answerLate: (request, send) =>
          new Promise((done) => asked.push({ text: Buffer.from(request.octets).toString(), send, done })),
      };
      return { asked, late };
    }
    const settled = () => new Promise((resolve) => setImmediate(resolve));

    it('come when they are ready, after what was asked later, and may be several', async () => {
      const { asked, late } = lateAnswers();
      const { connection, stream } = connect(late);
      connection.receive(Buffer.concat([frame('LATE transfer'), frame('a quick question')]));
      expect(stream.texts()).to.eql(['a quick question']);
      const [first] = asked;
      expect(first?.text).to.equal('LATE transfer');
      expect(await first?.send(Buffer.from('part one'))).to.equal(true);
      expect(await first?.send(Buffer.from('part two'))).to.equal(true);
      expect(stream.texts()).to.eql(['a quick question', 'part one', 'part two']);
    });

    it('are waited for when the client closes its half', async () => {
      const { asked, late } = lateAnswers();
      const { connection, stream } = connect(late);
      connection.receive(frame('LATE last words'));
      connection.finish();
      expect(stream.closed).to.equal('open');
      await asked[0]?.send(Buffer.from('here'));
      asked[0]?.done();
      await settled();
      expect(stream.texts()).to.eql(['here']);
      expect(stream.closed).to.equal('ended');
    });

    it('do not count as idleness, whatever time they take', () => {
      const { late } = lateAnswers();
      const { connection, stream, timers } = connect(late);
      connection.receive(frame('LATE and slow indeed'));
      connection.expire(timers.nowMs() + 1e6);
      expect(stream.closed).to.equal('open');
      expect(connection.idleSinceMs).to.equal(undefined);
    });

    it('wait for a client that does not read, and learn that it has gone', async () => {
      const { asked, late } = lateAnswers();
      const { connection, stream } = connect(late);
      connection.receive(frame('LATE and large'));
      stream.full = true;
      const sent = asked[0]?.send(Buffer.from('one'));
      stream.full = false;
      connection.drained();
      expect(await sent).to.equal(true);
      stream.full = true;
      const unsent = asked[0]?.send(Buffer.from('two'));
      connection.closed();
      expect(await unsent).to.equal(false);
      expect(await asked[0]?.send(Buffer.from('three'))).to.equal(false);
    });

    it('are bounded for each connection: the rest is not read before one is done', async () => {
      const { asked, late } = lateAnswers();
      const { connection } = connect(late);
      const many = Array.from({ length: MAX_LATE_PER_CONNECTION + 3 }, (_, i) => frame(`LATE number ${i}`));
      connection.receive(Buffer.concat(many));
      expect(asked).to.have.length(MAX_LATE_PER_CONNECTION);
      asked[0]?.done();
      await settled();
      expect(asked).to.have.length(MAX_LATE_PER_CONNECTION + 1);
    });

    it('are refused at once where nobody gives them', () => {
      const { connection, stream } = connect();
      connection.receive(frame('LATE for nobody'));
      expect(stream.texts()).to.eql(['no']);
    });
  });
});

// --- helpers ---

const LIMITS = { idleMs: 10_000, messageMs: 5_000, writeMs: 3_000 };

/** Answers with the request; drops what begins with DROP, leaves to others what begins with LATE. */
const ECHO: Answerer = {
  beginBatch() {},
  answer(octets, start, length) {
    const word = Buffer.from(octets.slice(start, start + 4)).toString();
    return word === 'DROP' ? 0 : word === 'LATE' ? LATE : length;
  },
  refuseLate(octets, start) {
    octets.set(Buffer.from('no'), start);
    return 2;
  },
};

class FakeStream implements TcpStream {
  readonly written: Uint8Array[] = [];
  closed: 'open' | 'ended' | 'destroyed' = 'open';
  paused = false;
  full = false;

  write(octets: Uint8Array): boolean {
    this.written.push(octets);
    return !this.full;
  }
  end(): void {
    this.closed = 'ended';
  }
  destroy(): void {
    this.closed = 'destroyed';
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }

  /** The messages written so far, as text. */
  texts(): string[] {
    const all = Buffer.concat(this.written);
    const texts: string[] = [];
    for (let at = 0; at < all.length; at += 2 + all.readUInt16BE(at)) {
      texts.push(all.subarray(at + 2, at + 2 + all.readUInt16BE(at)).toString());
    }
    return texts;
  }
}

function connect(late?: LateAnswerer) {
  const timers = new FakeTimers();
  const stream = new FakeStream();
  const peer = new Peer(new Uint8Array(16));
  const host = {
    answerer: ECHO,
    peer,
    timers,
    limits: LIMITS,
    scratch: new Uint8Array(TURN_SCRATCH_OCTETS),
    late,
    countAnswer() {},
  };
  return {
    connection: new TcpConnection(host, stream, Uint8Array.of(192, 0, 2, 7), 4321),
    stream,
    timers,
    peer,
  };
}

function frame(message: string | Uint8Array): Buffer {
  const body = Buffer.from(message);
  return Buffer.concat([Uint8Array.of(body.length >> 8, body.length & 0xff), body]);
}
