import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { COMMANDS } from '../../src/cli/commands.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

describe('cli/main', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  function waypost(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      cwd: directory,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it('lists every command in its help', () => {
    const { status, stdout, stderr } = waypost('--help');
    for (const { name, summary } of COMMANDS) expect(stdout).to.contain(`  ${name.padEnd(8)}  ${summary}\n`);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(waypost('help').stdout).to.equal(stdout);
    expect(waypost()).to.deep.equal({ status: 2, stdout: '', stderr: stdout });
  });

  it('tells about each command, by help and by --help', async () => {
    for (const { name, usage, load } of COMMANDS) {
      const { status, stdout } = waypost('help', name);
      expect(status).to.equal(0);
      expect(stdout)
        .to.contain(`usage: waypost ${name} ${usage}\n`)
        .and.to.contain((await load()).help);
    }
    expect(waypost('rotation', 'x.test', '--help').stdout).to.equal(waypost('help', 'rotation').stdout);
  });

  it('knows its version', () => {
    expect(waypost('--version').stdout).to.match(/^waypost \d+\.\d+\.\d+\n$/);
  });

  it('guesses a mistyped command; exit code 2', () => {
    expect(waypost('rotatoin')).to.deep.equal({
      status: 2,
      stdout: '',
      stderr: "waypost: there is no command 'rotatoin'; did you mean rotation? (waypost help lists them)\n",
    });
    expect(waypost('help', 'chek').stderr).to.contain('did you mean check?');
  });

  it('shows the usage with a wrong command line; exit code 2', () => {
    expect(waypost('rotation')).to.deep.equal({
      status: 2,
      stdout: '',
      stderr: `waypost: NAME is missing: whose rotation?\nusage: waypost rotation ${COMMANDS.find(({ name }) => name === 'rotation')?.usage}\n`,
    });
  });

  it('check: tells every error of the file and exits 1', () => {
    writeFileSync(join(directory, 'bad.toml'), 'thread = 4\n[tcp]\nidle-timeout = 0\n');
    expect(waypost('check', '-c', 'bad.toml')).to.deep.equal({
      status: 1,
      stdout:
        'bad.toml:1:1: unknown setting thread; did you mean threads?\n' +
        'bad.toml:3:16: tcp.idle-timeout is 0; expected an integer from 1 to 3600 seconds\n' +
        '2 errors, 0 warnings\n',
      stderr: '',
    });
  });

  it('check: is content with a right configuration and right zones', () => {
    mkdirSync(join(directory, 'right'));
    writeFileSync(join(directory, 'right/good.toml'), 'threads = 2\nzones = "."\n');
    writeFileSync(
      join(directory, 'right/example.test.zone'),
      '$TTL 60\n@ SOA ns.example. h.example. 7 1 1 1 1\n@ NS ns.example.\n',
    );
    const { status, stdout } = waypost('check', '-c', 'right/good.toml');
    expect(stdout).to.contain('right/good.toml: no errors\n');
    expect(stdout).to.match(/example\.test\.zone: example\.test\. serial 7, 2 records\nnothing is wrong\n$/);
    expect(status).to.equal(0);
  });

  it('check: tells five different errors of one zone file, in the order of its lines', () => {
    writeFileSync(
      join(directory, 'five.test.zone'),
      [
        '$TTL 60',
        '@ SOA ns.example. h.example. 7 1 1 1 1',
        'www A 192.0.2.300',
        'www AAAAA 2001:db8::1',
        'mail MX ten mx',
        'txt TXT "unclosed',
        'a..b A 192.0.2.1',
      ].join('\n'),
    );
    const { status, stdout } = waypost('check', 'five.test.zone');
    expect(status).to.equal(1);
    const places = [...stdout.matchAll(/^five\.test\.zone:(\d+):(\d+): /gm)].map(
      ([, line, column]) => `${line}:${column}`,
    );
    expect(places).to.deep.equal(['3:7', '4:5', '5:9', '6:9', '7:1']);
    expect(stdout).to.contain('did you mean AAAA?').and.to.contain('5 errors, 0 warnings');
  });

  it('one clear line for a file that is not there; exit code 1', () => {
    expect(waypost('check', '-c', 'none.toml')).to.deep.equal({
      status: 1,
      stdout: '',
      stderr: 'waypost: cannot read none.toml: there is no such file; give its path with -c FILE\n',
    });
    expect(waypost('check', '-c', '.').stderr).to.contain('cannot read .: it is a directory');
  });

  it('an unexpected error shows its stack and says that it is a bug; exit code 70', () => {
    const breakage = 'process.stdout.write = () => { throw new TypeError("odd"); }';
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(breakage)}`, MAIN, '--version'],
      { encoding: 'utf8' },
    );
    expect(status).to.equal(70);
    expect(stderr).to.match(
      /^waypost: unexpected error: odd\nTypeError: odd\n {4}at .*this is a bug of waypost/s,
    );
  });

  it('loads no package for the help: all that main imports statically is our own or built in', () => {
    const seen = new Set<string>();
    const packages: string[] = [];
    const visit = (url: string): void => {
      if (seen.has(url)) return;
      seen.add(url);
      const text = readFileSync(new URL(url), 'utf8');
      for (const [, name = ''] of text.matchAll(/^(?:import|export) .*?from '([^']+)';$/gms)) {
        if (name.startsWith('.')) visit(new URL(name, url).href);
        else if (!name.startsWith('node:')) packages.push(name);
      }
    };
    visit(pathToFileURL(MAIN).href);
    expect(seen.size).to.be.greaterThan(3);
    expect(packages).to.deep.equal([]);
  });
});
