import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CookieJar, CookieVerdict, FULL_COOKIE_LENGTH } from '../../src/message/cookie.ts';
import { CookieSecrets, CookieSecretsError } from '../../src/store/cookie-secrets.ts';
import { FakeEffects } from '../support/effects.ts';
import { withDirectory } from '../support/files.ts';

const HOUR = 3_600_000;
const PEER = Uint8Array.of(192, 0, 2, 1);
const CLIENT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function cookieOf(secrets: CookieSecrets): Uint8Array {
  const out = new Uint8Array(FULL_COOKIE_LENGTH);
  new CookieJar(secrets.memory).write(out, 0, CLIENT, 0, PEER, 0, 4, 1000);
  return out;
}

function verdictOf(secrets: CookieSecrets, cookie: Uint8Array): CookieVerdict {
  return new CookieJar(secrets.memory).verify(cookie, 0, cookie.length, PEER, 0, 4, 1000);
}

describe('store/cookie-secrets', () => {
  it('makes a private file and leaves no draft behind', () => {
    withDirectory((directory) => {
      const effects = new FakeEffects();
      new CookieSecrets(join(directory, 'cookies'), effects);
      expect(readdirSync(directory)).to.deep.equal(['cookies']);
      expect(statSync(join(directory, 'cookies')).mode & 0o777).to.equal(0o600);
      expect(effects.lines).to.deep.equal([]);
    });
  });

  it('keeps the secrets over a restart', () => {
    withDirectory((directory) => {
      const effects = new FakeEffects();
      const cookie = cookieOf(new CookieSecrets(join(directory, 'cookies'), effects));
      effects.now += 35 * HOUR;
      const again = new CookieSecrets(join(directory, 'cookies'), effects);
      expect(verdictOf(again, cookie)).to.equal(CookieVerdict.GOOD);
      expect(again.msUntilRotation).to.equal(HOUR);
    });
  });

  it('rotates when the secret is too old, and accepts the one before', () => {
    withDirectory((directory) => {
      const effects = new FakeEffects();
      const secrets = new CookieSecrets(join(directory, 'cookies'), effects);
      const cookie = cookieOf(secrets);
      effects.now += 36 * HOUR - 1;
      expect(secrets.rotateWhenDue()).to.equal(false);
      effects.now += 1;
      expect(secrets.rotateWhenDue()).to.equal(true);
      expect(secrets.rotateWhenDue()).to.equal(false);
      expect(verdictOf(secrets, cookie)).to.equal(CookieVerdict.RENEW);
      const restarted = new CookieSecrets(join(directory, 'cookies'), effects);
      expect(verdictOf(restarted, cookie)).to.equal(CookieVerdict.RENEW);
      effects.now += 36 * HOUR;
      secrets.rotateWhenDue();
      expect(verdictOf(secrets, cookie)).to.equal(CookieVerdict.BAD);
    });
  });

  it('rotates at the start when the time came while it was down, or the clock was set back', () => {
    withDirectory((directory) => {
      const effects = new FakeEffects();
      const path = join(directory, 'cookies');
      const cookie = cookieOf(new CookieSecrets(path, effects));
      effects.now += 1000 * HOUR;
      expect(verdictOf(new CookieSecrets(path, effects), cookie)).to.equal(CookieVerdict.RENEW);
      effects.now -= HOUR;
      const text = readFileSync(path, 'utf8');
      new CookieSecrets(path, effects);
      expect(readFileSync(path, 'utf8')).not.to.equal(text);
    });
  });

  it('replaces a damaged file and one that others may read, and says so', () => {
    withDirectory((directory) => {
      const path = join(directory, 'cookies');
      const effects = new FakeEffects();
      const cookie = cookieOf(new CookieSecrets(path, effects));
      chmodSync(path, 0o644);
      expect(verdictOf(new CookieSecrets(path, effects), cookie)).to.equal(CookieVerdict.BAD);
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      writeFileSync(path, 'current 00\n');
      new CookieSecrets(path, effects);
      expect(effects.fields.map((fields) => fields['reason'])).to.deep.equal([
        'others may read or write it',
        'it is damaged',
      ]);
    });
  });

  it('says what to do when the file cannot be written', () => {
    withDirectory((directory) => {
      const path = join(directory, 'missing', 'cookies');
      expect(() => new CookieSecrets(path, new FakeEffects())).to.throw(
        CookieSecretsError,
        /cookie secrets could not be stored in .*missing.*ENOENT/,
      );
    });
  });
});
