import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { showRdata } from '../../src/rdata/table.ts';
import { RRType } from '../../src/wire/iana.ts';
import { query } from '../support/answering.ts';
import { ChildServer } from '../support/child-server.ts';
import { type MonitorSetup, MortalHost, startMonitor } from '../support/monitor-child.ts';
import { OracleClient } from '../support/oracle-client.ts';
import { freePort, isInstalled, RunningPeer } from '../support/peers.ts';
import type { RunningProgram } from '../support/programs.ts';
import { name } from '../support/rr.ts';
import { signingBind, signingKnot } from '../support/signing-peers.ts';
import { SECRET } from '../support/tsig.ts';

const APEX = 'example.test';
const [ONE, TWO, THREE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
const ALL = [ONE, TWO, THREE];
/** A steered name of each test's own. */
const STEERED = ['loop', 'blind', 'leased', 'stays', 'restart'];
const EDITED = 'www';
const SOA = '$TTL 60\n@ SOA ns1 host 7 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';
const ZONE = `${SOA}${addressesOf(EDITED)}`;
const STEERED_ZONE = [
  ZONE,
  ...STEERED.map((label) => `${addressesOf(label)}_steer.${label} TXT "quorum=1"\n`),
  `${addressesOf('two')}_steer.two TXT "quorum=2"\n`,
].join('');
const KEYS = ['mon', 'other'];
const BIND_PEER = signingBind(
  KEYS.map((key) => `key "${key}" { algorithm hmac-sha256; secret "${SECRET}"; };`).join('\n'),
  KEYS,
);
const KNOT_PEER = signingKnot(
  `key:\n${KEYS.map((key) => `  - id: ${key}\n    algorithm: hmac-sha256\n    secret: ${SECRET}\n`).join('')}`,
  KEYS,
);
const JUDGED = JSON.stringify([...STEERED, 'two']);
const SETTINGS = `${KEYS.map((key) => `[keys."${key}."]\nsecret = "${SECRET}"\n`).join('')}
[zone."${APEX}"]
update = [
  { key = "mon.", names = ["${EDITED}", "_pulled.${EDITED}"], action = "edit" },
  { key = "mon.", names = ${JUDGED}, action = "judge" },
  { key = "other.", names = ${JUDGED}, action = "judge" },
]
transfer = [ { key = "mon.", view = "raw" }, { key = "other.", view = "raw" } ]
`;
const UNLEASED = 'action = "judge"\nlease = "0s"\n';
const LEASED = 'action = "judge"\nlease = "2s"\n';
const LIMIT_MS = 15_000;
const POLL_MS = 20;

describe('the whole loop: hosts die, the monitor acts, answers change', function () {
  this.timeout(40_000);
  let directory = '';
  let monitors: RunningProgram[] = [];
  let hosts: MortalHost[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-loop-'));
    hosts = await Promise.all(ALL.map(() => MortalHost.start()));
  });
  afterEach(async () => {
    await Promise.all(monitors.map((monitor) => monitor.stop()));
    monitors = [];
    for (const host of hosts) host.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  const membersOf = (probed: readonly MortalHost[]) =>
    Object.fromEntries(ALL.flatMap((member, i) => (probed[i] === undefined ? [] : [[member, probed[i]]])));
  /** Starts a monitor; resolves when it has seen all hosts up. */
  const watch = async (
    port: number,
    label: string,
    setup: Partial<MonitorSetup> = {},
  ): Promise<RunningProgram> => {
    const owner = `${label}.${APEX}`;
    const monitor = startMonitor(directory, { port, apex: APEX, owner, members: membersOf(hosts), ...setup });
    monitors.push(monitor);
    await monitor.untilSays(new RegExp(`( is up.*?){${ALL.length}}`, 's'));
    return monitor;
  };
  const die = (...indexes: number[]): void => {
    for (const index of indexes) hosts[index]?.kill();
  };
  const revive = (...indexes: number[]) => Promise.all(indexes.map((index) => hosts[index]?.revive()));

  for (const peer of [BIND_PEER, KNOT_PEER]) {
    it(`${peer.name}: out, and back in`, async function () {
      if (!isInstalled(peer)) {
        console.log(`    skipped: ${peer.command} is not installed`);
        this.skip();
      }
      const running = await RunningPeer.start(peer, join(directory, peer.name), [{ apex: APEX, text: ZONE }]);
      try {
        await watch(running.port, EDITED);
        expect(await answer(running.client, EDITED)).to.deep.equal(ALL);
        die(1);
        await untilAnswer(running.client, EDITED, [ONE, THREE]);
        await revive(1);
        await untilAnswer(running.client, EDITED, ALL);
        expect(await answer(running.client, `_pulled.${EDITED}`, RRType.TXT)).to.deep.equal([]);
      } finally {
        for (const monitor of monitors) await monitor.stop();
        await running.stop();
      }
    });
  }

  describe('Waypost', () => {
    let server: ChildServer;
    let client: OracleClient;
    before(async () => {
      server = new ChildServer({
        zones: { [`${APEX}.zone`]: STEERED_ZONE },
        settings: SETTINGS,
        listen: `"127.0.0.1:${await freePort()}"`,
      });
      await server.start();
      client = await OracleClient.open(server.port);
    });
    after(async () => {
      await client.close();
      await server.remove();
    });

    it('by editing: out, and back in', async () => {
      await watch(server.port, EDITED);
      die(1);
      await untilAnswer(client, EDITED, [ONE, THREE]);
      await revive(1);
      await untilAnswer(client, EDITED, ALL);
    });

    it('by judging: out, and back in; the last one stays', async () => {
      const monitor = await watch(server.port, 'loop', { zone: UNLEASED, references: [await witness()] });
      die(0);
      await untilAnswer(client, 'loop', [TWO, THREE]);
      die(1, 2);
      await monitor.untilSays(/is kept in/);
      await untilAnswer(client, 'loop', (held) => held.length === 1);
      await revive(0);
      await untilAnswer(client, 'loop', (held) => held.includes(ONE));
      await revive(1, 2);
      await untilAnswer(client, 'loop', ALL);
    });

    it('a monitor is killed while a host is down: a lease ends, no lease stays for the next one', async () => {
      const leased = await watch(server.port, 'leased', { zone: LEASED });
      const stays = await watch(server.port, 'stays', { zone: UNLEASED });
      die(1);
      await untilAnswer(client, 'leased', [ONE, THREE]);
      await untilAnswer(client, 'stays', [ONE, THREE]);
      for (const monitor of [leased, stays]) {
        monitor.child.kill('SIGKILL');
        await monitor.ended;
      }
      await untilAnswer(client, 'leased', ALL); // the host is dead still: nobody says so any more
      expect(await answer(client, 'stays')).to.deep.equal([ONE, THREE]);
      await revive(1);
      await watch(server.port, 'stays', { zone: UNLEASED });
      await untilAnswer(client, 'stays', ALL);
    });

    it('a lease is renewed as long as the host is down', async () => {
      await watch(server.port, 'leased', { zone: LEASED });
      die(1);
      await untilAnswer(client, 'leased', [ONE, THREE]);
      for (const until = Date.now() + 3000; Date.now() < until; await setTimeout(POLL_MS)) {
        expect(await answer(client, 'leased')).to.deep.equal([ONE, THREE]);
      }
      await revive(1);
      await untilAnswer(client, 'leased', ALL);
    });

    it('with quorum=2 one monitor is not enough', async () => {
      const elsewhere = await Promise.all(ALL.map(() => MortalHost.start()));
      try {
        const one = await watch(server.port, 'two', { zone: UNLEASED });
        const other = await watch(server.port, 'two', {
          zone: UNLEASED,
          key: 'other',
          members: membersOf(elsewhere),
        });
        die(1);
        await one.untilSays(/is updated .*pulled=192\.0\.2\.2/);
        expect(await answer(client, 'two')).to.deep.equal(ALL);
        elsewhere[1]?.kill();
        await other.untilSays(/is updated .*pulled=192\.0\.2\.2/);
        await untilAnswer(client, 'two', [ONE, THREE]);
        await revive(1);
        await untilAnswer(client, 'two', ALL);
      } finally {
        for (const host of elsewhere) host.kill();
      }
    });

    it('the name server is restarted while a host dies and another comes back', async () => {
      const monitor = await watch(server.port, 'restart', { zone: UNLEASED });
      die(0);
      await untilAnswer(client, 'restart', [TWO, THREE]);
      await server.end('SIGKILL');
      await revive(0);
      await monitor.untilSays(/192\.0\.2\.1 of \S+ is up.*192\.0\.2\.1 of \S+ is up/s);
      die(1);
      await monitor.untilSays(/192\.0\.2\.2 of \S+ is down/);
      await server.start();
      await untilAnswer(client, 'restart', [ONE, THREE]);
      await revive(1);
      await untilAnswer(client, 'restart', ALL);
    });

    it('the name server says nothing while a host dies and another comes back', async () => {
      const monitor = await watch(server.port, 'restart', { zone: UNLEASED });
      die(0);
      await untilAnswer(client, 'restart', [TWO, THREE]);
      server.signal('SIGSTOP');
      try {
        die(1);
        await revive(0);
        await monitor.untilSays(/is not known: nothing is changed there/);
      } finally {
        server.signal('SIGCONT');
      }
      await untilAnswer(client, 'restart', [ONE, THREE]);
      await revive(1);
      await untilAnswer(client, 'restart', ALL);
    });

    it('a monitor whose network is cut pulls nobody', async () => {
      const reference = await witness();
      const monitor = await watch(server.port, 'blind', { zone: UNLEASED, references: [reference] });
      reference.kill();
      die(0, 1, 2);
      await monitor.untilSays(/BLIND/);
      await monitor.untilSays(/( is down.*?){3}/s);
      await Promise.all([reference.revive(), revive(0, 1, 2)]);
      await monitor.untilSays(/sees clearly again/);
      expect(monitor.text).not.to.contain('pulled=');
      expect(await answer(client, 'blind')).to.deep.equal(ALL);
    });
  });

  /** A host that nobody is sent to; it ends with the others. */
  async function witness(): Promise<MortalHost> {
    const host = await MortalHost.start();
    hosts.push(host);
    return host;
  }
});

function addressesOf(label: string): string {
  return ALL.map((address) => `${label} A ${address}\n`).join('');
}

/** The data that everybody is told, sorted; `undefined` when nobody answers. */
async function answer(
  client: OracleClient,
  label: string,
  type: number = RRType.A,
): Promise<readonly string[] | undefined> {
  const reply = await client.ask(query(name(`${label}.${APEX}`), type), { timeoutMs: 500, attempts: 1 });
  return (
    reply &&
    parseMessage(reply)
      .answers.map(({ rdata }) => showRdata(type, rdata))
      .sort()
  );
}

/** Asks until it is told this. */
async function untilAnswer(
  client: OracleClient,
  label: string,
  wanted: readonly string[] | ((held: readonly string[]) => boolean),
): Promise<void> {
  let held: readonly string[] | undefined;
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await setTimeout(POLL_MS)) {
    held = await answer(client, label);
    if (held === undefined) continue;
    if (typeof wanted === 'function' ? wanted(held) : held.join() === wanted.join()) return;
  }
  throw new Error(`${label} is answered with ${held?.join(' ')} after ${LIMIT_MS} ms`);
}
