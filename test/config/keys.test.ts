import { inspect } from 'node:util';
import { expect } from 'chai';
import { SecretFileError } from '../../src/config/errors.ts';
import { configuredKeys } from '../../src/config/keys.ts';
import { ConfigError, readConfig } from '../../src/config/load.ts';
import { Secret, scanSecret } from '../../src/config/secret.ts';
import { name } from '../support/rr.ts';
import { SECRET } from '../support/tsig.ts';

/** What is said of the keys in a file; `files` are the secrets of secret files by path. */
function keysOf(toml: string, files: Readonly<Record<string, string>> = {}) {
  const { ring, problems, warnings } = configuredKeys(readConfig(toml, '/w/waypost.toml').keys, (path) => {
    const secret = scanSecret(files[path] ?? '');
    if (secret === undefined || secret.length === 0) throw new SecretFileError(`${path} is not there`);
    return secret;
  });
  const show = (findings: typeof problems) =>
    findings.map(({ path, message }) => `${path.join('|')}: ${message}`);
  return { ring, problems: show(problems), warnings: show(warnings) };
}

/** The message of the error that `toml` causes. */
function errorOf(toml: string): string {
  try {
    readConfig(toml, 'w.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('config/keys', () => {
  it('makes a key of each table, hmac-sha256 unless it says otherwise, with or without the final dot', () => {
    const { ring, problems, warnings } = keysOf(
      `[keys."Mon-BJ."]\nsecret = "${SECRET}"\n[keys."ci.example"]\nalgorithm = "hmac-sha512"\nsecret-file = "s"\nminimum-mac = 32\n`,
      { '/w/s': SECRET },
    );
    expect({ problems, warnings }).to.deep.equal({ problems: [], warnings: [] });
    expect(ring.find(name('mon-bj'))).to.deep.include({ minimumMacLength: 32 });
    expect(ring.find(name('mon-bj'))?.algorithm.word).to.equal('hmac-sha256');
    expect(ring.find(name('ci.example'))?.algorithm.word).to.equal('hmac-sha512');
    expect(ring.find(name('ci.example'))?.minimumMacLength).to.equal(32);
    expect(ring.size).to.equal(2);
  });

  for (const [what, toml, problem] of [
    [
      'no secret',
      '[keys."a."]\n',
      'keys|a.: key "a." has no secret: give it secret-file (waypost key a. makes one)',
    ],
    [
      'two secrets',
      `[keys."a."]\nsecret = "${SECRET}"\nsecret-file = "f"\n`,
      'keys|a.|secret: key "a." has both secret and secret-file; keep one',
    ],
    [
      'a secret file that cannot be used',
      '[keys."a."]\nsecret-file = "f"\n',
      'keys|a.|secret-file: key "a.": /w/f is not there',
    ],
    [
      'two keys of one name',
      `[keys."a"]\nsecret = "${SECRET}"\n[keys."A."]\nsecret = "${SECRET}"\n`,
      'keys|A.: keys "a" and "A." have the same name; keep one',
    ],
    [
      'a name that is none',
      `[keys."a..b"]\nsecret = "${SECRET}"\n`,
      "keys|a..b: the name of a key is wrong: not a domain name: 'a..b.' (empty label)",
    ],
    [
      'a minimum below half',
      `[keys."a."]\nsecret = "${SECRET}"\nminimum-mac = 15\n`,
      'keys|a.|minimum-mac: key "a." has minimum-mac 15; with hmac-sha256 it is from 16 to 32 octets, or 0',
    ],
    [
      'a minimum above the whole',
      `[keys."a."]\nsecret = "${SECRET}"\nalgorithm = "hmac-sha256-128"\nminimum-mac = 17\n`,
      'keys|a.|minimum-mac: key "a." has minimum-mac 17; with hmac-sha256-128 it is 16 octets, or 0',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(keysOf(toml).problems).to.deep.equal([problem]);
    });
  }

  it('warns of algorithms that should not be used any more', () => {
    for (const [word, clause] of [
      ['hmac-md5', 'it must not be used any more (RFC 8945 §6)'],
      ['hmac-sha1', 'it is not recommended any more (RFC 8945 §6)'],
    ]) {
      const { ring, warnings } = keysOf(`[keys."a."]\nsecret = "${SECRET}"\nalgorithm = "${word}"\n`);
      expect(warnings).to.deep.equal([
        `keys|a.|algorithm: key "a." uses ${word}: ${clause}; prefer hmac-sha256`,
      ]);
      expect(ring.size).to.equal(1);
    }
  });

  it('warns of short secrets, and lets 32 octets be enough for every algorithm', () => {
    const octets = (length: number) => Buffer.alloc(length, 7).toString('base64');
    expect(keysOf(`[keys."a."]\nsecret = "${octets(31)}"\n`).warnings).to.deep.equal([
      'keys|a.: key "a." has a secret of 31 octets, and 32 are as strong as hmac-sha256; waypost key makes a new one',
    ]);
    const { warnings } = keysOf(`[keys."a."]\nsecret = "${octets(32)}"\nalgorithm = "hmac-sha512"\n`);
    expect(warnings).to.deep.equal([]);
  });

  describe('secrets are not shown', () => {
    const word = 'S3cretW0rd';

    for (const [what, toml] of [
      ['a secret that is not base64', `[keys."a."]\nsecret = "${word}!"\n`],
      ['a secret that is no text', '[keys."a."]\nsecret = 31415926\n'],
      ['a secret where the table should be', `[keys]\n"a." = "${word}"\n`],
      ['a secret without a name', `[keys]\nsecret = "${word}"\n`],
      ['a list of secrets', `keys = ["${word}"]\n`],
      ['a secret under another key', `[keys."a."]\nsecrte = "${word}"\n`],
      ['a secret that is not TOML', `[keys."a."]\nsecret = ${word}\n`],
      ['a secret whose quotes do not end', `[keys."a."]\nsecret = "${word}\n`],
    ] as const) {
      it(`in the error about ${what}`, () => {
        expect(errorOf(toml)).to.match(/^w\.toml:\d+:\d+: /);
        expect(errorOf(toml)).to.not.contain(word).and.to.not.contain('31415926');
      });
    }

    it('in the configuration, however it is printed', () => {
      const config = readConfig(`[keys."a."]\nsecret = "${SECRET}"\n`, 'w.toml');
      const octets = Buffer.from(SECRET, 'base64');
      const shown = [
        inspect(config, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
        JSON.stringify(config),
        `${config.keys['a.']?.secret}`,
        JSON.stringify(structuredClone({ ...config.keys['a.'] })),
      ].join('\n');
      for (const form of [SECRET, octets.toString('latin1'), octets.toString('hex')]) {
        expect(shown).to.not.contain(form);
      }
      expect(shown.replaceAll(/\s/g, '')).to.not.contain([...octets].join(','));
      expect(config.keys['a.']?.secret.reveal()).to.deep.equal(new Uint8Array(octets));
    });
  });

  it('reads base64 with white space in it, and nothing else', () => {
    expect(scanSecret(' c2Vj\n cmV0 \n')?.reveal()).to.deep.equal(new Uint8Array(Buffer.from('secret')));
    expect(scanSecret('')).to.be.instanceOf(Secret);
    for (const text of ['c2VjcmV', 'c2VjcmV0=', 'c2Vj_mV0', 'x', '=', 'é']) {
      expect(scanSecret(text), text).to.equal(undefined);
    }
  });
});
