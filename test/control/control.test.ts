import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ExplainError } from '../../src/answer/explain/question.ts';
import { SILENT_LOG } from '../../src/base/effects.ts';
import { ControlClient, ControlError } from '../../src/control/client.ts';
import { HistoryError } from '../../src/control/history.ts';
import { CONTROL_SOCKET, type MemberRequest, type ServerStatus } from '../../src/control/protocol.ts';
import { type Controlled, ControlServer, UnanswerableError } from '../../src/control/server.ts';
import type { GeoReport } from '../../src/geo/report.ts';
import { OperatorWordError } from '../../src/steer/operator-word.ts';
import { FakeEffects } from '../support/effects.ts';

const GEO: GeoReport = {
  isCompiling: false,
  octets: 0,
  ipv4Ranges: 0,
  ipv6Ranges: 0,
  locations: 0,
  files: [],
  warnings: ['a.mmdb is old'],
};
const STATUS: ServerStatus = {
  version: '1',
  pid: 1,
  uptimeSeconds: 2,
  listen: ['127.0.0.1:53'],
  udp: 'batch',
  zones: 0,
  records: 0,
  imageOctets: 0,
  imageGarbage: 0,
  imageGeneration: 0,
  residentOctets: 0,
  geo: GEO,
  threads: [],
  secondaryZones: { 'never-loaded': 0, fresh: 1, retrying: 0, expired: 0 },
  transfers: { underWay: 0, served: 0, refused: 0, failed: 0 },
  late: { waiting: 0, refused: 0 },
  tcp: { connections: 0, answered: 0, overLimit: 0 },
  secondaries: [],
};

describe('the control socket', () => {
  let directory = '';
  let server: ControlServer | undefined;
  const asked: (string | undefined)[] = [];
  const waited: number[] = [];
  const said: MemberRequest[] = [];
  const controlled: Controlled = {
    status: () => STATUS,
    zones: () => [{ apex: 'example.test.', serial: 7, records: 3, source: 'file' }],
    reload: async (apex) => {
      asked.push(apex);
      if (apex === 'broken.test.') throw new Error('the disk is on fire');
      return { zones: [], errors: [] };
    },
    refresh: async (apex, isFull) => {
      if (apex !== 'example.test.') throw new UnanswerableError(`zone ${apex} has no primary here`);
      return { apex, outcome: isFull ? 'fetched' : 'current', serial: 7 };
    },
    wait: async (zone, serial = 7, ms) => {
      if (zone === 'untold.test.') throw new UnanswerableError('nobody is told of untold.test.');
      waited.push(ms);
      return { zone, serial, isReached: true, secondaries: [] };
    },
    geo: () => GEO,
    geoLookup: (address) => {
      if (address !== '2001:db8::1') throw new UnanswerableError(`'${address}' is no IP address`);
      const range = { first: '2001:db8::', last: '2001:db8::ff' };
      return { address, range, network: '2001:db8::/64', country: 'DE', from: {}, attributions: [] };
    },
    members: (name) => ({ owner: name, policy: 'order=rotate', quorum: 1, rrsets: [] }),
    sayOfMember: async (request) => {
      if (request.member === '192.0.2.9') throw new OperatorWordError("'192.0.2.9' is no member");
      said.push(request);
      const report = { owner: request.name, policy: 'order=rotate', quorum: 1, rrsets: [] };
      return { ...request, owner: request.name, serial: 8, isChanged: true, warnings: [], report };
    },
    explain: {
      explain: ({ client }) => {
        throw new ExplainError(`client '${client}' is no address`);
      },
      classes: async ({ clients }) => ({ classes: [], of: clients.map((_, i) => i) }),
    },
    history: {
      entries() {
        throw new HistoryError('zone examle.test. is not served here');
      },
      *text(zone) {
        try {
          begun.add(zone);
          for (let i = 0; i < 200; i++) yield `${i}`.padEnd(10_000);
          if (zone === 'broken.test.') throw new Error('the disk is on fire');
        } finally {
          begun.delete(zone);
        }
      },
      *records(_, serial) {
        for (let i = 0; i < 5000; i++)
          yield { owner: `${i}`, ttl: serial ?? 0, type: 'TXT', data: '"\u00e4"' };
      },
      *difference() {},
      undo: async () => {
        throw new HistoryError('nothing to undo');
      },
    },
  };
  /** Texts under way. */
  const begun = new Set<string>();

  let log = new FakeEffects();

  beforeEach(async () => {
    log = new FakeEffects();
    directory = mkdtempSync(join(tmpdir(), 'waypost-control-'));
    server = new ControlServer(directory, controlled, log.log);
    await server.listen();
  });

  afterEach(async () => {
    await server?.close();
    rmSync(directory, { recursive: true });
  });

  const statusOf = (path: string, headers = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { socketPath: join(directory, CONTROL_SOCKET), path, headers, agent: false };
      get(options, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });

  it('is for its owner only', () => {
    expect(statSync(join(directory, CONTROL_SOCKET)).mode & 0o777).to.equal(0o600);
  });

  it('refreshes a secondary zone, and says when there is none: that is no trouble of the server', async () => {
    const client = new ControlClient(directory);
    expect(await client.refresh('example.test.', false)).to.include({ outcome: 'current', serial: 7 });
    expect(await client.refresh('example.test.', true)).to.include({ outcome: 'fetched' });
    const refused = await client.refresh('other.test.', true).catch(String);
    expect(refused).to.equal('ControlError: zone other.test. has no primary here');
    expect(log.lines).to.deep.equal([]);
  });

  it('tells the status and the zones', async () => {
    const client = new ControlClient(directory);
    expect(await client.status()).to.deep.equal(STATUS);
    expect((await client.zones())[0]?.serial).to.equal(7);
  });

  it('reloads all zones or one, and passes a failure on in words', async () => {
    const client = new ControlClient(directory);
    await client.reload(undefined);
    await client.reload('example.test.');
    expect(asked.slice(-2)).to.deep.equal([undefined, 'example.test.']);
    const failure = await client.reload('broken.test.').catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(ControlError)
      .with.property('message', 'the server says: the disk is on fire');
  });

  it('waits for secondaries, for 10 s at most', async () => {
    const client = new ControlClient(directory);
    const report = { zone: 'example.test.', isReached: true, secondaries: [] };
    expect(await client.wait('example.test.', undefined, 500)).to.deep.equal({ ...report, serial: 7 });
    expect(await client.wait('example.test.', 9, 99_000)).to.deep.equal({ ...report, serial: 9 });
    expect(waited).to.deep.equal([500, 10_000]);
  });

  it('tells of location data, and what is known of an address', async () => {
    const client = new ControlClient(directory);
    expect(await client.geo()).to.deep.equal(GEO);
    expect((await client.geoLookup('2001:db8::1')).country).to.equal('DE');
    expect(String(await client.geoLookup('nonsense').catch(String))).to.contain(
      "'nonsense' is no IP address",
    );
  });

  it('says of a question without an answer why, and the log has no error', async () => {
    const failure = await new ControlClient(directory).wait('untold.test.', 9, 500).catch(String);
    expect(failure).to.match(/nobody is told of untold\.test\./);
    expect(await statusOf('/wait?zone=example.test.&serial=abc')).to.equal(422);
    expect(await statusOf('/wait?zone=example.test.&serial=4294967296')).to.equal(422);
    expect(log.lines).to.deep.equal([]);
  });

  it('sends long answers in parts, each when the last was taken', async () => {
    let length = 0;
    for await (const text of new ControlClient(directory).zoneText('example.test.', undefined))
      length += text.length;
    expect([length, begun.size]).to.deep.equal([2_000_000, 0]);
    const owners: string[] = [];
    for await (const { owner, ttl } of new ControlClient(directory).zoneRecords('example.test.', 7)) {
      owners.push(`${owner} ${ttl}`);
    }
    expect([owners.length, owners.at(-1)]).to.deep.equal([5000, '4999 7']);
    for await (const _ of new ControlClient(directory).difference('example.test.', 1, 2))
      throw new Error('none');
  });

  it('an answer that breaks off is no answer, and who goes away leaves nothing open', async () => {
    const client = new ControlClient(directory);
    const failure = await read(client.zoneText('broken.test.', undefined)).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ControlError);
    for await (const _ of client.zoneText('left.test.', undefined)) break;
    while (begun.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('says as it is what is wrong with a question', async () => {
    const client = new ControlClient(directory);
    for (const [asked, message] of [
      [read(client.history('examle.test', 5, true)), 'zone examle.test. is not served here'],
      [client.undo('example.test', 7), 'nothing to undo'],
      [read(client.zoneText('example.test', -1)), "the parameter at is '-1': expected a number"],
    ] as const) {
      const failure = await asked.catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ControlError).with.property('message', message);
    }
  });

  it('carries the operator’s word, and says no without a line of the log', async () => {
    const client = new ControlClient(directory);
    const word = { name: 'www.example.test', member: '192.0.2.1', state: 'out', by: 'kim' } as const;
    const told = await client.sayOfMember({ ...word, until: '2h', reason: 'a & b' });
    expect(told).to.include({ serial: 8, isChanged: true });
    await client.sayOfMember({ ...word, state: 'auto', by: '', until: undefined, reason: undefined });
    expect(said).to.deep.equal([
      { ...word, until: '2h', reason: 'a & b' },
      { ...word, state: 'auto', by: 'unknown', until: undefined, reason: undefined },
    ]);
    expect((await client.members('www.example.test')).owner).to.equal('www.example.test');
    const failure = await client
      .sayOfMember({ ...word, member: '192.0.2.9', until: undefined, reason: undefined })
      .catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(ControlError)
      .with.property('message', "the server says: '192.0.2.9' is no member");
    expect(log.lines).to.deep.equal([]);
  });

  it('refuses what is no path, what it does not know, and requests that are too large', async () => {
    expect(await statusOf('//')).to.equal(400);
    expect(await statusOf('/nothing')).to.equal(404);
    expect(await statusOf('/status', { padding: 'x'.repeat(100_000) })).to.equal(431);
    expect(await statusOf('/status')).to.equal(200);
  });

  it('takes the place of a socket file that a killed server left behind', async () => {
    const second = mkdtempSync(join(tmpdir(), 'waypost-control-'));
    writeFileSync(join(second, CONTROL_SOCKET), '');
    const successor = new ControlServer(second, controlled, SILENT_LOG);
    await successor.listen();
    expect((await new ControlClient(second).status()).pid).to.equal(1);
    await successor.close();
    rmSync(second, { recursive: true });
  });

  it('says that no server is running where none is', async () => {
    await server?.close();
    const failure = await new ControlClient(directory).status().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ControlError);
    expect(String(failure)).to.contain('no server is running');
  });
});

async function read(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}
