// What a monitor has taken out must stay out although declarative tools run beside it. STEERING.md §7, §8.
import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { needProgram, runProgram } from '../../support/programs.ts';
import { ToolClient } from '../../support/tool-client.ts';
import { tsigKey } from '../../support/tsig.ts';

const APEX = 'example.test';
const HOSTS = ['192.0.2.11', '192.0.2.12', '192.0.2.13'];
const HURT = '192.0.2.12';
const ZONE = `${CLIENT_ZONE}_steer.pool TXT "order=rotate ttl=5"
${HOSTS.map((host) => `pool 60 A ${host}`).join('\n')}
`;

/** Holds a name at what it is to be: reads back, compares, sends the difference. */
interface Loop {
  /** One turn; how many records it sent. */
  turn(): Promise<number>;
}

/** Reads the RRset by a signed plain query, as terraform does. */
function terraform(tool: ToolClient, desired: readonly string[]): Loop {
  return loop(tool, desired, () => tool.read(`pool.${APEX}`, 'A'), false);
}

/** Lists the zone by AXFR, as external-dns does each minute. */
function externalDns(tool: ToolClient, desired: readonly string[]): Loop {
  const list = async (): Promise<readonly string[]> => {
    const zone = await tool.transfer(APEX);
    if (typeof zone === 'string') throw new Error(zone);
    return zone.filter((line) => line.startsWith(`pool.${APEX}. `) && / A /.test(line));
  };
  return loop(tool, desired, list, true);
}

function loop(
  tool: ToolClient,
  desired: readonly string[],
  list: () => Promise<readonly string[]>,
  overTcp: boolean,
): Loop {
  return {
    async turn() {
      const found = await list();
      const removed = found.filter((line) => !desired.includes(line));
      const added = desired.filter((line) => !found.includes(line));
      const updates = [...removed.map((line) => line.replace(/ \d+ A /, ' 0 NONE A ')), ...added];
      if (updates.length === 0) return 0;
      const { rcode, why } = await tool.update({ updates }, { overTcp });
      if (rcode !== 'NOERROR') throw new Error(`${rcode} ${why}`);
      return updates.length;
    },
  };
}

describe('a host that a monitor took out, beside tools that hold the zone at their plan', function () {
  this.timeout(60_000);
  let server: KeyedServer;
  const plan = (hosts: readonly string[]): readonly string[] =>
    hosts.map((host) => `pool.${APEX}. 60 A ${host}`);

  before(async function () {
    needProgram(this, 'dig');
    needProgram(this, 'nsupdate');
    server = await KeyedServer.start({
      zones: { [APEX]: ZONE },
      keys: { 'deploy.': 'hmac-sha256', 'mon.': 'hmac-sha256' },
      rules: {
        [APEX]: [
          'key = "deploy.", names = ["**"], action = "edit"',
          'key = "mon.", names = ["pool"], action = "judge"',
        ],
      },
    });
  });
  after(() => server?.remove());

  /** The monitor is nsupdate. */
  async function judge(line: string): Promise<void> {
    const input = `server 127.0.0.1 ${server.port}\n${line}\nsend\n`;
    const outcome = await runProgram('nsupdate', ['-k', server.keyFile('mon.')], { input });
    expect(outcome).to.deep.equal({ code: 0, text: '' });
  }

  const answer = (): Promise<readonly string[]> => server.data(`pool.${APEX}`, 'A');

  const KINDS = { 'a terraform-like loop': terraform, 'an external-dns-like loop': externalDns };
  for (const [what, make] of Object.entries(KINDS)) {
    it(`${what} sees no difference and sends nothing; the host is back when the monitor says so`, async () => {
      const tool = new ToolClient(server.port, tsigKey('deploy.'));
      const held = make(tool, plan(HOSTS));
      expect(await held.turn()).to.equal(0);
      await judge(`update delete pool.${APEX} A ${HURT}`);
      expect(await answer()).to.deep.equal(HOSTS.filter((host) => host !== HURT));
      const serial = await server.serial();
      for (let turn = 0; turn < 3; turn++) expect(await held.turn()).to.equal(0);
      expect(await server.serial()).to.equal(serial);
      expect(await answer()).to.deep.equal(HOSTS.filter((host) => host !== HURT));
      await judge(`update add pool.${APEX} 60 A ${HURT}`);
      expect(await answer()).to.deep.equal(HOSTS);
      expect(await held.turn()).to.equal(0);
    });

    it(`${what} changes its plan meanwhile: what it adds is answered, what is out stays out`, async () => {
      const tool = new ToolClient(server.port, tsigKey('deploy.'));
      await judge(`update delete pool.${APEX} A ${HURT}`);
      const more = make(tool, plan([...HOSTS, '192.0.2.14']));
      expect(await more.turn()).to.equal(1);
      expect(await answer()).to.deep.equal(['192.0.2.11', '192.0.2.13', '192.0.2.14']);
      expect(await more.turn()).to.equal(0);
      const fewer = make(tool, plan(HOSTS));
      expect(await fewer.turn()).to.equal(1);
      expect(await answer()).to.deep.equal(['192.0.2.11', '192.0.2.13']);
      await judge(`update add pool.${APEX} 60 A ${HURT}`);
      expect(await answer()).to.deep.equal(HOSTS);
    });
  }

  it('a tool that puts it there all the same changes nothing about the verdict', async () => {
    const tool = new ToolClient(server.port, tsigKey('deploy.'));
    await judge(`update delete pool.${APEX} A ${HURT}`);
    const updates = [`pool 0 ANY A`, ...HOSTS.map((host) => `pool 60 A ${host}`)]; // as octoDNS does
    expect((await tool.update({ updates }, { overTcp: true })).rcode).to.equal('NOERROR');
    expect(await answer()).to.deep.equal(HOSTS.filter((host) => host !== HURT));
    const verdicts = await tool.read(`_steer.pool.${APEX}`, 'TXT');
    expect(verdicts.join('\n')).to.match(/"192\.0\.2\.12 down by=mon\. since=/);
    await judge(`update add pool.${APEX} 60 A ${HURT}`);
    expect(await answer()).to.deep.equal(HOSTS);
  });
});
