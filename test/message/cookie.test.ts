import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import {
  COOKIE_MEMORY_LENGTH,
  CookieJar,
  CookieVerdict,
  FULL_COOKIE_LENGTH,
  NoCookieSecretsError,
  writeCookieSecrets,
} from '../../src/message/cookie.ts';

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const OLD_SECRET = 'dd3bdf9344b678b185a6f5cb60fca715';
const NEW_SECRET = '445536bcd2513298075a5d379663c962';

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function memoryWith(current: string, previous = current): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
  writeCookieSecrets(memory, hex(current), hex(previous));
  return memory;
}

function jarWith(current: string, previous = current): CookieJar {
  return new CookieJar(memoryWith(current, previous));
}

function address(text: string): Uint8Array {
  return scanAddress(text) ?? expect.fail(text);
}

function fresh(jar: CookieJar, clientCookie: string, peer: string, nowSeconds: number): string {
  const out = new Uint8Array(FULL_COOKIE_LENGTH + 2);
  const from = address(peer);
  jar.write(out, 1, hex(clientCookie), 0, from, 0, from.length, nowSeconds);
  expect([out[0], out[FULL_COOKIE_LENGTH + 1]], 'octets around the cookie').to.deep.equal([0, 0]);
  return Buffer.from(out.subarray(1, 1 + FULL_COOKIE_LENGTH)).toString('hex');
}

function verdict(jar: CookieJar, cookie: string, peer: string, nowSeconds: number): CookieVerdict {
  const octets = hex(`ff${cookie}ff`);
  const from = address(peer);
  return jar.verify(octets, 1, octets.length - 2, from, 0, from.length, nowSeconds);
}

describe('message/cookie', () => {
  it('RFC 9018 A.1: a client without a server cookie learns one', () => {
    const jar = jarWith(SECRET);
    expect(verdict(jar, '2464c4abcf10c957', '198.51.100.100', 1559731985)).to.equal(CookieVerdict.NONE);
    expect(fresh(jar, '2464c4abcf10c957', '198.51.100.100', 1559731985)).to.equal(
      '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    );
  });

  it('RFC 9018 A.2: after forty minutes the same client gets a new one', () => {
    const jar = jarWith(SECRET);
    const learned = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';
    expect(verdict(jar, learned, '198.51.100.100', 1559734385)).to.equal(CookieVerdict.RENEW);
    expect(fresh(jar, '2464c4abcf10c957', '198.51.100.100', 1559734385)).to.equal(
      '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    );
  });

  it('RFC 9018 A.3: reserved bits are part of the hash and not sent back', () => {
    const jar = jarWith(SECRET);
    const learned = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';
    expect(verdict(jar, learned, '203.0.113.203', 1559727985)).to.equal(CookieVerdict.RENEW);
    expect(fresh(jar, 'fc93fc62807ddb86', '203.0.113.203', 1559734700)).to.equal(
      'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    );
  });

  it('RFC 9018 A.4: a cookie by the previous secret is good and is replaced', () => {
    const peer = '2001:db8:220:1:59de:d0f4:8769:82b8';
    const learned = '22681ab97d52c298010000005cf7c57926556bd0934c72f8';
    expect(verdict(jarWith(OLD_SECRET), learned, peer, 1559741817)).to.equal(CookieVerdict.GOOD);
    const jar = jarWith(NEW_SECRET, OLD_SECRET);
    expect(verdict(jar, learned, peer, 1559741961)).to.equal(CookieVerdict.RENEW);
    expect(fresh(jar, '22681ab97d52c298', peer, 1559741961)).to.equal(
      '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    );
    expect(verdict(jarWith(NEW_SECRET), learned, peer, 1559741961)).to.equal(CookieVerdict.BAD);
  });

  it('RFC 9018 §4.3: a cookie is good from five minutes before its time to an hour after', () => {
    const jar = jarWith(SECRET);
    for (const made of [1559731985, 2 ** 32 - 100, 2 ** 31 - 100]) {
      const cookie = fresh(jar, '2464c4abcf10c957', '192.0.2.1', made);
      const at = (offset: number) => verdict(jar, cookie, '192.0.2.1', made + offset);
      expect(at(-301)).to.equal(CookieVerdict.BAD);
      expect(at(-300)).to.equal(CookieVerdict.GOOD);
      expect(at(0)).to.equal(CookieVerdict.GOOD);
      expect(at(1800)).to.equal(CookieVerdict.GOOD);
      expect(at(1801)).to.equal(CookieVerdict.RENEW);
      expect(at(3600)).to.equal(CookieVerdict.RENEW);
      expect(at(3601)).to.equal(CookieVerdict.BAD);
    }
  });

  it('RFC 7873 §5.2.2: lengths that no cookie has are malformed', () => {
    const jar = jarWith(SECRET);
    for (let length = 0; length <= 50; length++) {
      const expected =
        length === 8
          ? CookieVerdict.NONE
          : length < 16 || length > 40
            ? CookieVerdict.MALFORMED
            : CookieVerdict.BAD;
      expect(verdict(jar, '01'.repeat(length), '192.0.2.1', 0), `${length} octets`).to.equal(expected);
    }
  });

  it('a cookie of another client, version, or with any bit turned is bad', () => {
    const jar = jarWith(SECRET);
    const now = 1559731985;
    const cookie = fresh(jar, '2464c4abcf10c957', '192.0.2.1', now);
    expect(verdict(jar, cookie, '192.0.2.2', now)).to.equal(CookieVerdict.BAD);
    expect(verdict(jar, cookie, '2001:db8::1', now)).to.equal(CookieVerdict.BAD);
    for (let bit = 0; bit < 8 * FULL_COOKIE_LENGTH; bit++) {
      const turned = hex(cookie);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verdict(jar, Buffer.from(turned).toString('hex'), '192.0.2.1', now)).to.equal(CookieVerdict.BAD);
    }
  });

  it('new secrets are seen by the next call, and the ones before still count', () => {
    const memory = memoryWith(OLD_SECRET);
    const jar = new CookieJar(memory);
    const cookie = fresh(jar, '2464c4abcf10c957', '192.0.2.1', 1000);
    writeCookieSecrets(memory, hex(NEW_SECRET), hex(OLD_SECRET));
    expect(verdict(jar, cookie, '192.0.2.1', 1000)).to.equal(CookieVerdict.RENEW);
    writeCookieSecrets(memory, hex(SECRET), hex(NEW_SECRET));
    expect(verdict(jar, cookie, '192.0.2.1', 1000)).to.equal(CookieVerdict.BAD);
  });

  it('secrets that are being written are not taken', () => {
    const memory = memoryWith(OLD_SECRET);
    const jar = new CookieJar(memory);
    const cookie = fresh(jar, '2464c4abcf10c957', '192.0.2.1', 1000);
    const words = new Int32Array(memory);
    words[0] = (words[0] ?? 0) + 1;
    words.fill(0, 1);
    expect(verdict(jar, cookie, '192.0.2.1', 1000)).to.equal(CookieVerdict.GOOD);
  });

  it('never works with secrets nobody has written', () => {
    expect(() => new CookieJar(new SharedArrayBuffer(COOKIE_MEMORY_LENGTH))).to.throw(NoCookieSecretsError);
  });
});
