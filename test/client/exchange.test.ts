import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { ExchangeError } from '../../src/client/errors.ts';
import { type ExchangeOptions, Exchanger } from '../../src/client/exchange.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { verifyRequest } from '../../src/message/tsig.ts';
import { TsigKeyRing } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Opcode, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { name, rr } from '../support/rr.ts';
import { type ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';
import { tsigKey } from '../support/tsig.ts';

const QUESTION = { name: name('example.test'), type: RRType.SOA, class: RRClass.IN };
const QUERY = makeQuery(0, QUESTION);
const SOA = { ...rr('@ 300 SOA ns hostmaster 7 7200 900 1209600 300'), class: RRClass.IN };
const KEY = tsigKey('secondary.');
const OTHER_SECRET = Buffer.from('another secret of thirty-two oct').toString('base64');

/** A reply to the octets of a request, as far as `with` does not say otherwise. */
function replyTo(octets: Uint8Array, changes: Partial<Message> = {}): Uint8Array {
  const { id, opcode, flags, questions } = parseMessage(octets);
  const reply = { ...QUERY, id, opcode, questions, answers: [SOA], flags: { ...flags, qr: true, aa: true } };
  return composeMessage({ ...reply, ...changes });
}

/** A reply signed as a server with `KEY`, and a clock of its own, signs it. */
function signedReplyTo(octets: Uint8Array, nowS: number, key = KEY): Uint8Array {
  const outcome = verifyRequest(octets, parseMessage(octets), new TsigKeyRing([key]), nowS);
  if (outcome.kind === 'good') return outcome.request.reply().sign(replyTo(octets), nowS);
  if (outcome.kind !== 'refused') return expect.fail(outcome.kind);
  return outcome.reply.sign(replyTo(octets, { rcode: Rcode.NOTAUTH, answers: [] }), nowS);
}

describe('the exchanger', () => {
  let effects = new FakeEffects();
  let timers = new FakeTimers();
  let exchanger = new Exchanger({ effects, timers });
  let server: ScriptedServer | undefined;
  const closers: (() => Promise<void> | void)[] = [];
  const serve = async (answer: (request: ScriptedRequest) => void): Promise<ScriptedServer> => {
    server = await ScriptedServer.start(answer);
    closers.push(() => server?.close());
    return server;
  };
  const ask = (to: ScriptedServer, options: ExchangeOptions = {}) =>
    exchanger.ask(QUERY, to.endpoint, options);
  const failureOf = async (asked: Promise<unknown>): Promise<ExchangeError> => {
    const error = await asked.catch((thrown: unknown) => thrown);
    if (error instanceof ExchangeError) return error;
    return expect.fail(`no ExchangeError but ${error}`);
  };
  const nowS = () => effects.now / 1000;

  beforeEach(() => {
    effects = new FakeEffects();
    timers = new FakeTimers();
    exchanger = new Exchanger({ effects, timers });
  });
  afterEach(async () => {
    exchanger.close();
    for (const close of closers.splice(0)) await close();
  });

  it('asks over UDP and gives the reply back, whatever its RCODE', async () => {
    const to = await serve(({ octets, send }) =>
      send(replyTo(octets, { rcode: Rcode.REFUSED, answers: [] })),
    );
    expect((await ask(to)).rcode).to.equal(Rcode.REFUSED);
    expect(parseMessage(to.requests[0]?.octets ?? new Uint8Array()).questions).to.deep.equal([QUESTION]);
  });

  it('RFC 5452 §9.2: takes another ID and another port for each request', async () => {
    const to = await serve(({ octets, send }) => send(replyTo(octets)));
    for (let i = 0; i < 4; i++) await ask(to);
    const ids = new Set(to.requests.map(({ octets }) => parseMessage(octets).id));
    const ports = new Set(to.requests.map(({ port }) => port));
    expect(ids.size).to.equal(4);
    expect(ports.size).to.be.greaterThan(1);
  });

  it('asks again when nothing comes, and says so when nothing ever comes', async () => {
    const to = await serve(() => timers.pass(2000));
    const error = await failureOf(ask(to));
    expect(error.failure).to.equal('timeout');
    expect(error.message).to.match(/^no answer from 127\.0\.0\.1:\d+ over UDP within 2 s, asked 3 times; /);
    const ids = new Set(to.requests.map(({ octets }) => parseMessage(octets).id));
    expect(ids.size).to.equal(3);
  });

  it('passes over what is no answer to the request, and takes the answer after it', async () => {
    const to = await serve(({ octets, send }) => {
      const { id } = parseMessage(octets);
      send(Buffer.from('rubbish'));
      send(replyTo(octets, { id: id ^ 1 }));
      send(replyTo(octets, { opcode: Opcode.NOTIFY }));
      send(replyTo(octets, { flags: QUERY.flags }));
      send(replyTo(octets, { questions: [{ ...QUESTION, name: name('example.org') }] }));
      send(replyTo(octets, { questions: [{ ...QUESTION, type: RRType.A }] }));
      send(replyTo(octets, { questions: [] }));
      send(replyTo(octets, { answers: [{ ...SOA, ttl: 42 }] }));
    });
    expect((await ask(to)).answers[0]?.ttl).to.equal(42);
  });

  it('takes nothing from another address or port than it asked', async () => {
    const stranger = createSocket('udp4');
    stranger.bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    closers.push(() => void stranger.close());
    const to = await serve(({ octets, port, send }) => {
      stranger.send(replyTo(octets, { answers: [] }), port, '127.0.0.1', () => send(replyTo(octets)));
    });
    expect((await ask(to)).answers).to.have.length(1);
  });

  it('tells of the rubbish when nothing better came', async () => {
    const to = await serve(({ octets, send }) => send(replyTo(octets, { questions: [] })));
    const asked = failureOf(ask(to, { tries: 1 }));
    await to.received(1);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const probe = createSocket('udp4'); // its datagram comes back after the reply has come
    await new Promise<void>((resolve) => {
      probe.on('message', () => resolve());
      probe.bind(0, '127.0.0.1', () => probe.send('x', probe.address().port, '127.0.0.1'));
    });
    probe.close();
    timers.pass(2000);
    const error = await asked;
    expect(error.failure).to.equal('malformed');
    expect(error.message).to.contain('answered another question than was asked');
  });

  it('RFC 2136 §3.8: a reply to an UPDATE, and an error, may come without its question', async () => {
    const to = await serve(({ octets, send }) => send(replyTo(octets, { questions: [], answers: [] })));
    const reply = await exchanger.ask({ ...QUERY, opcode: Opcode.UPDATE }, to.endpoint);
    expect(reply.opcode).to.equal(Opcode.UPDATE);
  });

  it('goes over to TCP when the answer is truncated', async () => {
    const to = await serve(({ octets, transport, send }) => {
      const tc = transport === 'udp';
      send(replyTo(octets, { flags: { ...QUERY.flags, qr: true, tc } }));
    });
    expect((await ask(to)).flags.tc).to.equal(false);
    expect(to.requests.map(({ transport }) => transport)).to.deep.equal(['udp', 'tcp']);
  });

  it('asks over TCP alone when told so, from the address it is told', async () => {
    const to = await serve(({ octets, send }) => send(replyTo(octets)));
    await ask(to, { transport: 'tcp', source: '127.0.0.9' });
    await ask(to, { source: '127.0.0.8' });
    expect(to.requests.map(({ transport, address }) => `${transport} ${address}`)).to.deep.equal([
      'tcp 127.0.0.9',
      'udp 127.0.0.8',
    ]);
  });

  it('says when nothing listens there, over UDP and TCP, without waiting', async () => {
    const to = await serve(() => {});
    await to.close();
    closers.length = 0;
    for (const transport of ['udp', 'tcp'] as const) {
      const error = await failureOf(ask(to, { transport }));
      expect(error.failure).to.equal('unreachable');
      expect(error.message).to.match(/^nothing listens on 127\.0\.0\.1:\d+ over (UDP|TCP); /);
    }
  });

  it('says when this machine lacks the source address', async () => {
    const to = await serve(() => {});
    const error = await failureOf(ask(to, { source: '192.0.2.77' }));
    expect(error.message).to.contain('does not have the source address');
  });

  it('says when a TCP connection ends, stalls or brings rubbish', async () => {
    const script: ((request: ScriptedRequest) => void)[] = [
      ({ hangUp }) => hangUp(),
      () => timers.pass(2000),
      ({ send }) => send(Buffer.from('rubbish')),
    ];
    const to = await serve((request) => script.shift()?.(request));
    const failures: string[] = [];
    for (let i = 0; i < 3; i++) failures.push((await failureOf(ask(to, { transport: 'tcp' }))).failure);
    expect(failures).to.deep.equal(['unreachable', 'timeout', 'malformed']);
  });

  it('RFC 8945 §5.3: signs, and believes the reply that is signed with the same key', async () => {
    const to = await serve(({ octets, send }) => send(signedReplyTo(octets, nowS())));
    const reply = await ask(to, { key: KEY });
    expect(reply.rcode).to.equal(Rcode.NOERROR);
    expect((await ask(to, { key: KEY, transport: 'tcp' })).answers).to.have.length(1);
  });

  it('RFC 8945 §5.4: waits on when a forged reply comes to a signed request', async () => {
    const to = await serve(({ octets, send }) => {
      send(replyTo(octets, { answers: [] }));
      const good = signedReplyTo(octets, nowS());
      const forged = Uint8Array.from(good);
      forged[forged.length - 20] = (forged[forged.length - 20] ?? 0) ^ 1;
      send(forged);
      send(good);
    });
    expect((await ask(to, { key: KEY })).answers).to.have.length(1);
  });

  it('says BADTIME, with the seconds between the clocks, at once', async () => {
    const to = await serve(({ octets, send }) => send(signedReplyTo(octets, nowS() + 400)));
    // The signed refusal carries our time, so that we can verify it (RFC 8945 §5.2.3).
    const error = await failureOf(ask(to, { key: KEY }));
    expect(error.failure).to.equal('signature');
    expect(error.skewS).to.equal(400);
    expect(error.message).to.match(/BADTIME\): its clock is 400 s ahead of ours; set one of them right$/);
  });

  for (const { what, key, says } of [
    {
      what: 'BADSIG',
      key: tsigKey('secondary.', 'hmac-sha256', { secret: OTHER_SECRET }),
      says: 'another secret',
    },
    {
      what: 'BADKEY',
      key: tsigKey('tertiary.'),
      says: 'does not accept key secondary. (BADKEY); does it have the key, for hmac-sha256,',
    },
  ]) {
    it(`says ${what} over TCP at once, over UDP when the time is out: anybody could have sent it`, async () => {
      const to = await serve(({ octets, send }) => send(signedReplyTo(octets, nowS(), key)));
      const overTcp = await failureOf(ask(to, { key: KEY, transport: 'tcp' }));
      expect(overTcp.message).to.contain(says).and.to.contain(what);
      const overUdp = failureOf(ask(to, { key: KEY, tries: 3 }));
      await to.received(2);
      const later = createSocket('udp4');
      await new Promise<void>((resolve) => {
        later.on('message', () => setImmediate(resolve));
        later.bind(0, '127.0.0.1', () => later.send('x', later.address().port, '127.0.0.1'));
      });
      later.close();
      timers.pass(2000);
      expect((await overUdp).message).to.contain(what);
      expect(to.requests).to.have.length(2); // no further tries: it would say the same
    });
  }

  it('passes a signed request on untouched, and its signed reply back', async () => {
    const to = await serve(({ octets, send }) => send(signedReplyTo(octets, nowS())));
    const asked = signRequest(composeMessage({ ...QUERY, id: 0x4242 }), KEY, nowS());
    const reply = await exchanger.passOn(asked.octets, to.endpoint);
    expect(parseMessage(to.requests[0]?.octets ?? new Uint8Array()).id).to.not.equal(0x4242);
    const message = parseMessage(reply);
    expect(message.id).to.equal(0x4242);
    expect(asked.replies.verify(reply, message, nowS()).kind).to.equal('good');
  });

  it('gives up when aborted, before, amid and while waiting for a socket', async () => {
    exchanger = new Exchanger({ effects, timers, sockets: 1 });
    const to = await serve(() => {});
    const early = AbortSignal.abort();
    expect((await failureOf(ask(to, { signal: early }))).failure).to.equal('aborted');
    const first = new AbortController();
    const second = new AbortController();
    const one = failureOf(ask(to, { signal: first.signal }));
    const two = failureOf(ask(to, { signal: second.signal }));
    const three = failureOf(ask(to));
    await to.received(1);
    second.abort();
    expect((await two).failure).to.equal('aborted');
    first.abort();
    expect((await one).failure).to.equal('aborted');
    await to.received(2); // the third has got the socket
    exchanger.close();
    expect((await three).failure).to.equal('aborted');
    expect((await failureOf(ask(to))).failure).to.equal('aborted');
  });

  it('opens no more sockets at once than it may, and serves all who wait', async () => {
    exchanger = new Exchanger({ effects, timers, sockets: 3 });
    const open: ScriptedRequest[] = [];
    let most = 0;
    const to = await serve((request) => {
      open.push(request);
      most = Math.max(most, open.length);
      if (open.length === 3) for (const { octets, send } of open.splice(0)) send(replyTo(octets));
    });
    await Promise.all(Array.from({ length: 30 }, () => ask(to)));
    expect(most).to.equal(3);
    expect(to.requests).to.have.length(30);
  });
});
