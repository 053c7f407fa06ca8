import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { Responder } from '../../src/answer/respond.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { RRType } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { exchange, query } from '../support/answering.ts';
import { name } from '../support/rr.ts';
import type { SwappingStart } from './entries/swapping-writer.ts';

const ENTRY = new URL('./entries/swapping-writer.js', import.meta.url);
const OPTIONS = {
  maxPayload: 1232,
  nsid: '',
  chaos: { version: '', hostname: '' },
  cookieSecrets: undefined,
  lateOpcodes: [],
};
const ANSWERS = 2000;

describe('the sequence word', function () {
  this.timeout(60_000);

  it('keeps readers from mixing two changes, and from drawing two turns for one answer', async () => {
    const { port1, port2 } = new MessageChannel();
    const control = new SharedArrayBuffer(8);
    const words = new Int32Array(control);
    const start: SwappingStart = { news: port2, control };
    const thread = new Worker(ENTRY, { workerData: start, transferList: [port2] });
    const ended = once(thread, 'exit');
    const [memory] = await once(port1, 'message');
    const responder = new Responder(memory, OPTIONS, () => 0);
    const asked = ['alias', 'www'].map((label) => query(name(`${label}.example.test`), RRType.A));
    let generations = 1;
    let last: number | undefined;
    for (let i = 0; i < ANSWERS; i++) {
      const news = receiveMessageOnPort(port1);
      if (news !== undefined) {
        responder.take(news.message);
        generations++;
      }
      const [alias, www] = asked.map((octets) => parseMessage(exchange(responder, octets) ?? expect.fail()));
      const said = alias?.answers.map(({ rdata }) => (rdata.length === 4 ? rdata[3] : showName(rdata)));
      expect(said).to.be.deep.oneOf([
        ['host1.example.test.', 1],
        ['host2.example.test.', 2],
      ]);
      expect(www?.answers).to.have.length(3);
      const first = www?.answers[0]?.rdata[3] ?? 0;
      if (last !== undefined) expect(first).to.equal((last % 3) + 1);
      last = first;
    }
    Atomics.store(words, 0, 1);
    port1.close();
    await ended;
    expect(generations).to.be.greaterThan(3);
    expect(Atomics.load(words, 1)).to.be.greaterThan(ANSWERS);
  });
});
