import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ExchangeError } from '../../src/client/errors.ts';
import { Exchanger } from '../../src/client/exchange.ts';
import { makeQuery } from '../../src/message/message.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { SYSTEM_TIMERS } from '../../src/serve/timers.ts';
import { Opcode, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { soaSerial } from '../../src/zone/serial.ts';
import { FakeEffects } from '../support/effects.ts';
import { isInstalled, RunningPeer } from '../support/peers.ts';
import { name } from '../support/rr.ts';
import { signingBind, signingKnot } from '../support/signing-peers.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';

const TEXT = '@ 300 SOA ns1 host 7 7200 900 1209600 300\n@ 300 NS ns1\nns1 300 A 192.0.2.53\n';
const QUERY = makeQuery(0, { name: name('example.test'), type: RRType.SOA, class: RRClass.IN });
const KEY = tsigKey('k.');
const OTHER_SECRET = Buffer.from('another secret of thirty-two oct').toString('base64');

const PEERS = [
  signingBind(`key "k" { algorithm hmac-sha256; secret "${SECRET}"; };`, ['k']),
  signingKnot(`key:\n  - id: k\n    algorithm: hmac-sha256\n    secret: ${SECRET}\n`, ['k']),
];

describe('our DNS client and other servers', function () {
  this.timeout(30_000);
  for (const peer of PEERS) {
    describe(peer.name, () => {
      let directory = '';
      let running: RunningPeer | undefined;
      const effects = new FakeEffects();
      const exchanger = new Exchanger({ effects, timers: SYSTEM_TIMERS });

      before(async function () {
        if (!isInstalled(peer)) {
          console.log(`    skipped: ${peer.command} is not installed`);
          this.skip();
        }
        directory = mkdtempSync(join(tmpdir(), 'waypost-exchange-'));
        running = await RunningPeer.start(peer, directory, [{ apex: 'example.test', text: TEXT }]);
      });
      after(async () => {
        exchanger.close();
        await running?.stop();
        if (directory !== '') rmSync(directory, { recursive: true, force: true });
      });

      const ask = (key: TsigKey, transport: 'udp' | 'tcp', skewMs = 0) => {
        effects.now = Date.now() + skewMs;
        const endpoint = { address: '127.0.0.1', port: running?.port ?? 0 };
        return exchanger.ask(QUERY, endpoint, { key, transport, timeoutMs: 500 });
      };
      const failureOf = async (asked: Promise<unknown>): Promise<ExchangeError> => {
        const error = await asked.catch((thrown: unknown) => thrown);
        return error instanceof ExchangeError ? error : expect.fail(`no ExchangeError but ${error}`);
      };

      for (const transport of ['udp', 'tcp'] as const) {
        it(`believe each other with the same key (${transport})`, async () => {
          const reply = await ask(KEY, transport);
          expect(reply.rcode).to.equal(Rcode.NOERROR);
          expect(soaSerial(reply.answers[0]?.rdata ?? new Uint8Array(20))).to.equal(7);
        });

        it(`say BADSIG, BADKEY and BADTIME (${transport})`, async () => {
          const badSecret = tsigKey('k.', 'hmac-sha256', { secret: OTHER_SECRET });
          expect((await failureOf(ask(badSecret, transport))).message).to.contain(
            'has another secret for key k.',
          );
          expect((await failureOf(ask(tsigKey('x.'), transport))).message).to.contain(
            'does not accept key x.',
          );
          const late = await failureOf(ask(KEY, transport, -1_000_000));
          expect(late.message).to.contain('(BADTIME)');
          expect(late.skewS).to.be.within(999, 1001);
        });
      }

      it('say what they think of a NOTIFY: BIND takes it as a primary too, Knot refuses the key', async () => {
        effects.now = Date.now();
        const endpoint = { address: '127.0.0.1', port: running?.port ?? 0 };
        const asked = exchanger.ask({ ...QUERY, opcode: Opcode.NOTIFY }, endpoint, {
          key: KEY,
          timeoutMs: 500,
        });
        if (peer.name === 'named') expect((await asked).rcode).to.equal(Rcode.NOERROR);
        else expect((await failureOf(asked)).message).to.contain('may the key do this there?');
      });
    });
  }
});
