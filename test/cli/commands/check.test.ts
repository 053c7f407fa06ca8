import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHECK } from '../../../src/cli/commands/check.ts';
import { SECRET } from '../../support/tsig.ts';
import { capture } from '../capture.ts';

const HEAD = '$TTL 60\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';

describe('cli: check', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    mkdirSync(join(directory, 'zones'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (name: string, text: string) => writeFileSync(join(directory, name), text, { mode: 0o600 });

  async function check(...args: string[]): Promise<{ code: number; out: string }> {
    const terminal = capture();
    const code = await CHECK.run(args, terminal);
    return { code, out: terminal.texts().out.replaceAll(directory, '') };
  }

  it('tells errors first, then warnings, each by file, line and column, and how many; only errors make it fail', async () => {
    const steering = 'www A 192.0.2.1\n_steer.www TXT "prefix=24/56 within=5"\n';
    write('zones/b.test.zone', `${HEAD}${steering}`);
    write('zones/a.test.zone', `${HEAD}${steering}`);
    write('zones/c.test.zone', `${HEAD}_steer.www TXT "prefix=24/560 within=x"\n`);
    const places = (text: string) =>
      [...text.matchAll(/^\/zones\/(\S+): _.*\[(\S+)\]/gm)].map(([, at, rule]) => `${at} ${rule}`);
    const warnings = ['a', 'b'].flatMap((zone) => [
      `${zone}.test.zone:6:17 single-member`,
      `${zone}.test.zone:6:17 idle-word`,
      `${zone}.test.zone:6:30 idle-word`,
    ]);
    write('waypost.toml', 'zones = "zones"\n[geo]\ndatabases = []\n');
    const { code, out } = await check('-c', join(directory, 'waypost.toml'));
    expect(places(out)).to.deep.equal([
      'c.test.zone:5:17 steering-line',
      'c.test.zone:5:31 steering-line',
      ...warnings,
    ]);
    expect(out).to.match(/\n2 errors, 6 warnings\n$/);
    expect(code).to.equal(1);

    rmSync(join(directory, 'zones/c.test.zone'));
    const json = await check('--json', '-c', join(directory, 'waypost.toml'));
    expect(json.code).to.equal(0);
    const said: { errors: string[]; warnings: string[] } = JSON.parse(json.out);
    expect([said.errors.length, said.warnings.length]).to.deep.equal([0, 6]);
  });

  it('STEERING.md §9: knows from the configuration who gets the live view', async () => {
    const zone = join(directory, 'zones/shop.test.zone');
    write(
      'zones/shop.test.zone',
      `${HEAD}www CNAME a.example.\nwww CNAME b.example.\n_steer.www TXT "order=rotate"\n`,
    );
    const config = (view: string) =>
      `zones = "zones"\n[geo]\ndatabases = []\n[keys."ns2."]\nsecret = "${SECRET}"\n[zone."shop.test"]\ntransfer = [{ key = "ns2.", view = "${view}" }]\n`;
    write('waypost.toml', config('live'));
    for (const files of [[], [zone]]) {
      const { code, out } = await check('-c', join(directory, 'waypost.toml'), ...files);
      expect(out)
        .to.contain('of these secondaries with key ns2. get one alone')
        .and.to.contain('[cnames-to-live-view]');
      expect(code).to.equal(0);
    }
    write('waypost.toml', config('raw'));
    expect((await check('-c', join(directory, 'waypost.toml'))).out).to.contain('nothing is wrong');
    expect((await check(zone)).out).to.contain('nothing is wrong');
  });

  it('compares places with the location data of the configuration, and tells what is wrong with that', async () => {
    write(
      'zones/shop.test.zone',
      `${HEAD}www A 192.0.2.1\nwww A 192.0.2.2\n_steer.www TXT "rank=distance"\n_steer.www TXT "192.0.2.1 at=1.35,103.82"\n`,
    );
    write('networks.csv', 'prefix,latitude,longitude\n192.0.2.0/24,39.90,116.40\n');
    write('waypost.toml', 'zones = "zones"\n[geo]\ndatabases = []\nnetworks = "networks.csv"\n');
    const { out } = await check('-c', join(directory, 'waypost.toml'));
    expect(out).to.contain(
      "shop.test.zone:8:27: _steer.www.shop.test.: 'at=1.35,103.82' is 4471 km from 39.9,116.4",
    );

    write('networks.csv', 'prefix,latitude,longitude\n192.0.2.0/24,99.90,116.40\n192.0.2.300/24,1,1\n');
    const broken = await check('-c', join(directory, 'waypost.toml'));
    expect(broken.out)
      .to.match(/^\/networks\.csv:2:14: .*99\.90/m)
      .and.to.match(/^\/networks\.csv:3:1: .*nothing is known from it/m);
    expect(broken.out).to.contain('0 errors, 2 warnings');
  });
});
