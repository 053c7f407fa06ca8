import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KEY } from '../../src/cli/commands/key.ts';
import { TSIG_ALGORITHM_WORDS } from '../../src/message/tsig-algorithm.ts';
import { capture } from '../cli/capture.ts';
import { BIND, hasCommand, isInstalled, KNOT, type Peer, RunningPeer } from '../support/peers.ts';
import { signingBind, signingKnot } from '../support/signing-peers.ts';

const APEX = 'example.test';
const ZONE = '$TTL 60\n@ SOA ns1 host 7 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';
const KEY_NAME = 'ci.example.test';

/** What `waypost key` prints, taken apart. */
interface Printed {
  /** For nsupdate -k and BIND. */
  readonly clause: string;
  /** For knot.conf. */
  readonly section: string;
  /** For knsupdate -k. */
  readonly line: string;
}

async function printKey(word: string): Promise<Printed> {
  const terminal = capture();
  await KEY.run([KEY_NAME, '--algorithm', word], terminal);
  const [, clause = '', section = '', line = ''] = terminal
    .texts()
    .out.split('\n\n')
    .map((part) => part.replace(/^#.*\n/, ''));
  return { clause: `${clause}\n`, section: `${section}\n`, line };
}

/** Runs a command with `input`; its exit code and all that it prints. */
function run(command: string, args: readonly string[], input = ''): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, text: stdout + stderr });
    });
    child.stdin?.on('error', () => {}); // it may have ended without reading
    child.stdin?.end(input);
  });
}

describe('the files that waypost key prints', function () {
  this.timeout(60_000);
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-key-files-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const word of TSIG_ALGORITHM_WORDS) {
    it(`${word}: named-checkconf and knotc find nothing wrong`, async () => {
      const { clause, section } = await printKey(word);
      const path = join(directory, `${word}.conf`);
      if (hasCommand('named-checkconf')) {
        writeFileSync(path, clause);
        expect(await run('named-checkconf', [path])).to.deep.equal({ code: 0, text: '' });
      }
      if (hasCommand('knotc') && section.startsWith('key:')) {
        writeFileSync(path, section);
        const { code, text } = await run('knotc', ['-c', path, 'conf-check']);
        expect(code, text).to.equal(0);
      }
    });
  }

  it('nsupdate -k and dig -k work with them, and BIND', async function () {
    if (!isInstalled(BIND) || !hasCommand('nsupdate') || !hasCommand('dig')) {
      console.log('    skipped: named, nsupdate or dig is not installed');
      this.skip();
    }
    for (const word of ['hmac-sha256', 'hmac-sha512-256']) {
      const { clause } = await printKey(word);
      const file = join(directory, 'nsupdate.key');
      writeFileSync(file, clause, { mode: 0o600 });
      await withPeer(signingBind(clause, [KEY_NAME]), word, async (port) => {
        await expectUpdate('nsupdate', file, port);
        const { text } = await run('dig', ['-k', file, '@127.0.0.1', '-p', `${port}`, APEX, 'AXFR']);
        expect(text)
          .to.contain('192.0.2.7')
          .and.to.not.match(/validated|Couldn't/);
      });
    }
  });

  it('knsupdate -k works with them, and Knot DNS', async function () {
    if (!isInstalled(KNOT) || !hasCommand('knsupdate')) {
      console.log('    skipped: knotd or knsupdate is not installed');
      this.skip();
    }
    for (const word of ['hmac-sha256', 'hmac-md5']) {
      const { section, line } = await printKey(word);
      const file = join(directory, 'knsupdate.key');
      writeFileSync(file, line, { mode: 0o600 });
      await withPeer(signingKnot(section, [`${KEY_NAME}.`]), word, (port) =>
        expectUpdate('knsupdate', file, port),
      );
    }
  });

  async function withPeer(peer: Peer, folder: string, work: (port: number) => Promise<void>): Promise<void> {
    const at = join(directory, `${peer.name}-${folder}`);
    const running = await RunningPeer.start(peer, at, [{ apex: APEX, text: ZONE }]);
    try {
      await work(running.port);
    } finally {
      await running.stop();
    }
  }

  async function expectUpdate(tool: string, file: string, port: number): Promise<void> {
    const commands = `server 127.0.0.1 ${port}\nzone ${APEX}.\nupdate add new.${APEX}. 60 A 192.0.2.7\nsend\n`;
    expect(await run(tool, ['-k', file], commands)).to.deep.equal({ code: 0, text: '' });
  }
});
