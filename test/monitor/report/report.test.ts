import { get, request } from 'node:http';
import { expect } from 'chai';
import { showMetrics } from '../../../src/monitor/report/metrics.ts';
import { ReportAddressError, ReportServer } from '../../../src/monitor/report/report-server.ts';
import { type MonitorStatus, statusOf } from '../../../src/monitor/report/status.ts';
import { recentLines, statusHead, statusTable } from '../../../src/monitor/report/table.ts';
import { THREE, WatchedWorld } from '../../support/watching.ts';

const plain = (_colour: string, text: string): string => text;

/** A monitor after a member has failed. */
async function statusAfterFailure(): Promise<MonitorStatus> {
  const world = new WatchedWorld(`${THREE}[reference.gateway]\naddress = "192.0.2.254"\nprobe = "web"\n`);
  world.monitor.start();
  world.learn();
  await world.pass(3000);
  world.broken.add('192.0.2.2');
  await world.pass(3000);
  const nowMs = world.effects.now;
  const status = statusOf(world.monitor, {
    version: '1.2.3',
    pid: 42,
    nowMs,
    startedMs: nowMs - 6000,
    dryRun: false,
  });
  await world.monitor.stop();
  return status;
}

describe('monitor/report', () => {
  let status: MonitorStatus;
  before(async () => {
    status = await statusAfterFailure();
  });

  it('status: each member with its state, results and what is wanted of it', () => {
    const members = status.zones[0]?.names[0]?.members ?? [];
    expect(members.map(({ member, state, presence, want }) => [member, state, presence, want])).to.deep.equal(
      [
        ['192.0.2.1', 'up', 'in', 'in'],
        ['192.0.2.2', 'down', 'out', 'out'],
        ['192.0.2.3', 'up', 'in', 'in'],
      ],
    );
    expect(members[1]?.results).to.have.length(5);
    expect(members[1]?.results.at(-1)).to.include({ probe: 'web', passed: false, detail: 'no connection' });
    expect(members[1]?.nextChangeSeconds).to.be.within(1, 2);
    expect(status.zones[0]).to.include({ zone: 'example.test.', isKnown: true, action: 'edit' });
    expect(status.counts).to.include({ update: 1 });
    expect(JSON.parse(JSON.stringify(status)).zones[0].names[0].name).to.equal('www.example.test.');
  });

  it('table: a row for each member, marks of the last five results, what happened', () => {
    const { columns, rows } = statusTable(status, plain);
    expect(columns.map(({ title }) => title)).to.include.members([
      'state',
      'since',
      'last 5',
      'latency',
      'next change',
    ]);
    for (const row of rows) expect(row).to.have.length(columns.length);
    expect(rows.map(([, member]) => member)).to.deep.equal([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.254',
    ]);
    expect(rows[1]?.slice(2, 4)).to.deep.equal(['down', 'pulled']);
    expect(rows[1]?.[5]).to.match(/^\+*-+$/);
    expect(statusHead(status, plain)[1]).to.contain('3 members: 2 up, 1 down');
    expect(recentLines(status, 3, plain).join('\n')).to.contain('www.example.test. is updated');
    expect(recentLines(status, 0, plain)).to.deep.equal([]);
  });

  it('table: blindness, alarms and servers that are not known stand at the top', () => {
    const [zone] = status.zones;
    if (zone === undefined) throw new Error('no zone');
    const alarm = {
      about: 'zone example.test.',
      reason: 'REFUSED',
      since: status.now,
      skewSeconds: undefined,
    };
    const bad = {
      ...status,
      sight: { ...status.sight, kind: 'blind', failing: 3, of: 3 },
      zones: [{ ...zone, isKnown: false, alarms: [alarm] }],
    };
    const head = statusHead(bad, plain).join('\n');
    expect(head).to.contain('BLIND: 3 of 3 targets fail at once');
    expect(head).to.contain('what 192.0.2.53:53 holds of example.test. is not known');
    expect(head).to.contain('ALARM zone example.test.: REFUSED');
  });

  it('metrics: every family has its help and type once, and lines that Prometheus reads', () => {
    const text = showMetrics(status);
    expect(text).to.contain(
      'waypost_monitor_member_healthy{zone="example.test.",name="www.example.test.",member="192.0.2.2"} 0\n',
    );
    expect(text).to.contain('waypost_monitor_blind 0\n');
    for (const line of text.trimEnd().split('\n')) {
      expect(line).to.match(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[0-9.e+-]+)$/);
    }
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(types).to.deep.equal([...new Set(types)]);
    for (const name of types) expect(text).to.contain(`# HELP ${name} `);
  });

  describe('over HTTP', () => {
    let server: ReportServer;
    before(async () => {
      server = await ReportServer.listen({ address: '127.0.0.1', port: 0 }, () => status);
    });
    after(() => server.close());

    const ask = (path: string, options: { method?: string; host?: string } = {}): Promise<[number, string]> =>
      new Promise((resolve, reject) => {
        const { port } = server.endpoint;
        const headers = { Host: options.host ?? `127.0.0.1:${port}` };
        const asked = request(
          { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers, agent: false },
          (response) => {
            let text = '';
            response.on('data', (part) => {
              text += part;
            });
            response.on('end', () => resolve([response.statusCode ?? 0, text]));
          },
        );
        asked.on('error', reject).end();
      });

    it('tells the status as JSON and the metrics as text', async () => {
      const [code, text] = await ask('/status');
      expect(code).to.equal(200);
      expect(JSON.parse(text)).to.deep.equal(JSON.parse(JSON.stringify(status)));
      expect((await ask('/metrics'))[1]).to.equal(showMetrics(status));
      expect((await ask('/metrics', { method: 'HEAD' }))[1]).to.equal('');
    });

    it('takes nothing but GET and HEAD, and knows no other page', async () => {
      for (const method of ['POST', 'PUT', 'DELETE'])
        expect((await ask('/status', { method }))[0]).to.equal(405);
      expect((await ask('/etc/passwd'))[0]).to.equal(404);
    });

    it('answers no page that came to it by another name', async () => {
      expect((await ask('/status', { host: 'evil.test' }))[0]).to.equal(403);
      expect((await ask('/status', { host: 'localhost:1234' }))[0]).to.equal(200);
    });

    it('closes each connection after its answer', (done) => {
      get({ host: '127.0.0.1', port: server.endpoint.port, path: '/' }, (response) => {
        expect(response.headers.connection).to.equal('close');
        response.resume().on('end', done);
      });
    });

    it('says when the address is taken', async () => {
      const error = await ReportServer.listen(server.endpoint, () => status).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(ReportAddressError);
      expect(String(error)).to.contain('is another monitor running?');
    });
  });
});
