import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Timers } from '../../src/base/timers.ts';
import type { Happening } from '../../src/monitor/happening.ts';
import { Hook, type HookOptions } from '../../src/monitor/hooks.ts';
import { SYSTEM_TIMERS } from '../../src/serve/timers.ts';
import { FakeEffects } from '../support/effects.ts';
import { ErrandServer } from '../support/errand-server.ts';
import { FakeTimers } from '../support/fake-timers.ts';

function warning(text: string): Happening {
  return { kind: 'warning', atMs: Date.UTC(2026, 10, 22, 10), name: 'www.test', member: '192.0.2.1', text };
}

/** Waits for what real sockets and programs do; the test's own time-out bounds it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('monitor/hooks', () => {
  let effects = new FakeEffects();
  let answer: (response: ServerResponse) => void = () => {};
  const held: ServerResponse[] = [];
  const server = new ErrandServer((_, response) => answer(response));
  let url = '';
  before(async () => {
    url = await server.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    effects = new FakeEffects();
    server.bodies.length = 0;
    held.length = 0;
    answer = (response) => response.writeHead(204).end();
  });

  function webhook(more: Partial<HookOptions> = {}, timers: Timers = SYSTEM_TIMERS): Hook {
    const target = { kind: 'webhook', url, headers: { authorization: 'Bearer x' } } as const;
    const options = {
      name: 'chat',
      target,
      kinds: ['warning'],
      timeoutMs: 5000,
      tries: 3,
      queue: 3,
    } as const;
    return new Hook({ ...options, ...more }, effects, timers);
  }

  const texts = () => server.bodies.map((body) => JSON.parse(body).text);

  it('posts what happened as JSON, in order, one at a time', async () => {
    const hook = webhook();
    for (const text of ['a', 'b', 'c']) hook.tell(warning(text));
    hook.tell({ kind: 'server', atMs: 0, server: 'ns', isKnown: true, why: '' }); // it was not asked for
    await until(() => hook.report.waiting === 0);
    expect(hook.report).to.deep.include({ delivered: 3, failed: 0, dropped: 0, trouble: undefined });
    expect(server.bodies.map((body) => JSON.parse(body))[0]).to.deep.equal({
      kind: 'warning',
      atMs: '2026-11-22T10:00:00Z',
      name: 'www.test',
      member: '192.0.2.1',
      text: 'a',
      line: 'warn monitor: 192.0.2.1 of www.test warns',
    });
    expect(texts()).to.deep.equal(['a', 'b', 'c']);
    const { headers, method } = server.requests.at(-1) ?? expect.fail();
    expect(headers).to.include({ authorization: 'Bearer x', 'content-type': 'application/json' });
    expect(method).to.equal('POST');
    hook.stop();
  });

  it('tries again with growing pauses, then gives up and goes on', async () => {
    const timers = new FakeTimers();
    answer = (response) => response.writeHead(500).end();
    const hook = webhook({}, timers);
    hook.tell(warning('a'));
    hook.tell(warning('b'));
    for (const [i, pauseMs] of [500, 1000].entries()) {
      await until(() => effects.lines.length === i + 1);
      timers.pass(pauseMs - 1);
      expect(timers.waiting).to.equal(1);
      timers.pass(1);
    }
    await until(() => hook.report.failed === 1);
    expect(hook.report.trouble).to.equal(`${url}/: HTTP status 500`);
    expect(effects.lines.at(-1)).to.equal('error monitor: a hook was not told');
    expect(effects.fields.at(-1)).to.deep.include({ hook: 'chat', tries: 3, what: 'warning' });
    await until(() => effects.lines.length === 4); // the next one could not be told either
    answer = (response) => response.end('ok');
    timers.pass(500);
    await until(() => hook.report.waiting === 0);
    expect(hook.report).to.deep.include({ delivered: 1, failed: 1, trouble: undefined });
    expect(texts()).to.deep.equal(['a', 'a', 'a', 'b', 'b']);
    hook.stop();
  });

  it('never blocks: what is too much is dropped, the oldest first, counted and logged', async () => {
    answer = (response) => held.push(response);
    const hook = webhook();
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) hook.tell(warning(text));
    expect(hook.report).to.deep.include({ waiting: 4, dropped: 2 });
    expect(effects.lines).to.deep.equal([
      'error monitor: a hook is too slow, its oldest happenings are dropped',
    ]);
    await until(() => held.length === 1);
    answer = (response) => response.end();
    held[0]?.end();
    await until(() => hook.report.waiting === 0);
    expect(texts()).to.deep.equal(['a', 'd', 'e', 'f']);
    expect(effects.lines.at(-1)).to.equal('warn monitor: a hook keeps up again, happenings were dropped');
    expect(effects.fields.at(-1)).to.deep.equal({ hook: 'chat', dropped: 2 });
    hook.stop();
  });

  it('gives up a try under way when it is stopped, and tells nobody any more', async () => {
    answer = (response) => held.push(response);
    const timers = new FakeTimers();
    const hook = webhook({}, timers);
    hook.tell(warning('a'));
    await until(() => held.length === 1);
    hook.stop();
    hook.tell(warning('b'));
    await until(() => held[0]?.destroyed === true || held[0]?.closed === true);
    expect(timers.waiting).to.equal(0);
    expect(server.bodies.length).to.equal(1);
  });

  it('runs a program: JSON comes to its standard input, the member is in its environment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waypost-hook-'));
    const file = join(folder, 'told');
    const script = `{ cat; echo "$WAYPOST_KIND $WAYPOST_NAME $WAYPOST_MEMBER"; } > '${file}'`;
    const hook = webhook({ target: { kind: 'command', argv: ['sh', '-c', script] } });
    hook.tell(warning('a "quoted" text\n'));
    await until(() => hook.report.waiting === 0);
    const [json = '', environment] = readFileSync(file, 'utf8').split('\n');
    expect(JSON.parse(json)).to.deep.include({ text: 'a "quoted" text\n' });
    expect(environment).to.equal('warning www.test 192.0.2.1');
    expect(hook.report.delivered).to.equal(1);
    hook.stop();
    rmSync(folder, { recursive: true });
  });

  it('says why a program could not be told', async () => {
    const hook = webhook({
      tries: 1,
      target: { kind: 'command', argv: ['sh', '-c', 'echo no >&2; exit 7'] },
    });
    hook.tell(warning('a'));
    await until(() => hook.report.failed === 1);
    expect(hook.report.trouble).to.equal('sh: ended with 7: no');
    hook.stop();
  });
});
