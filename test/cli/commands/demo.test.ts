import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { DEMO } from '../../../src/cli/commands/demo.ts';
import { capture } from '../capture.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.js');
const [FIRST, SECOND, THIRD] = ['127.0.0.11', '127.0.0.12', '127.0.0.13'];

/** `waypost demo` as a process of its own, whose temporary files are all in a directory of its own. */
class DemoRun {
  readonly temporary = mkdtempSync(join(tmpdir(), 'waypost-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  out = '';
  err = '';
  #changed: () => void = () => {};

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [MAIN, 'demo', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', TMPDIR: this.temporary },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      this.#changed();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.#ended = once(this.#child, 'close');
    void this.#ended.then(() => this.#changed());
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exitCode(): Promise<unknown> {
    const [code] = await this.#ended;
    return code;
  }

  /** Resolves with what it has printed that matches. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out);
      if (match !== null) return match;
      if (this.#child.exitCode !== null) expect.fail(`it ended: ${this.out}${this.err}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** The pids that it has told. */
  get pids(): number[] {
    const told = this.out.matchAll(/^(?:web server \d|name server|monitor) +(\d+)|pid (\d+)$/gm);
    return [...told].map(([, inTable, inLine]) => Number(inTable ?? inLine));
  }

  /** Nothing of it is left. */
  expectGone(): void {
    expect(this.pids.length).to.be.at.least(5);
    for (const pid of this.pids) expect(isAlive(pid), `process ${pid}`).to.equal(false);
    expect(readdirSync(this.temporary)).to.deep.equal([]);
  }

  remove(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.temporary, { recursive: true });
  }
}

describe('cli: demo', function () {
  this.timeout(60_000);
  let demo: DemoRun | undefined;
  afterEach(() => {
    demo?.remove();
    demo = undefined;
  });

  it('plays the story by itself where there is no terminal, and leaves nothing', async () => {
    demo = new DemoRun();
    expect(await demo.exitCode(), demo.err).to.equal(0);
    const [welcome = '', before = '', during = '', after = ''] = demo.out.split(/^\$ dig .*\n/m);
    expect(welcome).to.match(/dig @127\.0\.0\.1 -p \d+ www\.demo\.test \+noall \+answer/);
    expect(addressesIn(before)).to.deep.equal([FIRST, SECOND, THIRD]);
    expect(addressesIn(during)).to.deep.equal([FIRST, THIRD]);
    expect(addressesIn(after)).to.deep.equal([FIRST, SECOND, THIRD]);
    expect(before)
      .to.match(/127\.0\.0\.12 +up +yes/)
      .and.to.match(/^\$ kill -9 \d+ +# web server 2$/m);
    expect(during).to.match(/127\.0\.0\.12 +down +pulled/);
    expect(during).to.match(/127\.0\.0\.12:\d+ refuses connections/);
    expect(after).to.match(/127\.0\.0\.12 +up +yes/);
    demo.expectGone();
  });

  it('--plain tells of a web server that is killed from outside, and ends by a signal', async () => {
    demo = new DemoRun('--plain');
    const [, pid] = await demo.printed(/^web server 3 +(\d+)/m);
    const [, port] = await demo.printed(/^ {2}dig .* -p (\d+)/m);
    await demo.printed(/--status --watch\n/);
    process.kill(Number(pid), 'SIGKILL');
    await demo.printed(/web server 3 has ended; it is started again in 15 s\n/);
    await demo.printed(/the answers are without 127\.0\.0\.13, \d+\.\d\d s after the stop of web server 3\n/);
    const [directory = ''] = readdirSync(demo.temporary);
    const secret = readFileSync(join(demo.temporary, directory, 'monitor.secret'), 'utf8').trim();
    expect(demo.out + demo.err).to.not.contain(secret);
    expect(Number(port)).to.be.greaterThan(0);
    demo.kill('SIGTERM');
    expect(await demo.exitCode(), demo.err).to.equal(0);
    demo.expectGone();
  });

  it('ends at once when it is told so while the story plays', async () => {
    demo = new DemoRun('--script');
    await demo.printed(/before: all three run/);
    demo.kill('SIGINT');
    expect(await demo.exitCode(), demo.err).to.equal(1);
    expect(demo.out).to.not.contain('all three again');
    demo.expectGone();
  });

  it('takes its processes along even when it is killed', async () => {
    demo = new DemoRun('--plain');
    await demo.printed(/--status --watch\n/);
    demo.kill('SIGKILL');
    await demo.exitCode();
    while (demo.pids.some(isAlive)) await delay(20);
    expect(demo.pids).to.have.length(5);
  });

  it('says so when one of its programs dies', async () => {
    demo = new DemoRun('--plain');
    const [, pid] = await demo.printed(/^name server +(\d+)/m);
    await demo.printed(/--status --watch\n/);
    process.kill(Number(pid), 'SIGKILL');
    expect(await demo.exitCode()).to.equal(1);
    expect(demo.err).to.match(/^waypost: the name server has ended/);
    demo.expectGone();
  });

  it('on a terminal, keys stop a web server and start it again, and the screen shows it', async () => {
    let [drawn, press] = ['', (_: string): void => {}];
    let looked = (): void => {};
    const terminal = capture({
      screen: {
        write: (text) => {
          drawn += text;
          looked();
        },
        size: () => ({ rows: 50, columns: 160 }),
      },
      keys: {
        listen: (onKey) => {
          press = onKey;
          return () => {};
        },
      },
    });
    const shown = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(drawn)) {
        await new Promise<void>((resolve) => {
          looked = resolve;
        });
      }
      drawn = '';
    };
    const running = DEMO.run([], terminal);
    await shown(/127\.0\.0\.12 +up +yes/);
    press('2');
    await shown(/the answers are without 127\.0\.0\.12, /);
    await shown(/127\.0\.0\.12 +down +pulled/);
    press('2');
    await shown(/the answers hold 127\.0\.0\.12, /);
    press('9');
    press('q');
    expect(await running).to.equal(0);
    expect(drawn).to.contain('\u001b[?1049l'); // the terminal is as it was
  });

  it('does not take two ways at once', async () => {
    const error = await DEMO.run(['--script', '--plain'], capture()).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UsageError);
  });
});

// --- helpers ---

/** The addresses of answer lines as dig shows them, in order. */
function addressesIn(text: string): string[] {
  return [...text.matchAll(/^www\.demo\.test\.\t+2\tIN\tA\t(\S+)$/gm)]
    .map(([, address = '']) => address)
    .sort();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
