import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { CHECK } from '../../../src/cli/commands/check.ts';
import { MONITOR } from '../../../src/cli/commands/monitor.ts';
import { ConfigError } from '../../../src/config/load.ts';
import { ChildServer } from '../../support/child-server.ts';
import { SECRET } from '../../support/tsig.ts';
import { capture } from '../capture.ts';

const ZONE_FILE = `$TTL 60
@ SOA ns1 hostmaster 1 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
`;
const MAIN = join(import.meta.dirname, '../../../src/cli/main.js');

describe('cli: monitor', function () {
  this.timeout(30_000);
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (text: string): string => {
    const file = join(directory, 'monitor.toml');
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };

  it('refuses options that do not go together', async () => {
    const file = write('');
    for (const args of [['--status', '--once'], ['--watch'], ['--json'], ['--status', '--watch', '--json']]) {
      const error = await MONITOR.run(['-c', file, ...args], capture()).catch((thrown: unknown) => thrown);
      expect(error, args.join(' ')).to.be.instanceOf(UsageError);
    }
  });

  it('tells all that is wrong with its file, probes that cannot be made included', async () => {
    const file = write(
      '[probe.a]\nkind = "http"\nmatches = "("\n[reference.r]\naddress = "192.0.2.9"\nprobe = "a"\n',
    );
    const error = await MONITOR.run(['-c', file], capture()).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ConfigError);
    expect(String(error)).to.contain('monitor.toml:1:2: probe "a": ');
  });

  it('check recognises a monitor.toml and says the same', async () => {
    const terminal = capture();
    const file = write('[probe.a]\nthreshold = 9\n');
    expect(await CHECK.run([file], terminal)).to.equal(1);
    expect(terminal.texts().out).to.contain('threshold is 9, more than window, which is 5');
    const example = capture();
    expect(await CHECK.run(['zones/monitor.toml'], example)).to.equal(0);
    expect(example.texts().out).to.equal('zones/monitor.toml: no errors\nnothing is wrong\n');
  });

  it('--status says when no monitor runs', async () => {
    const file = write('report.listen = "127.0.0.1:1"\n');
    const error = await MONITOR.run(['-c', file, '--status'], capture()).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain('no monitor answers at 127.0.0.1:1');
  });

  describe('with a server and two hosts, of which one is dead', () => {
    let server: ChildServer;
    let host: Server;
    let config = '';
    before(async () => {
      const settings = `[geo]\ndatabases = []\n[keys."mon."]\nsecret = "${SECRET}"\n[zone."example.test"]\nupdate = [ { key = "mon.", names = ["**"], action = "edit" } ]\n`;
      server = new ChildServer({ zones: { 'example.test.zone': ZONE_FILE }, settings });
      await server.start();
      host = createServer((_, response) => void response.end('well')).listen(0, '127.0.0.1');
      const dead = createServer().listen(0, '127.0.0.1');
      await Promise.all([once(host, 'listening'), once(dead, 'listening')]);
      const [alive, closed] = [portOf(host), portOf(dead)];
      dead.close();
      config = `report.listen = "127.0.0.1:0"
[keys."mon."]
secret = "${SECRET}"
[zone."example.test"]
servers = ["127.0.0.1:${server.port}"]
key = "mon."
probes = ["web"]
[probe.web]
interval = "500ms"
timeout = "400ms"
fast = "50ms"
window = 3
threshold = 2
[reference.self]
address = "127.0.0.1"
port = ${alive}
probe = "web"
[name."www.example.test"]
members = ["192.0.2.1", "192.0.2.2"]
member."192.0.2.1" = { address = "127.0.0.1", port = ${alive} }
member."192.0.2.2" = { address = "127.0.0.1", port = ${closed} }
`;
    });
    after(async () => {
      host.close();
      await server.remove();
    });

    const run = async (...args: string[]): Promise<{ code: unknown; out: string; err: string }> => {
      const child = spawn(process.execPath, [MAIN, 'monitor', '-c', write(config), ...args], {
        env: { ...process.env, NO_COLOR: '1' },
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (part) => {
        out += part;
      });
      child.stderr.on('data', (part) => {
        err += part;
      });
      const [code] = await once(child, 'close');
      return { code, out, err };
    };

    it('--once --dry-run prints the update that it would send, and sends none', async () => {
      const { code, out } = await run('--once', '--dry-run');
      expect(code).to.equal(1);
      expect(out)
        .to.contain('zone example.test.\n')
        .and.to.contain('update delete www.example.test. A 192.0.2.2\n');
      expect(server.log).not.to.contain('update');
    });

    it('--once pulls the dead host, shows a table, and exits with 1', async () => {
      const { code, out, err } = await run('--once');
      expect(code, err).to.equal(1);
      expect(out).to.match(/192\.0\.2\.1 +up +yes/);
      expect(out).to.match(/192\.0\.2\.2 +down +pulled/);
    });

    it('--once --json tells the same as JSON', async () => {
      const { code, out } = await run('--once', '--json');
      expect(code).to.equal(1);
      const { zones } = JSON.parse(out);
      expect(zones[0].names[0].members.map(({ presence }: { presence: string }) => presence)).to.deep.equal([
        'in',
        'out',
      ]);
    });

    it('runs until SIGTERM, takes SIGHUP, and exits with 0', async () => {
      const child = spawn(process.execPath, [MAIN, 'monitor', '-c', write(config)]);
      let log = '';
      const until = async (text: string): Promise<void> => {
        while (!log.includes(text)) await once(child.stderr, 'data');
      };
      child.stderr.on('data', (part) => {
        log += part;
      });
      await until('192.0.2.1 of www.example.test. is up');
      child.kill('SIGHUP');
      await until('goes by the new configuration');
      child.kill('SIGTERM');
      const [code] = await once(child, 'close');
      expect(code).to.equal(0);
      expect(log).to.contain('monitor: ending signal=SIGTERM');
      expect(log.match(/is up/g)).to.have.length(1); // nothing was forgotten
    });
  });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
