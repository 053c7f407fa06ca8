import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { verifyRequest } from '../../src/message/tsig.ts';
import { TSIG_ALGORITHM_WORDS, type TsigAlgorithmWord } from '../../src/message/tsig-algorithm.ts';
import { type TsigKey, TsigKeyRing } from '../../src/message/tsig-key.ts';
import { appendTsig, parseTsig } from '../../src/message/tsig-record.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Rcode, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { hasCommand, isInstalled, type Peer, RunningPeer } from '../support/peers.ts';
import { name, rr, scanRecord } from '../support/rr.ts';
import { signingBind, signingKnot } from '../support/signing-peers.ts';
import { answerOverTcp, askOverTcp } from '../support/tcp-exchange.ts';
import { SECRET, tsigKey, verified } from '../support/tsig.ts';
import { UdpClient } from '../support/udp-client.ts';

const APEX = 'example.test';
/** Enough for several messages in a transfer. */
const HOSTS = 6000;
const ZONE = [
  '$TTL 60',
  '@ SOA ns1 host 7 7200 900 1209600 300',
  '@ NS ns1',
  'ns1 A 192.0.2.53',
  ...Array.from(
    { length: HOSTS },
    (_, i) => `h${i} TXT "host ${i} of many, with a text that makes it longer"`,
  ),
  '',
].join('\n');

/** The key named after an algorithm. */
function keyOf(word: TsigAlgorithmWord): TsigKey {
  return tsigKey(`${word}.k`, word);
}

const KEYS = TSIG_ALGORITHM_WORDS.map(keyOf);
const RING = new TsigKeyRing(KEYS);
const QUESTION = { name: name(`ns1.${APEX}`), type: RRType.A, class: RRClass.IN };

function now(): number {
  return Math.floor(Date.now() / 1000);
}

describe('TSIG with other servers and their tools', function () {
  this.timeout(60_000);
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-tsig-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const bindKeys = TSIG_ALGORITHM_WORDS.map(
    (word) => `key "${word}.k" { algorithm ${word}; secret "${SECRET}"; };`,
  );
  const knotWords = TSIG_ALGORITHM_WORDS.filter((word) => !/-\d+$/.test(word.slice('hmac-sha'.length)));
  const knotKeys = knotWords.map(
    (word) => `  - id: ${word}.k.\n    algorithm: ${word}\n    secret: ${SECRET}\n`,
  );

  describeServer(
    signingBind(
      bindKeys.join('\n'),
      TSIG_ALGORITHM_WORDS.map((word) => `${word}.k`),
    ),
    [...TSIG_ALGORITHM_WORDS],
  );
  describeServer(
    signingKnot(
      `key:\n${knotKeys.join('')}`,
      knotWords.map((word) => `${word}.k.`),
    ),
    knotWords,
  );

  function describeServer(peer: Peer, words: readonly TsigAlgorithmWord[]): void {
    describe(peer.name, () => {
      let running: RunningPeer;
      let client: UdpClient;

      before(async function () {
        if (!isInstalled(peer)) {
          console.log(`    skipped: ${peer.name} is not installed`);
          this.skip();
        }
        running = await RunningPeer.start(peer, join(directory, peer.name), [{ apex: APEX, text: ZONE }]);
        client = await UdpClient.open();
      });
      after(async () => {
        await client?.close();
        await running?.stop();
      });

      async function ask(octets: Uint8Array): Promise<Uint8Array> {
        const to = { octets: Uint8Array.of(127, 0, 0, 1), port: running.port };
        const received = await client.ask(octets, to);
        return new Uint8Array(received?.octets ?? expect.fail('no reply'));
      }

      for (const word of words) {
        it(`${word}: understands our query, and we its reply`, async () => {
          const { octets, replies } = signRequest(composeMessage(makeQuery(7, QUESTION)), keyOf(word), now());
          const reply = await ask(octets);
          const message = parseMessage(reply);
          expect(replies.verify(reply, message, now())).to.deep.equal({ kind: 'good' });
          expect(message.answers).to.have.length(1);
        });
      }

      it('takes our signed UPDATE', async () => {
        const update: Message = {
          ...makeQuery(8, { name: name(APEX), type: RRType.SOA, class: RRClass.IN }),
          opcode: 5,
          authorities: [scanRecord('new 60 A 192.0.2.9', name(APEX))],
        };
        const { octets, replies } = signRequest(composeMessage(update), keyOf('hmac-sha256'), now());
        const reply = await ask(octets);
        expect(replies.verify(reply, parseMessage(reply), now())).to.deep.equal({ kind: 'good' });
        expect(showRcode(parseMessage(reply).rcode)).to.equal('NOERROR');
      });

      it('sends a transfer of several messages that we verify', async () => {
        const axfr = makeQuery(9, { name: name(APEX), type: RRType.AXFR, class: RRClass.IN });
        const { octets, replies } = signRequest(composeMessage(axfr), keyOf('hmac-sha256'), now());
        const outcomes: string[] = [];
        let records = 0;
        let soas = 0;
        await askOverTcp(running.port, octets, (reply) => {
          const message = parseMessage(reply);
          outcomes.push(replies.verify(reply, message, now()).kind);
          records += message.answers.length;
          soas += message.answers.filter(({ type }) => type === RRType.SOA).length;
          return soas === 2;
        });
        expect(records).to.be.greaterThan(HOSTS);
        expect(outcomes.length).to.be.greaterThan(3);
        expect(new Set(outcomes).has('bad')).to.equal(false);
        expect(outcomes[0]).to.equal('good');
        expect(replies.isComplete).to.equal(true);
      });

      describe('refuses as we do', () => {
        const plain = composeMessage(makeQuery(10, QUESTION));
        const key = keyOf('hmac-sha256');
        const wrong = { secret: 'AAAAAAAAAAAAAAAAAAAAAA==' };
        const requests: Record<string, () => Uint8Array> = {
          'an unknown key': () => signRequest(plain, tsigKey('who.k'), now()).octets,
          'another hash function': () =>
            signRequest(plain, tsigKey('hmac-sha256.k', 'hmac-sha1'), now()).octets,
          'another secret': () =>
            signRequest(plain, tsigKey('hmac-sha256.k', 'hmac-sha256', wrong), now()).octets,
          'a clock behind': () => signRequest(plain, key, now() - 1000).octets,
          'a clock ahead': () => signRequest(plain, key, now() + 1000).octets,
        };

        const knowsLengths = peer.name !== 'knotd'; // which takes every shorter MAC for a wrong one: BADSIG
        if (knowsLengths) {
          requests['a truncated MAC'] = () =>
            signRequest(plain, tsigKey('hmac-sha256.k', 'hmac-sha256-128'), now()).octets;
          it('a MAC of a length that there is none of', async () => {
            const { octets } = signRequest(plain, key, now());
            const tsig = parseTsig(parseMessage(octets).tsig ?? expect.fail('no TSIG'));
            for (const length of [9, 15, 33]) {
              const mac = new Uint8Array(length);
              mac.set(tsig.mac.subarray(0, length));
              const request = appendTsig(plain, { ...tsig, mac });
              expect(showRcode(parseMessage(await ask(request)).rcode)).to.equal('FORMERR');
              expect(verifyRequest(request, parseMessage(request), RING, now()).kind).to.equal('malformed');
            }
          });
        }

        for (const [what, make] of Object.entries(requests)) {
          it(what, async () => {
            const request = make();
            const theirs = await ask(request);
            const time = parseTsig(parseMessage(theirs).tsig ?? expect.fail('their reply has no TSIG'));
            const serverTime = time.otherData.reduce((sum, octet) => sum * 256 + octet, 0) || time.timeSigned;
            const outcome = verifyRequest(request, parseMessage(request), RING, now());
            if (outcome.kind !== 'refused') throw new Error(outcome.kind);
            // the rest of the reply is not TSIG's matter: as theirs
            const body = composeMessage({ ...parseMessage(theirs), rcode: Rcode.NOTAUTH, tsig: undefined });
            const ours = outcome.reply.sign(body, serverTime);
            expect(show(ours)).to.deep.equal(show(theirs));
          });
        }
      });
    });
  }

  // kdig says nothing about the signatures of a transfer
  it('dig accepts our signed stream of messages, and none that is broken', async function () {
    if (!hasCommand('dig')) {
      console.log('    skipped: dig is not installed');
      this.skip();
    }
    const key = keyOf('hmac-sha512');
    const whole = await transferByDig((octets) => transferOf(octets, key));
    expect(whole).to.not.match(COMPLAINT);
    expect(whole.match(/\sIN\s+A\s/g)).to.have.length(40);
    expect(await transferByDig((octets) => transferOf(octets, key).toSpliced(1, 1))).to.match(COMPLAINT);
  });
});

/** What dig says when a signature is wrong. */
const COMPLAINT = /could(n't| not) be validated|couldn't verify/i;

/** What dig prints about a transfer that `answer` gives it. */
async function transferByDig(answer: Parameters<typeof answerOverTcp>[0]): Promise<string> {
  const { port, server } = await answerOverTcp(answer);
  const signature = `hmac-sha512:hmac-sha512.k:${SECRET}`;
  const args = ['@127.0.0.1', '-p', `${port}`, '-y', signature, APEX, 'AXFR'];
  return new Promise((resolve) => {
    execFile('dig', args, { encoding: 'utf8' }, (_, stdout, stderr) => {
      server.close();
      resolve(stdout + stderr);
    });
  });
}

/** Four messages, the SOA first and last. */
function transferOf(octets: Uint8Array, key: TsigKey): readonly Uint8Array[] {
  const request = parseMessage(octets);
  const reply = verified(octets, key, now()).reply();
  const soa = { ...rr('@ 60 SOA ns1 host 7 7200 900 1209600 300'), class: RRClass.IN };
  return [0, 1, 2, 3].map((part) => {
    const hosts = Array.from({ length: 10 }, (_, i) => ({
      ...rr(`h${part}-${i} 60 A 192.0.2.${i}`),
      class: RRClass.IN,
    }));
    const answers = [...(part === 0 ? [soa] : []), ...hosts, ...(part === 3 ? [soa] : [])];
    const flags = { ...request.flags, qr: true, aa: true };
    return reply.sign(
      composeMessage({ ...request, flags, answers, edns: undefined, tsig: undefined }),
      now(),
    );
  });
}

/** A message's RCODE and TSIG record, for people. */
function show(octets: Uint8Array): Record<string, unknown> {
  const message = parseMessage(octets);
  const tsig = parseTsig(message.tsig ?? expect.fail('no TSIG'));
  return {
    ...tsig,
    rcode: showRcode(message.rcode),
    keyName: showName(tsig.keyName),
    algorithmName: showName(tsig.algorithmName),
    mac: Buffer.from(tsig.mac).toString('hex'),
    otherData: Buffer.from(tsig.otherData).toString('hex'),
  };
}
