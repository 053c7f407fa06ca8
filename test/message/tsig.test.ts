import { inspect } from 'node:util';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { verifyRequest } from '../../src/message/tsig.ts';
import { TSIG_ALGORITHM_WORDS, TSIG_ALGORITHMS } from '../../src/message/tsig-algorithm.ts';
import { type TsigKey, TsigKeyRing } from '../../src/message/tsig-key.ts';
import {
  appendTsig,
  digestedTimers,
  digestedVariables,
  parseTsig,
  type Tsig,
  tsigLength,
} from '../../src/message/tsig-record.ts';
import type { TsigReplyVerifier } from '../../src/message/tsig-reply.ts';
import { signRequest, TsigSigner } from '../../src/message/tsig-signer.ts';
import { Rcode, RRClass, RRType, TsigError } from '../../src/wire/iana.ts';
import { NoRoomError } from '../../src/wire/writer.ts';
import { name, rr } from '../support/rr.ts';
import { refused, SECRET, tsigKey, verified } from '../support/tsig.ts';

const NOW = 1_795_400_000;
const QUERY = makeQuery(0x1234, { name: name('www.example.test'), type: RRType.A, class: RRClass.IN });
const REPLY: Message = {
  ...QUERY,
  flags: { ...QUERY.flags, qr: true },
  answers: [{ ...rr('www 60 A 192.0.2.1'), class: RRClass.IN }],
};

/** What the TSIG record of a message says. */
function tsigOf(octets: Uint8Array): Tsig {
  return parseTsig(parseMessage(octets).tsig ?? expect.fail('not signed'));
}

function judge(replies: TsigReplyVerifier, octets: Uint8Array, nowS = NOW) {
  return replies.verify(octets, parseMessage(octets), nowS);
}

/** The octets with one TSIG field changed and everything signed anew with nothing: for malformed records. */
function retold(octets: Uint8Array, change: Partial<Tsig>): Uint8Array {
  const message = parseMessage(octets);
  return appendTsig(composeMessage({ ...message, tsig: undefined }), { ...tsigOf(octets), ...change });
}

describe('message/tsig', () => {
  for (const word of TSIG_ALGORITHM_WORDS) {
    it(`${word}: a signed request and its signed reply are good`, () => {
      const key = tsigKey('k.test', word);
      const { octets, replies } = signRequest(composeMessage(QUERY), key, NOW);
      expect(tsigOf(octets).mac).to.have.length(TSIG_ALGORITHMS[word].macLength);
      const reply = verified(octets, key, NOW).reply();
      const plain = composeMessage(REPLY);
      const signed = reply.sign(plain, NOW + 1);
      expect(signed).to.have.length(plain.length + reply.length);
      expect(judge(replies, signed)).to.deep.equal({ kind: 'good' });
      expect(replies.isComplete).to.equal(true);
    });
  }

  it('a request without TSIG is unsigned', () => {
    const octets = composeMessage(QUERY);
    expect(verifyRequest(octets, QUERY, new TsigKeyRing(), NOW)).to.deep.equal({ kind: 'unsigned' });
  });

  it('RFC 8945 §4.3.3: key and algorithm names in any case; the reply has them as the client wrote them', () => {
    const key = tsigKey('K.Test');
    const { octets } = signRequest(composeMessage(QUERY), key, NOW);
    const shouted = retold(octets, {
      keyName: Uint8Array.from(name('k.test'), (c) => (c > 96 ? c - 32 : c)) as Tsig['keyName'],
      algorithmName: Uint8Array.from(name('hmac-sha256'), (c) => (c > 96 ? c - 32 : c)) as Tsig['keyName'],
    });
    const reply = tsigOf(verified(shouted, key, NOW).reply().sign(composeMessage(REPLY), NOW));
    expect(Buffer.from(reply.keyName).toString('latin1')).to.equal('\u0001K\u0004TEST\0');
    expect(Buffer.from(reply.algorithmName).toString('latin1')).to.equal('\u000bHMAC-SHA256\0');
  });

  it('RFC 8945 §4.3.2: a relay may change the ID, the signature is over the original one', () => {
    const key = tsigKey('k.test');
    const { octets } = signRequest(composeMessage(QUERY), key, NOW);
    octets[0] = 0xff;
    expect(parseMessage(octets).id).to.equal(0xff34);
    expect(verified(octets, key, NOW).key).to.equal(key);
  });

  it('RFC 8945 §5.2.1: an unknown key is BADKEY, unsigned', () => {
    const { octets, replies } = signRequest(composeMessage(QUERY), tsigKey('other.test'), NOW);
    const refusal = refused(octets, tsigKey('k.test'), NOW);
    expect(refusal.error).to.equal(TsigError.BADKEY);
    expect(refusal.reason).to.equal('there is no key other.test. here');
    const reply = refusal.reply.sign(composeMessage({ ...REPLY, rcode: Rcode.NOTAUTH }), NOW);
    expect(tsigOf(reply)).to.deep.include({ error: 17, originalId: 0x1234, timeSigned: NOW });
    expect(tsigOf(reply).mac).to.have.length(0);
    expect(judge(replies, reply)).to.deep.equal({
      kind: 'refused',
      error: 17,
      isSigned: false,
      serverTime: undefined,
    });
  });

  it('RFC 8945 §5.2.1: another hash function than the key is for is BADKEY', () => {
    const { octets } = signRequest(composeMessage(QUERY), tsigKey('k.test', 'hmac-md5'), NOW);
    const { error, reason } = refused(octets, tsigKey('k.test'), NOW);
    expect(error).to.equal(TsigError.BADKEY);
    expect(reason).to.equal('key k.test. is for hmac-sha256, and the client used hmac-md5.sig-alg.reg.int.');
  });

  it('RFC 8945 §5.2.2: another secret is BADSIG, unsigned', () => {
    const { octets } = signRequest(
      composeMessage(QUERY),
      tsigKey('k.test', undefined, { secret: 'AAAA' }),
      NOW,
    );
    const refusal = refused(octets, tsigKey('k.test'), NOW);
    expect(refusal.error).to.equal(TsigError.BADSIG);
    expect(tsigOf(refusal.reply.sign(composeMessage(REPLY), NOW)).mac).to.have.length(0);
  });

  it('RFC 8945 §5.2.3: a wrong clock is BADTIME, signed, with the time of both', () => {
    const key = tsigKey('k.test');
    const { octets, replies } = signRequest(composeMessage(QUERY), key, NOW - 412);
    const refusal = refused(octets, key, NOW);
    expect(refusal.error).to.equal(TsigError.BADTIME);
    expect(refusal.reason).to.equal('signed by a clock 412 s behind of ours, and 300 s are allowed');
    const plain = composeMessage({ ...REPLY, rcode: Rcode.NOTAUTH });
    const reply = refusal.reply.sign(plain, NOW);
    expect(reply).to.have.length(plain.length + refusal.reply.length);
    expect(tsigOf(reply).timeSigned).to.equal(NOW - 412);
    expect(judge(replies, reply, NOW - 412)).to.deep.equal({
      kind: 'refused',
      error: 18,
      isSigned: true,
      serverTime: NOW,
    });
  });

  it('RFC 8945 §5.2.4: a MAC below the key’s minimum is BADTRUNC, signed in whole', () => {
    const short = tsigKey('k.test', 'hmac-sha256-128');
    const { octets, replies } = signRequest(composeMessage(QUERY), short, NOW);
    const refusal = refused(octets, tsigKey('k.test'), NOW);
    expect(refusal.error).to.equal(TsigError.BADTRUNC);
    expect(refusal.reason).to.equal('the MAC has 16 octets, and key k.test. wants 32');
    const reply = refusal.reply.sign(composeMessage(REPLY), NOW);
    expect(tsigOf(reply).mac).to.have.length(32);
    expect(judge(replies, reply)).to.include({ kind: 'refused', error: 22, isSigned: true });
  });

  it('RFC 8945 §5.2.2.1: truncated MACs pass where the key allows them, under either name', () => {
    const { octets } = signRequest(composeMessage(QUERY), tsigKey('k.test', 'hmac-sha256-128'), NOW);
    verified(octets, tsigKey('k.test', 'hmac-sha256', { minimumMacLength: 16 }), NOW);
    verified(octets, tsigKey('k.test', 'hmac-sha256-128'), NOW);
    const key = tsigKey('k.test', 'hmac-sha256-128');
    const registered = new TsigSigner({
      key,
      keyName: key.name,
      algorithmName: key.algorithm.name,
      macLength: 16,
    }).sign(composeMessage(QUERY), NOW);
    const reply = verified(registered, key, NOW).reply().sign(composeMessage(REPLY), NOW);
    expect(tsigOf(reply).mac).to.have.length(16);
  });

  it('RFC 8945 §5.2.2.1: a MAC that is too long, or under half or 10 octets, is malformed', () => {
    for (const [word, length] of [
      ['hmac-sha256', 33],
      ['hmac-sha256', 15],
      ['hmac-sha256', 0],
      ['hmac-md5', 9],
      ['hmac-sha512', 31],
    ] as const) {
      const key = tsigKey('k.test', word, { minimumMacLength: 1 });
      const { octets } = signRequest(composeMessage(QUERY), key, NOW);
      const mac = new Uint8Array(length);
      mac.set(tsigOf(octets).mac.subarray(0, length));
      const changed = retold(octets, { mac });
      const outcome = verifyRequest(changed, parseMessage(changed), new TsigKeyRing([key]), NOW);
      expect(outcome, `${word} ${length}`).to.include({ kind: 'malformed' });
    }
  });

  it('RFC 8945 §4.2: a record with broken data, another class or a TTL is malformed', () => {
    const key = tsigKey('k.test');
    const { octets } = signRequest(composeMessage(QUERY), key, NOW);
    const message = parseMessage(octets);
    const record = message.tsig ?? expect.fail('not signed');
    for (const change of [
      { class: RRClass.IN },
      { ttl: 1 },
      { rdata: record.rdata.subarray(0, -1) },
      { rdata: Uint8Array.from([...record.rdata, 0]) },
      { rdata: new Uint8Array(0) },
    ]) {
      const changed = { ...message, tsig: { ...record, ...change } };
      expect(verifyRequest(octets, changed, new TsigKeyRing([key]), NOW)).to.include({ kind: 'malformed' });
    }
  });

  it('a reply is bad unsigned, with another key, another request, or out of time', () => {
    const key = tsigKey('k.test');
    const { octets, replies } = signRequest(composeMessage(QUERY), key, NOW);
    const other = signRequest(composeMessage({ ...QUERY, id: 1 }), key, NOW);
    const good = verified(octets, key, NOW).reply().sign(composeMessage(REPLY), NOW);
    expect(judge(replies, composeMessage(REPLY))).to.deep.equal({
      kind: 'bad',
      reason: 'the reply is not signed, and the request was, with key k.test.',
    });
    expect(judge(other.replies, good)).to.include({ kind: 'bad' });
    expect(judge(replies, retold(good, { keyName: name('x.test') }))).to.include({ kind: 'bad' });
    expect(judge(replies, good, NOW + 301)).to.include({ kind: 'bad' });
    expect(judge(replies, good)).to.deep.equal({ kind: 'good' });
  });

  it('says where there is no room', () => {
    const key = tsigKey('k.test');
    expect(() => signRequest(new Uint8Array(65_500), key, NOW)).to.throw(NoRoomError);
  });

  describe('streams (RFC 8945 §5.3.1)', () => {
    const key = tsigKey('k.test');
    const parts = Array.from({ length: 250 }, (_, i) =>
      composeMessage({ ...REPLY, answers: [{ ...rr(`h${i} 60 A 192.0.2.1`), class: RRClass.IN }] }),
    );

    function begin() {
      const { octets, replies } = signRequest(composeMessage(QUERY), key, NOW);
      const intermittent = new IntermittentSigner(key, tsigOf(octets).mac);
      return { replies, reply: verified(octets, key, NOW).reply(), intermittent };
    }

    it('every message is signed, with the MAC of the one before', () => {
      const { replies, reply } = begin();
      for (const part of parts.slice(0, 5)) {
        expect(judge(replies, reply.sign(part, NOW))).to.deep.equal({ kind: 'good' });
        expect(replies.isComplete).to.equal(true);
      }
    });

    it('a message left out, doubled or changed in order is noticed', () => {
      const { reply } = begin();
      const signed = parts.slice(0, 4).map((part) => reply.sign(part, NOW));
      for (const order of [[0, 2], [0, 1, 1], [1], [0, 2, 1]]) {
        const { replies } = begin();
        const outcomes = order.map((i) => judge(replies, signed[i] ?? expect.fail()).kind);
        expect(outcomes, `${order}`).to.include('bad');
      }
    });

    it('up to 99 unsigned messages between signed ones are accepted, not at the ends', () => {
      const { replies, intermittent: signer } = begin();
      expect(judge(replies, signer.sign(parts[0] ?? expect.fail()))).to.deep.equal({ kind: 'good' });
      for (let i = 1; i <= 99; i++) {
        expect(judge(replies, signer.leave(parts[i] ?? expect.fail()))).to.deep.equal({ kind: 'unsigned' });
      }
      expect(replies.isComplete).to.equal(false);
      const last = signer.sign(parts[100] ?? expect.fail());
      expect(judge(replies, last)).to.deep.equal({ kind: 'good' });
      expect(replies.isComplete).to.equal(true);
    });

    it('the hundredth unsigned message in a row is bad', () => {
      const { replies, reply } = begin();
      judge(replies, reply.sign(parts[0] ?? expect.fail(), NOW));
      for (let i = 1; i <= 99; i++) judge(replies, parts[i] ?? expect.fail());
      expect(judge(replies, parts[100] ?? expect.fail())).to.deep.equal({
        kind: 'bad',
        reason: 'over 99 unsigned messages in a row',
      });
    });

    it('an unsigned message that was changed is noticed at the next signed one', () => {
      const { replies, intermittent: signer } = begin();
      judge(replies, signer.sign(parts[0] ?? expect.fail()));
      signer.leave(parts[1] ?? expect.fail());
      judge(replies, parts[2] ?? expect.fail());
      expect(judge(replies, signer.sign(parts[3] ?? expect.fail()))).to.include({ kind: 'bad' });
    });
  });

  describe('laws', () => {
    const word = fc.constantFrom(...TSIG_ALGORITHM_WORDS);
    const secret = fc.uint8Array({ minLength: 1, maxLength: 200 });
    const id = fc.integer({ min: 0, max: 0xffff });
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

    it('what is signed is good, at its time', () => {
      fc.assert(
        fc.property(word, secret, id, time, (algorithm, octets, messageId, timeS) => {
          const key = tsigKey('k.test', algorithm, { secret: Buffer.from(octets).toString('base64') });
          const request = signRequest(composeMessage({ ...QUERY, id: messageId }), key, timeS);
          const reply = verified(request.octets, key, timeS).reply();
          expect(judge(request.replies, reply.sign(composeMessage(REPLY), timeS), timeS).kind).to.equal(
            'good',
          );
        }),
      );
    });

    it('what is changed in any bit is not good: request and reply', () => {
      const key = tsigKey('k.test');
      const { octets } = signRequest(composeMessage(QUERY), key, NOW);
      const signed = verified(octets, key, NOW).reply().sign(composeMessage(REPLY), NOW);
      for (let bit = 16; bit < signed.length * 8; bit++) {
        const changed = signed.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const { replies } = signRequest(composeMessage(QUERY), key, NOW);
        let kind = 'malformed';
        try {
          kind = judge(replies, changed).kind;
        } catch {}
        if (kind !== 'good') continue;
        const { keyName, algorithmName } = tsigOf(changed);
        const names = Buffer.concat([keyName, algorithmName]).toString('latin1');
        expect(names, `bit ${bit}`).to.match(/[A-Z]/); // only the case of a name was changed
      }
    });

    it('whatever stands in the record, there is an outcome', () => {
      const ring = new TsigKeyRing([tsigKey('k.test')]);
      const rdata = fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.from([...name('hmac-sha256'), ...rest])),
      );
      fc.assert(
        fc.property(rdata, (octets) => {
          const record = {
            owner: name('k.test'),
            type: RRType.TSIG,
            class: RRClass.ANY,
            ttl: 0,
            rdata: octets,
          };
          const request = composeMessage({ ...QUERY, tsig: { ...record, offset: 0 } });
          const { kind } = verifyRequest(request, parseMessage(request), ring, NOW);
          expect(kind).to.be.oneOf(['malformed', 'refused']);
        }),
      );
    });

    it('a record taken apart and put together is the same', () => {
      const small = fc.uint8Array({ maxLength: 80 });
      fc.assert(
        fc.property(
          time,
          id,
          small,
          id,
          id,
          small,
          (timeSigned, fudge, mac, originalId, error, otherData) => {
            const algorithmName = name('hmac-sha256');
            const keyName = name('k.test');
            const tsig = { keyName, algorithmName, timeSigned, fudge, mac, originalId, error, otherData };
            const plain = composeMessage(QUERY);
            const octets = appendTsig(plain, tsig);
            expect(tsigOf(octets)).to.deep.equal(tsig);
            expect(octets).to.have.length(plain.length + tsigLength(tsig));
          },
        ),
      );
    });
  });

  describe('TsigKey', () => {
    const key = tsigKey('k.test');

    it('does not show its secret, whoever looks', () => {
      const raw = Buffer.from(SECRET, 'base64');
      const shown = [
        inspect(key, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
        inspect(new TsigKeyRing([key]), { depth: Number.POSITIVE_INFINITY, showHidden: true }),
        JSON.stringify(key),
        JSON.stringify({ ...key }),
        `${key}`,
      ].join('\n');
      for (const form of [SECRET, raw.toString('latin1'), raw.toString('hex'), [...raw].join(',')]) {
        expect(shown).not.to.contain(form);
      }
      expect(shown.replaceAll(/\s/g, '')).not.to.contain([...raw].join(','));
      expect(JSON.stringify(key)).to.equal('{"name":"k.test.","algorithm":"hmac-sha256"}');
    });

    it('is found in the ring in any case', () => {
      const ring = new TsigKeyRing([key]);
      expect(ring.find(Uint8Array.from(key.name, (c) => (c > 96 ? c - 32 : c)) as Tsig['keyName'])).to.equal(
        key,
      );
      expect(ring.find(name('test'))).to.equal(undefined);
    });

    it('never accepts fewer octets than RFC 8945 allows', () => {
      expect(tsigKey('k', 'hmac-sha512', { minimumMacLength: 1 }).minimumMacLength).to.equal(32);
      expect(tsigKey('k', 'hmac-md5', { minimumMacLength: 1 }).minimumMacLength).to.equal(10);
    });
  });
});

/** Signs some messages of a stream and leaves others without, as old servers do. */
class IntermittentSigner {
  readonly #key: TsigKey;
  #previousMac: Uint8Array;
  #between: Uint8Array[] = [];
  #isFirst = true;

  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.#key = key;
    this.#previousMac = requestMac;
  }

  leave(octets: Uint8Array): Uint8Array {
    this.#between.push(octets);
    return octets;
  }

  sign(octets: Uint8Array): Uint8Array {
    const bare: Tsig = {
      keyName: this.#key.name,
      algorithmName: this.#key.algorithm.name,
      timeSigned: NOW,
      fudge: 300,
      mac: new Uint8Array(0),
      originalId: QUERY.id,
      error: 0,
      otherData: new Uint8Array(0),
    };
    const mac = this.#key.digest([
      Uint8Array.of(0, this.#previousMac.length),
      this.#previousMac,
      ...this.#between,
      octets,
      this.#isFirst ? digestedVariables(bare) : digestedTimers(bare),
    ]);
    this.#previousMac = mac;
    this.#between = [];
    this.#isFirst = false;
    return appendTsig(octets, { ...bare, mac });
  }
}
