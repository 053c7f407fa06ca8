import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { CHECK } from '../../../src/cli/commands/check.ts';
import { KEY, SecretWriteError } from '../../../src/cli/commands/key.ts';
import { loadConfigFile } from '../../../src/cli/config-file.ts';
import { loadKeyRing } from '../../../src/cli/key-ring.ts';
import { ConfigError } from '../../../src/config/load.ts';
import { TSIG_ALGORITHM_WORDS, TSIG_ALGORITHMS } from '../../../src/message/tsig-algorithm.ts';
import { name } from '../../support/rr.ts';
import { SECRET } from '../../support/tsig.ts';
import { capture } from '../capture.ts';

/** What `waypost key` prints. */
async function key(...args: readonly string[]): Promise<string> {
  const terminal = capture();
  expect(await KEY.run(args, terminal)).to.equal(0);
  return terminal.texts().out;
}

/** The part for waypost.toml. */
function tomlOf(printed: string): string {
  return printed.slice(0, printed.indexOf('\n\n') + 1);
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('nothing was wrong'),
    (error: unknown) => error,
  );
}

let parent = '';
let made = 0;

/** A new directory. */
function newDirectory(): string {
  const path = join(parent, `${made++}`);
  mkdirSync(path);
  return path;
}

/** Runs with a directory and one file in it, of this mode. */
function withFile<T>(text: string, mode: number, work: (path: string, directory: string) => T): T {
  const directory = newDirectory();
  const path = join(directory, 'waypost.toml');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return work(path, directory);
}

/** Makes room for {@link newDirectory} while the tests of a group run. */
function useDirectories(): void {
  before(() => {
    parent = mkdtempSync(join(tmpdir(), 'waypost-key-'));
  });
  after(() => rmSync(parent, { recursive: true, force: true }));
}

describe('cli/key', () => {
  useDirectories();

  for (const word of TSIG_ALGORITHM_WORDS) {
    it(`${word}: prints a key that waypost reads, with a secret as long as its hash`, async () => {
      const printed = await key('Ci.Example', '--algorithm', word);
      withFile(tomlOf(printed), 0o600, (path) => {
        const { ring, warnings } = loadKeyRing(loadConfigFile(path));
        expect(ring.find(name('ci.example'))?.algorithm.word).to.equal(word);
        expect(warnings.filter((line) => !line.includes(`uses ${word}: `))).to.deep.equal([]);
      });
      const [, secret = ''] = /^\tsecret "(.*)";$/m.exec(printed) ?? [];
      expect(Buffer.from(secret, 'base64')).to.have.length(TSIG_ALGORITHMS[word].hashLength);
    });
  }

  it('makes another secret each time', async () => {
    expect(await key('ci')).to.not.equal(await key('ci'));
  });

  it('--write puts the secret into a private file that the configuration names', async () => {
    const directory = join(newDirectory(), 'keys');
    const printed = await key('ci.example.', '--write', directory);
    const path = join(directory, 'ci.example.secret');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(printed).to.contain(`secret-file = "${path}"\n`).and.to.contain(readFileSync(path, 'utf8').trim());
    expect(tomlOf(printed)).to.equal(
      `# waypost.toml\n[keys."ci.example."]\nalgorithm = "hmac-sha256"\nsecret-file = "${directory}/ci.example.secret"\n`,
    );
  });

  it('--write puts a private file for nsupdate -k beside it', async () => {
    const directory = join(newDirectory(), 'keys');
    const printed = await key('ci', '--write', directory);
    const path = join(directory, 'ci.key');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readFileSync(path, 'utf8')).to.match(
      /^key "ci\." \{\n\talgorithm hmac-sha256;\n\tsecret "\S{44}";\n\};\n$/,
    );
    expect(printed).to.contain(readFileSync(path, 'utf8'));
  });

  it('--write leaves nothing behind when one of its files is there already', () =>
    withFile('', 0o600, async (_, directory) => {
      writeFileSync(join(directory, 'ci.key'), 'mine');
      expect(await failureOf(KEY.run(['ci', '--write', directory], capture()))).to.be.instanceOf(
        SecretWriteError,
      );
      expect(existsSync(join(directory, 'ci.secret'))).to.equal(false);
    }));

  it('--for prints one form alone', async () => {
    const directory = newDirectory();
    expect(await key('ci', '--write', directory, '--for', 'waypost')).to.equal(
      `\n[keys."ci."]\nalgorithm = "hmac-sha256"\nsecret-file = "${directory}/ci.secret"\n`,
    );
    expect(await key('ci', '--for', 'bind')).to.match(/^key "ci\." \{\n[^}]*\};\n$/);
    expect(await key('ci', '--for', 'knot')).to.match(/^key:\n {2}- id: ci\.\n/);
    const error = await failureOf(KEY.run(['ci', '--for', 'nsd'], capture()));
    expect(`${error}`).to.contain('--for nsd is not known; known: waypost, bind, knot');
  });

  it('--write never overwrites', () =>
    withFile('', 0o600, async (_, directory) => {
      const path = join(directory, 'ci.secret');
      writeFileSync(path, 'mine');
      const error = await failureOf(KEY.run(['ci', '--write', directory], capture()));
      expect(error).to.be.instanceOf(SecretWriteError);
      expect(`${error}`).to.contain(`${path} is there already and stays as it is`);
      expect(readFileSync(path, 'utf8')).to.equal('mine');
    }));

  for (const [args, message] of [
    [[], 'NAME is missing'],
    [['a', 'b'], "unexpected argument 'b'"],
    [['a..b'], 'not a domain name'],
    [['a/b'], "the name of a key is made of letters, digits, '-', '_' and '.'"],
    [['a"b'], 'is made of letters'],
    [['.'], 'is made of letters'],
    [['a', '--algorithm', 'hmac-sha265'], 'did you mean hmac-sha256?'],
    [['a', '--algorithm', 'md5'], 'known: hmac-sha256, '],
  ] as const) {
    it(`refuses: key ${args.join(' ')}`, async () => {
      const error = await failureOf(KEY.run(args, capture()));
      expect(error).to.be.instanceOf(UsageError);
      expect(`${error}`).to.contain(message);
    });
  }
});

describe('cli/key-ring', () => {
  useDirectories();

  function linesOf(path: string): readonly string[] {
    try {
      return loadKeyRing(loadConfigFile(path)).warnings;
    } catch (error) {
      if (error instanceof ConfigError) return error.message.split('\n');
      throw error;
    }
  }

  it('wants nobody but the owner to read a secret file', () => {
    for (const mode of [0o640, 0o604, 0o620]) {
      withFile('[keys."a."]\nsecret-file = "s"\n', 0o600, (path, directory) => {
        const secret = join(directory, 's');
        writeFileSync(secret, `${SECRET}\n`);
        chmodSync(secret, mode);
        expect(linesOf(path)).to.deep.equal([
          `${path}:2:15: key "a.": ${secret} may be read or written by others; say: chmod 600 ${secret}`,
        ]);
        chmodSync(secret, 0o600);
        expect(linesOf(path)).to.deep.equal([]);
      });
    }
  });

  it('says what is wrong with a secret file and shows nothing of it', () => {
    withFile('[keys."a."]\nsecret-file = "s"\n', 0o600, (path, directory) => {
      const secret = join(directory, 's');
      expect(linesOf(path)[0]).to.contain(`${secret} cannot be opened: ENOENT`);
      for (const text of ['', '\n', 'S3cretW0rd!', `${SECRET} # mine`, 'A'.repeat(5000)]) {
        writeFileSync(secret, text);
        chmodSync(secret, 0o600);
        expect(linesOf(path)).to.deep.equal([
          `${path}:2:15: key "a.": ${secret} does not hold a secret in base64`,
        ]);
      }
    });
    withFile('[keys."a."]\nsecret-file = "."\n', 0o600, (path) => {
      expect(linesOf(path)[0]).to.match(/ is not a file$/);
    });
  });

  it('warns when everybody may read a configuration file with a secret in it', () => {
    const text = `threads = 2\n[keys."a."]\nsecret = "${SECRET}"\n`;
    withFile(text, 0o644, (path) => {
      expect(linesOf(path)).to.deep.equal([
        `${path}:3:10: a secret stands here, and everybody may read this file; say: chmod o-r ${path}, or use secret-file`,
      ]);
    });
    withFile(text, 0o640, (path) => expect(linesOf(path)).to.deep.equal([]));
    withFile('threads = 2\n', 0o644, (path) => expect(linesOf(path)).to.deep.equal([]));
  });

  it('waypost check tells the warnings and the errors of keys, in both forms, without secrets', async () => {
    const short = Buffer.from('S3cretW0rd').toString('base64');
    const text = `zones = "."\n[keys."b."]\nalgorithm = "hmac-md5"\nsecret = "${short}"\n`;
    await withFile(text, 0o600, async (path) => {
      for (const form of [[], ['--json']]) {
        const terminal = capture();
        expect(await CHECK.run(['-c', path, ...form], terminal)).to.equal(0);
        const { out } = terminal.texts();
        expect(out).to.contain(
          `${path}:3:13: key \\"b.\\" uses hmac-md5`.replaceAll('\\', form.length > 0 ? '\\' : ''),
        );
        expect(out).to.contain('has a secret of 10 octets, and 16 are as strong as hmac-md5');
        expect(out).to.not.contain(short);
      }
    });
    await withFile('[keys."b."]\n', 0o600, async (path) => {
      const terminal = capture();
      expect(await CHECK.run(['-c', path], terminal)).to.equal(1);
      expect(terminal.texts().out).to.contain(`${path}:1:2: key "b." has no secret`);
    });
  });
});
