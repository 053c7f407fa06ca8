import { expect } from 'chai';
import { Exchanger } from '../../src/client/exchange.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { UpdateForwarder } from '../../src/replicate/update-forwarder.ts';
import { Opcode, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { name } from '../support/rr.ts';
import { type ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';
import { tsigKey, verified } from '../support/tsig.ts';

const NOW = Math.floor(new FakeEffects().now / 1000);
const KEY = tsigKey('client.');
const SOA = { name: name('second.test'), type: RRType.SOA, class: RRClass.IN };
const PLAIN: Message = makeQuery(0x4242, SOA, { opcode: Opcode.UPDATE });
const UPDATE: Message = parseMessage(signRequest(composeMessage(PLAIN), KEY, NOW).octets);

describe('replicate/update-forwarder', () => {
  let primary: ScriptedServer | undefined;
  let exchanger: Exchanger;
  let effects: FakeEffects;
  let timers: FakeTimers;

  beforeEach(() => {
    effects = new FakeEffects();
    timers = new FakeTimers();
    exchanger = new Exchanger({ effects, timers });
  });
  afterEach(async () => {
    exchanger.close();
    await primary?.close();
    primary = undefined;
  });

  async function make(answer: (request: ScriptedRequest) => void, limit?: number): Promise<UpdateForwarder> {
    primary = await ScriptedServer.start(answer);
    const targets = [primary.endpoint];
    const targetsOf = (apex: Uint8Array) => (showName(apex) === 'second.test.' ? targets : undefined);
    return new UpdateForwarder({ targetsOf, exchanger, effects, ...(limit === undefined ? {} : { limit }) });
  }

  /** Verifies the request as the primary does, and signs the answer. */
  function answerSigned({ octets, send }: ScriptedRequest): void {
    const reply = verified(octets, KEY, NOW).reply();
    const { id } = parseMessage(octets);
    const flags = { ...UPDATE.flags, qr: true };
    send(reply.sign(composeMessage({ ...PLAIN, id, flags, rcode: Rcode.YXDOMAIN }), NOW));
  }

  it('wants updates of zones that are passed on, and nothing else', async () => {
    const forwarder = await make(() => {});
    expect(forwarder.wants(UPDATE)).to.equal(true);
    expect(forwarder.wants({ ...UPDATE, questions: [{ ...SOA, name: name('Other.test') }] })).to.equal(false);
    expect(forwarder.wants({ ...UPDATE, questions: [] })).to.equal(false);
    expect(forwarder.wants({ ...UPDATE, opcode: Opcode.NOTIFY })).to.equal(false);
    expect(forwarder.wants(PLAIN), 'unsigned').to.equal(false);
  });

  for (const overTcp of [false, true]) {
    it(`passes the signature on, and that of the answer back${overTcp ? ', over TCP' : ''}`, async () => {
      const forwarder = await make(answerSigned);
      const { octets, replies } = signRequest(composeMessage(PLAIN), KEY, NOW);
      const reply = (await forwarder.forward(octets, overTcp, UPDATE)) ?? expect.fail('no reply');
      const message = parseMessage(reply);
      expect(message.id).to.equal(0x4242);
      expect(message.rcode).to.equal(Rcode.YXDOMAIN);
      expect(replies.verify(reply, message, NOW)).to.deep.equal({ kind: 'good' });
      const [sent] = primary?.requests ?? [];
      expect(sent?.transport).to.equal(overTcp ? 'tcp' : 'udp');
      expect(Buffer.compare(sent?.octets.subarray(2) ?? octets, octets.subarray(2))).to.equal(0);
    });
  }

  it('SERVFAIL when the primary is away, with one line in the log', async () => {
    const forwarder = await make(({ hangUp }) => hangUp());
    const { octets } = signRequest(composeMessage(PLAIN), KEY, NOW);
    const reply = parseMessage((await forwarder.forward(octets, true, UPDATE)) ?? expect.fail('no reply'));
    expect(reply).to.include({ id: 0x4242, rcode: Rcode.SERVFAIL, opcode: Opcode.UPDATE });
    expect(effects.lines).to.deep.equal(['warn secondary: an update could not be passed on']);
  });

  it('asks again under the same ID, so that a primary which has acted knows it', async () => {
    const ids: number[] = [];
    const forwarder = await make((request) => {
      ids.push(parseMessage(request.octets).id);
      if (ids.length === 2) answerSigned(request);
      else timers.pass(2000);
    });
    const { octets } = signRequest(composeMessage(PLAIN), KEY, NOW);
    await forwarder.forward(octets, false, UPDATE);
    expect(ids).to.have.length(2);
    expect(ids[0]).to.equal(ids[1]);
  });

  it('SERVFAIL at once beyond the limit', async () => {
    const waiting: ScriptedRequest[] = [];
    const forwarder = await make((request) => waiting.push(request), 1);
    const { octets } = signRequest(composeMessage(PLAIN), KEY, NOW);
    const first = forwarder.forward(octets, false, UPDATE);
    const second = await forwarder.forward(octets, false, UPDATE);
    expect(parseMessage(second ?? expect.fail('no reply')).rcode).to.equal(Rcode.SERVFAIL);
    await primary?.received(1);
    const [request] = waiting;
    if (request !== undefined) answerSigned(request);
    expect(parseMessage((await first) ?? expect.fail('no reply')).rcode).to.equal(Rcode.YXDOMAIN);
  });
});
