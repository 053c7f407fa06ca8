import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Log, SILENT_LOG } from '../../../src/base/effects.ts';
import { notifyServiceManager } from '../../../src/cli/commands/service-manager.ts';

describe('cli/service-manager', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** A log that keeps its `debug` sentences. */
  function debugLog(): { log: Log; sentences: string[] } {
    const sentences: string[] = [];
    return { log: { ...SILENT_LOG, debug: (sentence) => void sentences.push(sentence) }, sentences };
  }

  it('runs systemd-notify with the state when there is a socket', async () => {
    const program = join(directory, 'systemd-notify');
    writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET" "$@" >>${directory}/calls\n`);
    chmodSync(program, 0o755);
    const { log, sentences } = debugLog();
    for (const state of ['ready', 'reloading', 'stopping'] as const) {
      await notifyServiceManager(state, log, { PATH: `${directory}:/bin:/usr/bin`, NOTIFY_SOCKET: '/run/n' });
    }
    expect(readFileSync(join(directory, 'calls'), 'utf8')).to.match(
      /^\/run\/n READY=1\n\/run\/n RELOADING=1 MONOTONIC_USEC=\d+\n\/run\/n STOPPING=1\n$/,
    );
    expect(sentences).to.deep.equal(Array(3).fill('service: told systemd'));
  });

  it('does nothing without a socket', async () => {
    const { log, sentences } = debugLog();
    await notifyServiceManager('ready', log, { PATH: directory });
    expect(sentences).to.deep.equal([]);
  });

  it('takes an absent program for one line in the log', async () => {
    const { log, sentences } = debugLog();
    await notifyServiceManager('ready', log, { PATH: directory, NOTIFY_SOCKET: '/run/n' });
    expect(sentences).to.deep.equal(['service: cannot tell systemd']);
  });
});
