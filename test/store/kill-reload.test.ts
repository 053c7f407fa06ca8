import { connect } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Message } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { RRType } from '../../src/wire/iana.ts';
import { soaSerial } from '../../src/zone/serial.ts';
import { query } from '../support/answering.ts';
import { ChildServer, runWaypost } from '../support/child-server.ts';
import { showView } from '../support/map-image.ts';
import { name } from '../support/rr.ts';

const FILE = 'example.test.zone';
const APEX = name('example.test');
const RECORDS = 100_000;
/** Every so many names are asked for over TCP after each restart. */
const EVERY = 25;
const KILLS = Number(process.env['WAYPOST_KILLS'] ?? 3);

/** The address of host number `i` in edition `edition` of the zone: another one in each edition. */
function addressOf(i: number, edition: number): string {
  const number = (i + 7 * edition) & 0x1ffff;
  return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

function showZone(edition: number): string {
  const lines = [
    `$TTL 60\n@ SOA ns1 hostmaster ${edition} 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n`,
  ];
  for (let i = 0; i < RECORDS; i++) lines.push(`host${i} A ${addressOf(i, edition)}\n`);
  return lines.join('');
}

describe('waypost serve, killed', function () {
  this.timeout(240_000);
  let server: ChildServer;
  beforeEach(() => {
    server = new ChildServer({ zones: { [FILE]: showZone(1) }, settings: 'threads = 1' });
  });
  afterEach(() => server.remove());

  it(`with SIGKILL at ${KILLS} moments of a reload that changes ${RECORDS} records, restarts with all of the old zone or all of the new one, and the next reload completes it`, async () => {
    await server.start();
    server.writeZone(FILE, showZone(2));
    const begunMs = performance.now();
    server.signal('SIGHUP');
    await server.until(() => server.log.includes('example.test. changed'));
    const wholeMs = performance.now() - begunMs;
    await expectEdition([2]);

    for (let kill = 0; kill < KILLS; kill++) {
      const [before, after] = [kill + 2, kill + 3];
      server.writeZone(FILE, showZone(after));
      server.signal('SIGHUP');
      await wait((wholeMs * (kill + Math.random())) / KILLS); // whenever: no moment may matter
      await server.end('SIGKILL');
      server.writeZone(FILE, 'not a zone file\n'); // so that only what was stored is served
      await server.start();
      await expectEdition([before, after]);
      server.writeZone(FILE, showZone(after));
      const { code, err } = await runWaypost('zone', 'reload', '-c', server.config);
      expect(code, err).to.equal(0);
      await expectEdition([after]);
    }

    expect(await server.end('SIGTERM')).to.equal(0);
    const database = new ZoneDatabase(join(server.directory, 'data'));
    const lines = showView(database.view(APEX)).filter((line) => line.startsWith('host'));
    database.close();
    const wanted = Array.from(
      { length: RECORDS },
      (_, i) => `host${i}.example.test. 60 A ${addressOf(i, KILLS + 2)}`,
    );
    expect(lines.sort().join('\n') === wanted.sort().join('\n'), 'every record is stored').to.equal(true);
  });

  /** All that is answered must be of one and the same of these editions. */
  async function expectEdition(editions: readonly number[]): Promise<void> {
    const hosts = Array.from(
      { length: RECORDS / EVERY },
      (_, k) => k * EVERY + Math.floor(Math.random() * EVERY),
    );
    const questions = [
      query(APEX, RRType.SOA),
      ...hosts.map((i) => query(name(`host${i}.example.test`), RRType.A)),
    ];
    const [soa, ...answers] = await askAll(server.port, questions);
    const edition = soaSerial(soa?.answers[0]?.rdata ?? new Uint8Array(20));
    expect(edition).to.be.oneOf(editions);
    const other = hosts.find((i, k) => answers[k]?.answers[0]?.rdata.join('.') !== addressOf(i, edition));
    expect(other, 'a host that is not of the edition of the SOA').to.equal(undefined);
  }
});

/** Asks over one TCP connection, all at once; the answers in the order of the questions. */
async function askAll(port: number, questions: readonly Uint8Array[]): Promise<Message[]> {
  const framed = questions.map((octets, id) =>
    Buffer.concat([Buffer.from([octets.length >> 8, octets.length, id >> 8, id]), octets.subarray(2)]),
  );
  const socket = connect(port, '127.0.0.1');
  socket.end(Buffer.concat(framed));
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  const all = Buffer.concat(parts);
  const answers: Message[] = [];
  for (let at = 0; at < all.length; at += 2 + all.readUInt16BE(at)) {
    const message = parseMessage(all.subarray(at + 2, at + 2 + all.readUInt16BE(at)));
    answers[message.id] = message;
  }
  return answers;
}
