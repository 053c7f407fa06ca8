import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Explanation } from '../../../src/answer/explain/explanation.ts';
import { UsageError } from '../../../src/cli/arguments.ts';
import { EXPLAIN } from '../../../src/cli/commands/explain.ts';
import { ChildServer, runWaypost } from '../../support/child-server.ts';
import { NETWORKS } from '../../support/explaining.ts';
import { capture } from '../capture.ts';

const ZONE = `$TTL 300
@ SOA ns hostmaster 7 7200 900 1209600 300
@ NS ns
ns A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
_steer.www TXT "rank=distance"
_steer.www TXT "192.0.2.1 at=39.90,116.40"
_steer.www TXT "192.0.2.2 at=51.51,-0.13"
plain A 192.0.2.3
plain A 192.0.2.4
`;
const CLIENTS = '198.51.100.1\n198.51.100.200\n203.0.113.0/24\n2001:db8:1::1\n';

describe('waypost explain', function () {
  this.timeout(30_000);
  let server: ChildServer;
  let clients = '';
  let candidate = '';
  before(() => {
    server = new ChildServer({
      zones: { 'example.test.zone': ZONE },
      settings: '[geo]\nnetworks = "networks.csv"\ndatabases = []\n',
    });
    writeFileSync(join(server.directory, 'networks.csv'), NETWORKS);
    clients = join(server.directory, 'clients.txt');
    writeFileSync(clients, CLIENTS);
    candidate = join(server.directory, 'tomorrow.zone');
    writeFileSync(candidate, ZONE.replace('51.51,-0.13', '31.23,121.47'));
  });
  after(() => server.remove());

  const explain = (...words: string[]) => runWaypost('explain', ...words, '-c', server.config);

  it('reads the zone files where there is neither server nor database, and says so', async () => {
    const { code, out, err } = await explain('www.example.test', '--client', '203.0.113.7');
    expect(err).to.equal('');
    expect(code).to.equal(0);
    expect(out).to.contain('no server is running: as the zone files have it');
    expect(out).to.contain('steered by _steer.www.example.test.: rank=distance\n');
    expect(out).to.match(/^ +1\. +1 {2}192\.0\.2\.2 +0 km {2}51\.51,-0\.13, its line$/m);
    expect(out).to.contain('www.example.test. 60 IN A 192.0.2.2\n');
  });

  it('gives all of it to programs', async () => {
    const { out } = await explain(
      'www.example.test',
      '--client',
      '203.0.113.7',
      '--ecs',
      '198.51.100.0/24',
      '--json',
    );
    const explanation: Explanation = JSON.parse(out);
    expect(explanation.version).to.equal(1);
    expect(explanation.from.kind).to.equal('files');
    expect(explanation.reply.answer).to.deep.equal(['www.example.test. 60 IN A 192.0.2.1']);
    expect(explanation.reply.subnet?.prefix).to.equal('198.51.100.0/24');
    const [lookup] = explanation.lookups;
    expect(lookup?.rrset?.kind).to.equal('steered');
  });

  it('leaves nothing behind', async () => {
    const { TMPDIR: usual } = process.env;
    process.env['TMPDIR'] = server.directory;
    try {
      await explain('www.example.test', '--client', '203.0.113.7');
      await explain('www.example.test', '--clients', clients, '--against', 'nowhere.zone');
    } finally {
      if (usual === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = usual;
    }
    expect(readdirSync(server.directory).filter((name) => name.startsWith('waypost-'))).to.deep.equal([]);
  });

  it('tells which member gets how large a part of many clients, and who would move', async () => {
    const { code, out } = await explain(
      'www.example.test',
      'A',
      '--clients',
      clients,
      '--against',
      candidate,
      '--json',
    );
    expect(code).to.equal(0);
    const { types } = JSON.parse(out);
    expect(types).to.have.lengthOf(1);
    expect(types[0].members).to.deep.equal([
      { member: '192.0.2.1', share: 0.5, candidate: 0.75 },
      { member: '192.0.2.2', share: 0.5, candidate: 0.25 },
    ]);
    expect(types[0].moved.clients).to.equal(3);
    const text = (await explain('www.example.test', '--clients', clients, '--against', candidate)).out;
    expect(text).to.match(/^192\.0\.2\.1 +50\.0 % +75\.0 % +\+25\.0 {2}█+$/m);
    expect(text).to.contain('3 of 4 would move (75.0 %)');
    expect(text).to.match(/^ +2 {2}192\.0\.2\.2 {2}192\.0\.2\.1 {2}203\.0\.113\.0\/24 2001:db8:1::1$/m);
  });

  it('asks the running server, and compares with a candidate without it', async () => {
    await server.start();
    const { out } = await explain('www.example.test', '--client', '203.0.113.7');
    expect(out).to.contain('as the running server answers');
    const rotation = async () => (await explain('plain.example.test', '--client', '203.0.113.7')).out;
    expect(await rotation()).to.contain('not steered, plain rotation: 2 A records; the counter is at 0');
    expect(await rotation(), 'no counter goes on').to.contain('the counter is at 0');
    const many = await explain('www.example.test', '--clients', clients, '--against', candidate);
    expect(many.out).to.contain('would move');
    for (const [words, says] of [
      [['--client', 'here'], "client 'here' is no address"],
      [['--client', '203.0.113.7', '--ecs', '203.0.113.7/24'], 'did you mean 203.0.113.0/24?'],
    ] as const) {
      const { code, err } = await explain('www.example.test', ...words);
      expect(code).to.equal(1);
      expect(err).to.contain(says);
    }
    const none = await explain('www.other', '--clients', clients);
    expect([none.code, none.err]).to.deep.equal([1, 'waypost: no zone here holds www.other.\n']);
  });

  it('reads the database when the server has ended', async () => {
    await server.end();
    const { out } = await explain('www.example.test', '--client', '203.0.113.7');
    expect(out).to.contain('no server is running: as its database has it');
    expect(out).to.contain('www.example.test. 60 IN A 192.0.2.2\n');
  });

  it('tells what is wrong with a candidate', async () => {
    const broken = join(server.directory, 'broken.zone');
    writeFileSync(broken, ZONE.replace('rank=distance', 'rank=distanse'));
    const { code, err } = await explain('www.example.test', '--clients', clients, '--against', broken);
    expect(code).to.equal(1);
    expect(err).to.contain(`${broken}:7`);
    expect(err).to.contain("did you mean 'distance'?");
  });

  for (const [what, words] of [
    ['no name', []],
    ['no client', ['www.example.test']],
    ['one and many clients', ['www.example.test', '--client', '192.0.2.1', '--clients', 'x']],
    ['a candidate for one client', ['www.example.test', '--client', '192.0.2.1', '--against', 'x']],
    ['too many words', ['www.example.test', 'A', 'AAAA', '--client', '192.0.2.1']],
  ] as const) {
    it(`wants to know what is meant by ${what}`, async () => {
      const error = await EXPLAIN.run([...words], capture()).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(UsageError);
    });
  }
});
