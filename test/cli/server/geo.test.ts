import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ControlClient } from '../../../src/control/client.ts';
import { ChildServer, runWaypost } from '../../support/child-server.ts';
import { MmdbWriter } from '../../support/mmdb-writer.ts';
import { QuestionClient } from '../../support/question-client.ts';

const ZONE = `@ 300 SOA ns hostmaster 1 7200 900 1209600 300
@ 300 NS ns
ns 300 A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
far 60 A 192.0.2.1
far 60 A 192.0.2.2
_steer.far TXT "rank=distance"
_steer.far TXT "192.0.2.1 at=48.85,2.35"
_steer.far TXT "192.0.2.2 at=35.68,139.69"
`;

/** Says where this machine is, and one thing of a documentation prefix. */
function networks(place: string, isp: string): string {
  return `prefix,latitude,longitude,isp\n127.0.0.0/8,${place},\n192.0.2.128/25,,,${isp}\n`;
}
const PARIS = '48.90,2.40';
const TOKYO = '35.70,139.70';

function database(country: string): Buffer {
  const writer = new MmdbWriter({ databaseType: 'Test-Country', buildEpoch: Math.floor(Date.now() / 1000) });
  return writer.insert('192.0.2.0/24', { country: { iso_code: country } }).build();
}

/** Asks without a pause until told to stop; every question must be answered. */
class Load {
  readonly #client: QuestionClient;
  #isOver = false;
  #done: Promise<number[]>;

  constructor(client: QuestionClient) {
    this.#client = client;
    this.#done = Promise.all(Array.from({ length: 16 }, (_, lane) => this.#ask(lane)));
  }

  /** Questions that were asked and answered, all of them. */
  async stop(): Promise<number> {
    this.#isOver = true;
    const counts = await this.#done;
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #ask(lane: number): Promise<number> {
    let count = 0;
    while (!this.#isOver) {
      const id = (lane << 12) | (count++ & 0xfff);
      const octets = await this.#client.ask(question(id));
      if ((octets[7] ?? 0) !== 2) throw new Error(`${octets[7]} records in answer ${count}`);
    }
    return count;
  }
}

/** Short enough to see a file that is there for some milliseconds. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** `www.example.test A`; `label` has three letters. */
function question(id: number, label = 'www'): Uint8Array {
  const header = [id >> 8, id & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  return Buffer.concat([
    Buffer.from(header),
    Buffer.from(`\x03${label}\x07example\x04test\0\0\x01\0\x01`, 'latin1'),
  ]);
}

describe('location data of a server', function () {
  this.timeout(60_000);
  let server: ChildServer;
  const path = (name: string): string => join(server.directory, name);
  const country = async (address = '192.0.2.9'): Promise<string | undefined> =>
    (await new ControlClient(server.dataDirectory).geoLookup(address)).country;
  /** Puts a file in the place of another at once. */
  const replace = (name: string, octets: Uint8Array | string): void => {
    writeFileSync(path(`${name}.new`), octets);
    renameSync(path(`${name}.new`), path(name));
  };
  const until = async (text: string, times = 1): Promise<void> =>
    server.until(() => server.log.split(text).length > times);

  beforeEach(() => {
    server = new ChildServer({
      zones: { 'example.test.zone': ZONE },
      settings: '[geo]\ndatabases = ["country.mmdb"]\nnetworks = "networks.csv"\n',
    });
    writeFileSync(path('country.mmdb'), database('DE'));
    writeFileSync(path('networks.csv'), networks(PARIS, 'mobile'));
  });
  afterEach(() => server.remove());

  it('is there with the first answer; files that are replaced are taken over, and no query is lost', async () => {
    await server.start();
    expect(await country()).to.equal('DE');
    const client = await QuestionClient.open(server.port);
    const load = new Load(client);
    const nearest = async () => (await client.ask(question(0xffff, 'far'))).at(-1);
    expect(await nearest()).to.equal(1);
    replace('country.mmdb', database('FR'));
    await until('location data taken over', 2); // noticed without being told
    expect(await country()).to.equal('FR');

    replace('country.mmdb', database('JP').subarray(0, 500));
    replace('networks.csv', 'prefix,isp\n192.0.2.128/33,mobile\n');
    server.signal('SIGHUP');
    await until('what it said before is used on', 2);
    expect(await country()).to.equal('FR');
    const lines = server.log.split('\n').filter((line) => line.includes(' warn geo: '));
    expect(lines.join('\n').replaceAll(server.directory, '…').replace(/^\S+ /gm, '')).to.equal(
      [
        "warn geo: …/networks.csv:2:1: '192.0.2.128/33' is not a network such as 192.0.2.0/24 or 2001:db8::/32; what it said before is used on",
        'warn geo: …/country.mmdb: there is no MMDB metadata at its end: is the file whole?; what it said before is used on',
      ].join('\n'),
    );
    replace('country.mmdb', database('JP'));
    expect(await nearest()).to.equal(1);
    replace('networks.csv', networks(TOKYO, 'unicom'));
    server.signal('SIGHUP');
    await until('location data taken over', 3);
    expect(await country()).to.equal('JP');
    expect(await nearest()).to.equal(2);
    expect(await load.stop()).to.be.greaterThan(1000);
    client.close();
    const status = await new ControlClient(server.dataDirectory).status();
    expect(status.threads.map(({ replaced }) => replaced).filter((count) => count > 0)).to.deep.equal([]);
    expect(status.geo.warnings).to.deep.equal([]);
  });

  it('a start uses what was kept, also when the files are gone, and switches when they are others', async () => {
    await server.start();
    await server.end();
    rmSync(path('country.mmdb'));
    await server.start();
    expect(await country()).to.equal('DE');
    await until('country.mmdb: there is no such file; what it said before is used on');
    await server.end();
    writeFileSync(path('country.mmdb'), database('FR'));
    await server.start();
    await until('location data taken over');
    expect(await country()).to.equal('FR');
  });

  it('a reload takes over what [geo] says then; status and lookup tell', async () => {
    await server.start();
    server.configure('[geo]\ndatabases = []\n');
    expect((await runWaypost('zone', 'reload', '-c', server.config)).code).to.equal(0);
    const status = await runWaypost('geo', 'status', '-c', server.config);
    expect(status.out).to.equal('no location data: [geo] databases is [] and there is no networks\n');
    expect(await runWaypost('geo', 'lookup', '192.0.2.1', '-c', server.config)).to.deep.include({
      code: 1,
      err: 'waypost: the server has no location data\n',
    });
  });

  it('kill -9 while the tables are being kept leaves a start that works', async () => {
    server.configure('[geo]\nnetworks = "networks.csv"\n');
    const kept = join(server.dataDirectory, 'geo-tables');
    for (let kills = 0, round = 0; kills < 3 && round < 8; round++) {
      rmSync(kept, { force: true });
      const starting = server.start().catch(() => {});
      let isUp = false;
      void starting.then(() => {
        isUp = true;
      });
      while (!isUp && !existsSync(`${kept}.new`)) await breathe();
      if (existsSync(`${kept}.new`)) kills++;
      await server.end('SIGKILL');
      await starting;
    }
    await server.start();
    const looked = await new ControlClient(server.dataDirectory).geoLookup('192.0.2.129');
    expect(looked.isp).to.equal('mobile');
    expect(existsSync(`${kept}.new`)).to.equal(false);
    await server.end();
    expect(readFileSync(kept).length).to.be.greaterThan(9_000_000);
    await server.start();
    expect(server.log).not.to.contain('taken over');
  });
});
