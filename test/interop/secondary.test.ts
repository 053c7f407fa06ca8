import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { ControlClient } from '../../src/control/client.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { scanType } from '../../src/rdata/table.ts';
import { RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { soaSerial } from '../../src/zone/serial.ts';
import { ChildServer } from '../support/child-server.ts';
import { notifyingBind, notifyingKnot } from '../support/notifying-peers.ts';
import { isInstalled, type Peer, RunningPeer } from '../support/peers.ts';
import { name, rr, scanRecord, showRecord } from '../support/rr.ts';
import { askOverTcp } from '../support/tcp-exchange.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';
import { UdpClient } from '../support/udp-client.ts';

const APEX = 'example.test';
const KEY = tsigKey('secondary.');
/** Enough for several messages in a transfer. */
const HOSTS = 3000;
const ZONE = [
  '$TTL 60',
  '@ SOA ns1 host 7 7200 900 1209600 300',
  '@ NS ns1',
  'ns1 A 192.0.2.53',
  '*.wild A 192.0.2.9',
  'alias CNAME h1',
  'sub NS ns.sub',
  'ns.sub A 192.0.2.54',
  ...Array.from(
    { length: HOSTS },
    (_, i) => `h${i} TXT "host ${i} of many, with a text that makes it longer"`,
  ),
  '',
].join('\n');

function nowS(): number {
  return Date.now() / 1000;
}

describe('Waypost as a secondary of other servers', function () {
  this.timeout(60_000);
  describePrimary('named', 1000, (port) => notifyingBind('secondary.', SECRET, port));
  // Knot 3.2 sends NOTIFY a second after the change.
  describePrimary('knotd', 2000, (port) => notifyingKnot('secondary.', SECRET, port));

  function describePrimary(title: string, withinMs: number, make: (notifyPort: number) => Peer): void {
    describe(title, () => {
      let directory = '';
      let primary: RunningPeer | undefined;
      let secondary: ChildServer | undefined;
      let client: UdpClient;

      before(async function () {
        if (!isInstalled(make(0))) {
          console.log(`    skipped: ${title} is not installed`);
          this.skip();
        }
        directory = mkdtempSync(join(tmpdir(), 'waypost-secondary-'));
        client = await UdpClient.open();
        const settings = `[keys."secondary."]\nsecret = "${SECRET}"\n`;
        secondary = new ChildServer({ zones: {}, settings, args: ['--threads', '2'] });
        await secondary.start();
        const { port } = secondary;
        primary = await RunningPeer.start(make(port), join(directory, title), [{ apex: APEX, text: ZONE }]);
        appendFileSync(
          secondary.config,
          `[zone."${APEX}"]\nprimary = { address = "127.0.0.1:${primary.port}", key = "secondary." }\nforward-updates = true\ntransfer = [ { key = "secondary." } ]\n`,
        );
        await control().reload(undefined);
      });
      after(async () => {
        await client?.close();
        await secondary?.remove();
        await primary?.stop();
        if (directory !== '') rmSync(directory, { recursive: true, force: true });
      });

      const control = (): ControlClient => new ControlClient(secondary?.dataDirectory ?? '');
      const here = (): number => secondary?.port ?? 0;
      const there = (): number => primary?.port ?? 0;

      async function ask(port: number, octets: Uint8Array): Promise<Uint8Array> {
        const received = await client.ask(octets, { octets: Uint8Array.of(127, 0, 0, 1), port });
        return new Uint8Array(received?.octets ?? expect.fail('no reply'));
      }

      async function query(port: number, qname: string, type: number): Promise<Message> {
        const question = { name: name(qname), type, class: RRClass.IN };
        return parseMessage(await ask(port, composeMessage(makeQuery(nextId(), question))));
      }

      async function serialAt(port: number): Promise<number> {
        const { answers } = await query(port, APEX, RRType.SOA);
        return answers[0] === undefined ? -1 : soaSerial(answers[0].rdata);
      }

      /** Waits until the secondary has a serial; returns for how long, in milliseconds. */
      async function untilSerial(serial: number): Promise<number> {
        const begun = performance.now();
        while ((await serialAt(here())) !== serial) {
          if (performance.now() - begun > 10_000)
            expect.fail(`serial ${serial} has not come: ${secondary?.log}`);
          await setTimeout(5);
        }
        return performance.now() - begun;
      }

      async function update(port: number, line: string, overTcp = false): Promise<string> {
        const message: Message = {
          ...makeQuery(nextId(), { name: name(APEX), type: RRType.SOA, class: RRClass.IN }),
          opcode: 5,
          authorities: [scanRecord(line, name(APEX))],
        };
        const { octets, replies } = signRequest(composeMessage(message), KEY, nowS());
        let reply = new Uint8Array(0);
        if (overTcp) {
          await askOverTcp(port, octets, (received) => {
            reply = new Uint8Array(received);
            return true;
          });
        } else reply = new Uint8Array(await ask(port, octets));
        const parsed = parseMessage(reply);
        expect(parsed.id).to.equal(message.id);
        expect(replies.verify(reply, parsed, nowS())).to.deep.equal({ kind: 'good' });
        return showRcode(parsed.rcode);
      }

      /** The whole zone, by AXFR from the primary; each record then asked for here. */
      async function expectSame(): Promise<void> {
        const axfr = makeQuery(nextId(), { name: name(APEX), type: RRType.AXFR, class: RRClass.IN });
        const { octets } = signRequest(composeMessage(axfr), KEY, nowS());
        const lines = new Set<string>();
        let soas = 0;
        await askOverTcp(there(), octets, (reply) => {
          for (const record of parseMessage(reply).answers) {
            if (record.type === RRType.SOA) soas++;
            lines.add(showRecord(record));
          }
          return soas === 2;
        });
        const zones = await control().zones();
        expect(zones.find(({ apex }) => apex === `${APEX}.`)?.records).to.equal(lines.size);
        for (const line of [...lines].slice(0, 20)) {
          const [owner = '', , type = ''] = line.split(' ');
          const wanted = await query(there(), owner, typeOf(type));
          const got = await query(here(), owner, typeOf(type));
          const show = ({ answers }: Message) => answers.map(showRecord).sort();
          expect(show(got), line).to.deep.equal(show(wanted));
        }
      }

      it('fetches the zone', async () => {
        await untilSerial(7);
        await expectSame();
        const [zone] = await control().zones();
        expect(zone).to.deep.include({ apex: `${APEX}.`, serial: 7, source: 'transfer' });
        expect(zone?.secondary).to.include({ phase: 'fresh', isChecking: false });
      });

      it('NOTIFY brings a change within a second, as differences', async () => {
        expect(await update(there(), 'new 60 A 192.0.2.77')).to.equal('NOERROR');
        const tookMs = await untilSerial(await serialAt(there()));
        expect(tookMs).to.be.below(withinMs);
        expect((await query(here(), `new.${APEX}`, RRType.A)).answers).to.have.length(1);
        await secondary?.until(() => /secondary: changed .*added=1 removed=0/.test(secondary?.log ?? ''));
        expect(secondary?.log).not.to.contain('no differences');
        await expectSame();
      });

      it('passes updates on, over UDP and TCP, and their signed answers back', async () => {
        for (const overTcp of [false, true]) {
          const line = `passed-${overTcp ? 'tcp' : 'udp'} 60 A 192.0.2.78`;
          expect(await update(here(), line, overTcp)).to.equal('NOERROR');
          await untilSerial(await serialAt(there()));
        }
        expect((await query(here(), `passed-udp.${APEX}`, RRType.A)).answers).to.have.length(1);
        expect((await query(here(), `passed-tcp.${APEX}`, RRType.A)).answers).to.have.length(1);
        await expectSame();
      });

      it('follows a hundred changes', async () => {
        for (let i = 0; i < 100; i++) await update(there(), `many${i} 60 TXT "${i}"`);
        expect(await untilSerial(await serialAt(there()))).to.be.below(2 * withinMs);
        await expectSame();
      });

      it('passes the differences on, with the serials of its primary', async () => {
        const soa = { ...rr('@ 60 SOA ns1 host 7 7200 900 1209600 300'), class: RRClass.IN };
        const question = { name: name(APEX), type: RRType.IXFR, class: RRClass.IN };
        const ixfr = makeQuery(nextId(), question, { authorities: [soa] });
        const { octets } = signRequest(composeMessage(ixfr), KEY, nowS());
        const newest = await serialAt(here());
        const records: string[] = [];
        await askOverTcp(here(), octets, (reply) => {
          const { answers } = parseMessage(reply);
          records.push(
            ...answers.map(({ type, rdata }) => (type === RRType.SOA ? `${soaSerial(rdata)}` : '')),
          );
          return records.length > 1 && records.at(-1) === `${newest}`;
        });
        expect(records.slice(0, 2)).to.deep.equal([`${newest}`, '7']);
        expect(records.length).to.be.below(500);
      });

      it('fetches the whole zone when told to, and says when the primary is gone', async () => {
        const serial = await serialAt(there());
        expect(await control().refresh(`${APEX}.`, true)).to.deep.include({ outcome: 'fetched', serial });
        expect(await control().refresh(`${APEX}.`, false)).to.deep.include({ outcome: 'current', serial });
        await primary?.stop();
        primary = undefined;
        const report = await control().refresh(`${APEX}.`, false);
        expect(report.outcome).to.equal('failed');
        expect(report.error).to.match(/nothing listens|no answer/);
        expect(await serialAt(here())).to.equal(serial);
        expect((await control().status()).secondaryZones).to.include({ retrying: 1 });
        await secondary?.end();
        await secondary?.start();
        expect(await serialAt(here())).to.equal(serial);
      });
    });
  }
});

let lastId = 100;
function nextId(): number {
  return ++lastId;
}

function typeOf(text: string): number {
  return scanType(text) ?? expect.fail(`no type ${text}`);
}
