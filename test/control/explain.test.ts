import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SILENT_LOG } from '../../src/base/effects.ts';
import { ControlClient, ControlError, NoServerError } from '../../src/control/client.ts';
import { Explaining, MOST_CLIENTS } from '../../src/control/explain.ts';
import { CONTROL_SOCKET } from '../../src/control/protocol.ts';
import { type Controlled, ControlServer } from '../../src/control/server.ts';
import { ExplainedZone } from '../support/explaining.ts';

const ZONE = new ExplainedZone(`www 60 A 192.0.2.1
www 60 A 192.0.2.2
_steer.www 60 TXT "rank=distance"
_steer.www 60 TXT "192.0.2.1 at=39.90,116.40"
_steer.www 60 TXT "192.0.2.2 at=51.51,-0.13"
turns 60 A 192.0.2.3
turns 60 A 192.0.2.4
_steer.turns 60 TXT "order=weighted"
_steer.turns 60 TXT "192.0.2.4 weight=3"
stays 60 A 192.0.2.5
stays 60 A 192.0.2.6
_steer.stays 60 TXT "order=sticky"
plain 60 A 192.0.2.7`);

describe('explaining over the control socket', () => {
  let directory = '';
  let server: ControlServer;
  let client: ControlClient;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-explain-'));
    const explain = new Explaining(() => ZONE.options);
    // Nothing else is asked here.
    const controlled: Controlled = Object.assign(JSON.parse('{}'), { explain, zones: () => [] });
    server = new ControlServer(directory, controlled, SILENT_LOG);
    await server.listen();
    client = new ControlClient(directory);
  });
  after(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  it('explains one answer', async () => {
    const question = { name: 'www.example.test', type: 'A', client: '203.0.113.7', ecs: '198.51.100.0/24' };
    const explanation = await client.explain(question);
    expect(explanation.reply.answer).to.deep.equal(['www.example.test. 60 IN A 192.0.2.1']);
    expect(explanation).to.deep.equal(
      JSON.parse(JSON.stringify(ZONE.explain(question.name, question.client, question))),
    );
  });

  it('says what is wrong with a question, and nothing else', async () => {
    const asked = client.explain({ name: 'www.example.test', type: 'A', client: 'me' });
    const error = await asked.catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ControlError);
    expect(String(error)).to.match(/: client 'me' is no address/);
  });

  it('sorts many clients into classes: what they get, and who is how often first', async () => {
    const classed = async (name: string, ...clients: string[]) =>
      await client.classes({ name, type: 'A', clients });
    const near = await classed('www.example.test', '198.51.100.1', '203.0.113.0/24', '198.51.100.2');
    expect(near.of).to.deep.equal([0, 1, 0]);
    expect(near.classes).to.deep.equal([
      {
        steered: { owner: 'www.example.test.', type: 'A' },
        tiers: [['192.0.2.1']],
        first: { '192.0.2.1': 1 },
      },
      {
        steered: { owner: 'www.example.test.', type: 'A' },
        tiers: [['192.0.2.2']],
        first: { '192.0.2.2': 1 },
      },
    ]);
    const [weighted] = (await classed('turns.example.test', '203.0.113.1')).classes;
    expect(weighted?.first).to.deep.equal({ '192.0.2.3': 0.25, '192.0.2.4': 0.75 });
    const many = Array.from({ length: 64 }, (_, i) => `10.${i}.0.1`);
    const sticky = await classed('stays.example.test', ...many);
    expect(sticky.classes.map(({ first }) => Object.values(first))).to.deep.equal([[1], [1]]);
    expect((await classed('plain.example.test', '203.0.113.1')).classes).to.deep.equal([
      { tiers: [], first: {} },
    ]);
  });

  it('refuses clients that are none, too many at once, and names that nobody gets', async () => {
    const refusal = async (name: string, clients: readonly string[]): Promise<string> =>
      String(await client.classes({ name, type: 'A', clients }).catch((caught: unknown) => caught));
    expect(await refusal('www.example.test', ['203.0.113.1', 'x'])).to.contain("'x' is no address");
    expect(await refusal('nobody.example.test', ['203.0.113.1'])).to.contain('does not exist');
    expect(await refusal('www.other', ['203.0.113.1'])).to.contain('no zone here holds');
    const many = Array.from({ length: MOST_CLIENTS + 1 }, () => '203.0.113.1');
    expect(await refusal('www.example.test', many)).to.contain(`${MOST_CLIENTS} is the most`);
  });

  it('does not take a body without end', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const path = '/explain/clients?name=www.example.test';
      const call = request(
        { socketPath: join(directory, CONTROL_SOCKET), method: 'POST', path },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      call.on('error', reject);
      const chunk = '203.0.113.1\n'.repeat(10_000);
      for (let sent = 0; sent < 2_000_000; sent += chunk.length) call.write(chunk);
      call.end();
    });
    expect(status).to.equal(422);
  });

  it('lets others have their turn while many clients are asked for', async () => {
    const clients = Array.from({ length: MOST_CLIENTS }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    let isDone = false;
    const many = client.classes({ name: 'www.example.test', type: 'A', clients }).then(() => {
      isDone = true;
    });
    const answered: boolean[] = [];
    while (!isDone) {
      await client.zones();
      answered.push(isDone);
    }
    await many;
    expect(answered.filter((late) => !late).length).to.be.greaterThan(3);
  });

  it('knows where no server is', async () => {
    const nobody = new ControlClient(join(directory, 'nowhere'));
    const error = await nobody.status().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(NoServerError);
  });
});
