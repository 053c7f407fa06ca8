// More updates at once than a server can take: each gets a reply, those beyond the bound SERVFAIL, and nothing of it
// stays when the storm is over. Counts, not times: `make bench` measures how long queries take meanwhile.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Opcode, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { query } from '../support/answering.ts';
import { ChildServer, runWaypost } from '../support/child-server.ts';
import { QuestionClient } from '../support/question-client.ts';
import { name } from '../support/rr.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';
import { updateRecord } from '../support/updating.ts';

const ZONE = `$TTL 300
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.1
`;
const RECORDS = 4;
const SETTINGS = `threads = 2
[keys."deploy."]
secret = "${SECRET}"
[zone."example.test"]
update = [ { key = "deploy.", names = ["**"], action = "edit" } ]
`;
const CLIENTS = 50;
/** Of each client; together three times what may wait. */
const OUTSTANDING = 60;
/** What has got no reply by then was lost on the way, and is sent again. */
const RESEND_MS = 3_000;
/** Lines a second that a log for what strangers cause has at most, and one that counts the rest; two logs. */
const LINES_A_SECOND = 2 * 51;
const HEADER_OCTETS = 12;
const MOST_OCTETS = 512e6;

describe('stress: update storms', function () {
  this.timeout(120_000);
  const key = tsigKey('deploy.');
  const stranger = tsigKey('deploy.', 'hmac-sha256', { secret: 'b3RoZXJvdGhlcm90aGVyb3RoZXI=' });
  let server: ChildServer;
  beforeEach(async () => {
    server = new ChildServer({ zones: { 'example.test.zone': ZONE }, settings: SETTINGS });
    await server.start();
  });
  afterEach(() => server.remove());

  it('20,000 updates: one reply to each, SERVFAIL beyond the bound, and all is well afterwards', async () => {
    const asking = new AskingOn(server.port);
    const storm = new Storm(20_000, (n) => composeUpdate(n, `u${n}`, key));
    await storm.rage(server.port);
    const asked = await asking.end();

    const acknowledged = storm.replies.get('NOERROR') ?? 0;
    expect([...storm.replies.keys()].sort()).to.deep.equal(['NOERROR', 'SERVFAIL']);
    expect(acknowledged + (storm.replies.get('SERVFAIL') ?? 0)).to.equal(20_000);
    if (storm.resent === 0) expect(storm.surplus).to.equal(0);
    expect(asked.right).to.be.greaterThan(0);
    expect(asked.wrong).to.equal(0);
    expect(residentOctets(server.pid)).to.be.lessThan(MOST_OCTETS);

    const after = new Storm(1, (n) => composeUpdate(n, 'after', key));
    await after.rage(server.port);
    expect([...after.replies]).to.deep.equal([['NOERROR', 1]]);
    const { late, records } = await statusOf(server);
    expect(late.waiting).to.equal(0);
    if (storm.resent === 0) expect(late.refused).to.equal(storm.headersOnly);
    expect(records).to.equal(RECORDS + acknowledged + 1);
  });

  for (const [what, by, rcode] of [
    ['unsigned', undefined, 'REFUSED'],
    ['badly signed', stranger, 'NOTAUTH'],
  ] as const) {
    it(`5,000 ${what} updates change nothing, and the log stays short`, async () => {
      const startedMs = performance.now();
      const storm = new Storm(5_000, (n) => composeUpdate(n, `u${n}`, by));
      await storm.rage(server.port);
      expect([...storm.replies.keys()])
        .to.include(rcode)
        .and.to.have.members([...new Set([rcode, ...(storm.headersOnly > 0 ? ['SERVFAIL'] : [])])]);
      const { late, records } = await statusOf(server);
      expect([late.waiting, records]).to.deep.equal([0, RECORDS]);
      const seconds = (performance.now() - startedMs) / 1000;
      expect(server.log.split('\n').length).to.be.lessThan(LINES_A_SECOND * (seconds + 2));
    });
  }
});

function composeUpdate(id: number, owner: string, key: TsigKey | undefined): Uint8Array {
  const question = { name: name('example.test'), type: RRType.SOA, class: RRClass.IN };
  const authorities = [updateRecord(`${owner} 60 A 192.0.2.1`)];
  const octets = composeMessage(makeQuery(id, question, { opcode: Opcode.UPDATE, authorities }));
  return key === undefined ? octets : signRequest(octets, key, Date.now() / 1000).octets;
}

/** Requests, message ID 0 first, from many sockets, each with so many outstanding that none is lost in a full buffer. */
class Storm {
  /** First replies, by RCODE. */
  readonly replies = new Map<string, number>();
  /** Replies that are a header alone, as a query thread sends them. */
  headersOnly = 0;
  /** Requests sent once more. */
  resent = 0;
  /** Replies to what had one already. */
  surplus = 0;
  readonly #messages: readonly Uint8Array[];
  readonly #waiting = new Map<number, { readonly socket: Socket; sentMs: number }>();
  #next = 0;
  #done: () => void = () => {};

  constructor(count: number, compose: (n: number) => Uint8Array) {
    this.#messages = Array.from({ length: count }, (_, n) => compose(n));
  }

  async rage(port: number): Promise<void> {
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => this.#open(port)));
    const resending = setInterval(() => this.#resend(), RESEND_MS / 4);
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      for (let i = 0; i < CLIENTS * OUTSTANDING; i++) this.#send(sockets[i % CLIENTS]);
    });
    clearInterval(resending);
    for (const socket of sockets) socket.close();
  }

  async #open(port: number): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.on('error', () => {}); // a server that is gone shows as a reply that does not come
    socket.on('message', (octets) => this.#receive(octets, socket));
    const connected = once(socket, 'connect');
    socket.connect(port, '127.0.0.1');
    await connected;
    return socket;
  }

  #send(socket: Socket | undefined): void {
    const message = this.#messages[this.#next];
    if (socket === undefined || message === undefined) return;
    this.#waiting.set(this.#next++, { socket, sentMs: performance.now() });
    socket.send(message);
  }

  #receive(octets: Uint8Array, socket: Socket): void {
    const id = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    if (!this.#waiting.delete(id)) {
      this.surplus++;
      return;
    }
    const rcode = showRcode((octets[3] ?? 0) & 15);
    this.replies.set(rcode, (this.replies.get(rcode) ?? 0) + 1);
    if (octets.length === HEADER_OCTETS) this.headersOnly++;
    this.#send(socket);
    if (this.#waiting.size === 0) this.#done();
  }

  #resend(): void {
    const nowMs = performance.now();
    for (const [n, waiting] of this.#waiting) {
      if (nowMs - waiting.sentMs < RESEND_MS) continue;
      waiting.sentMs = nowMs;
      this.resent++;
      waiting.socket.send(this.#messages[n] ?? '');
    }
  }
}

interface Asked {
  readonly right: number;
  readonly wrong: number;
  readonly lost: number;
}

/** Asks for an address again and again until it is told to end. */
class AskingOn {
  readonly #asking: Promise<Asked>;
  #isOver = false;

  constructor(port: number) {
    this.#asking = this.#ask(port);
  }

  end(): Promise<Asked> {
    this.#isOver = true;
    return this.#asking;
  }

  async #ask(port: number): Promise<Asked> {
    const client = await QuestionClient.open(port);
    const question = query(name('www.example.test'), RRType.A);
    const counts = { right: 0, wrong: 0, lost: 0 };
    while (!this.#isOver) {
      const octets = await Promise.race([client.ask(question), passed(RESEND_MS)]);
      const reply = octets === undefined ? undefined : parseMessage(octets);
      if (reply === undefined) counts.lost++;
      else if (reply.rcode === 0 && reply.answers.length === 1) counts.right++;
      else counts.wrong++;
    }
    client.close();
    return counts;
  }
}

function passed(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}

async function statusOf(
  server: ChildServer,
): Promise<{ late: { waiting: number; refused: number }; records: number }> {
  const { out } = await runWaypost('status', '--json', '-c', server.config);
  return JSON.parse(out);
}

function residentOctets(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
