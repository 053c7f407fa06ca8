import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { withDirectory } from '../support/files.ts';

/** Reads a source in a process of its own, which is ended when it waits. */
function readInChild(path: string): string {
  const module = new URL('../../src/atlas/source-file.js', import.meta.url).href;
  const code = `import { readSource } from '${module}'; process.stdout.write(readSource(${JSON.stringify(path)}).problem);`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 15_000 });
  return stdout.toString();
}

describe('a file of location data', () => {
  it('that is a pipe is refused, and nobody waits for who may write to it', function () {
    if (process.platform === 'win32') this.skip();
    withDirectory((directory) => {
      const path = join(directory, 'city.mmdb');
      execFileSync('mkfifo', [path]);
      expect(readInChild(path)).to.equal('it is no file');
    });
  });
});
