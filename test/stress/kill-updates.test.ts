// A whole server is killed at random moments of a stream of signed updates. Every acknowledged update must be there
// afterwards, none by halves, and the history must go on where it was.
import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Opcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { isSerialAhead } from '../../src/zone/serial.ts';
import { ChildServer } from '../support/child-server.ts';
import { QuestionClient } from '../support/question-client.ts';
import { name } from '../support/rr.ts';
import { axfr, ixfr, soaOf } from '../support/transfer-client.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';
import { updateRecord } from '../support/updating.ts';

const KILLS = Number(process.env['WAYPOST_KILLS'] ?? 5);
const OUTSTANDING = 8;
const APEX = name('example.test');
const ZONE = `$TTL 300
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
last TXT "0"
`;
const SETTINGS = `threads = 2
[keys."deploy."]
secret = "${SECRET}"
[zone."example.test"]
update = [ { key = "deploy.", names = ["**"], action = "edit" } ]
transfer = [ { key = "deploy.", view = "raw" } ]
`;

describe('stress: kill -9 during updates', function () {
  this.timeout(30_000 + KILLS * 15_000);
  const key = tsigKey('deploy.');
  let server: ChildServer;
  before(() => {
    server = new ChildServer({ zones: { 'example.test.zone': ZONE }, settings: SETTINGS });
  });
  after(() => server.remove());

  it(`${KILLS} times: what was acknowledged is there, nothing is half there, serials and IXFR go on`, async () => {
    const table = { kills: 0, acknowledged: 0, unacknowledgedThere: 0, halves: 0, lost: 0 };
    const acknowledged = new Set<number>();
    let next = 1;
    await server.start();
    for (let kill = 0; kill < KILLS; kill++) {
      const before = { ...(await axfr(server.port, APEX, key)), soa: await soaOf(server.port, APEX) };
      const killAfterMs = 20 + Math.random() * 280;
      next = await stream(next, acknowledged, killAfterMs);
      await server.start();

      const now = await axfr(server.port, APEX, key);
      expect(
        isSerialAhead(before.serial, now.serial),
        `serial ${now.serial} after ${before.serial}`,
      ).to.equal(false);
      const seen = countOwners(now.records);
      for (const n of acknowledged) if (seen.get(n) === undefined) table.lost++;
      for (const [n, records] of seen) {
        if (records !== 2) {
          table.halves++;
          console.log(`u${n} has ${records} records after kill ${kill}`);
        }
        if (!acknowledged.has(n)) table.unacknowledgedThere++;
      }
      const last = Number(/^last\.example\.test\. .*TXT "(\d+)"/m.exec(now.records.join('\n'))?.[1]);
      if (last !== 0 && !seen.has(last)) table.halves++;
      expect(await ixfr(server.port, APEX, key, before)).to.deep.equal(now);
      // Owners that are known to be there need not be looked at again: take them away, so that the zone stays small.
      await removeAll([...seen.keys()]);
      acknowledged.clear();
      table.kills++;
      table.acknowledged += seen.size;
    }
    if (process.env['WAYPOST_KILLS'] !== undefined) console.log(table);
    expect(table).to.deep.include({ kills: KILLS, halves: 0, lost: 0 });
    expect(table.acknowledged).to.be.greaterThan(KILLS);
  });

  /** Sends updates from number `first` on until the server is killed; gives the number that comes next. */
  async function stream(first: number, acknowledged: Set<number>, killAfterMs: number): Promise<number> {
    const client = await QuestionClient.open(server.port);
    let next = first;
    let isOver = false;
    const sender = async (): Promise<void> => {
      while (!isOver) {
        const n = next++;
        const reply = parseMessage(await client.ask(composeUpdate(n)));
        if (reply.rcode === 0) acknowledged.add(n);
      }
    };
    for (let i = 0; i < OUTSTANDING; i++) void sender();
    await new Promise((resolve) => setTimeout(resolve, killAfterMs));
    await server.end('SIGKILL');
    isOver = true;
    client.close();
    return next;
  }

  function composeUpdate(n: number): Uint8Array {
    const updates = [
      `u${n} 60 A 192.0.2.${n % 256}`,
      `u${n} 60 TXT "${n}"`,
      'last 0 ANY TXT',
      `last 60 TXT "${n}"`,
    ];
    return sign(n % 65_536, updates);
  }

  async function removeAll(numbers: readonly number[]): Promise<void> {
    const client = await QuestionClient.open(server.port);
    for (let from = 0; from < numbers.length; from += 20) {
      const updates = [...numbers.slice(from, from + 20).map((n) => `u${n} 0 ANY ANY`), ...NO_LAST];
      const reply = parseMessage(await client.ask(sign(from % 65_536, updates)));
      expect(reply.rcode).to.equal(0);
    }
    client.close();
  }

  function sign(id: number, updates: readonly string[]): Uint8Array {
    const question = { name: APEX, type: RRType.SOA, class: RRClass.IN };
    const authorities = updates.map((line) => updateRecord(line));
    const message = makeQuery(id, question, { opcode: Opcode.UPDATE, authorities });
    return signRequest(composeMessage(message), key, Date.now() / 1000).octets;
  }
});

/** After a removal the last update is none that is there. */
const NO_LAST = ['last 0 ANY TXT', 'last 60 TXT "0"'];

/** How many records each numbered owner has. */
function countOwners(records: readonly string[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const line of records) {
    const n = Number(/^u(\d+)\./.exec(line)?.[1] ?? 0);
    if (n > 0) counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  return counts;
}
