import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { Opcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { ROOT } from '../../src/wire/name.ts';
import { ChildServer } from '../support/child-server.ts';
import { hasCommand, isInstalled, RunningPeer } from '../support/peers.ts';
import { name, scanRecord, showFoldedRecord } from '../support/rr.ts';
import { secondaryBind, secondaryKnot, secondaryNsd } from '../support/secondary-peers.ts';
import { SECRET } from '../support/tsig.ts';
import { UdpClient } from '../support/udp-client.ts';

const APEX = 'example.test';
/** Enough for several messages in a transfer. */
const HOSTS = 3000;
const ZONE = [
  '$TTL 60',
  '@ SOA ns1 host 7 7200 900 1209600 300',
  '@ NS ns1',
  '@ NS NS2.Example.NET.',
  '@ MX 10 mail',
  'ns1 A 192.0.2.53',
  'mail AAAA 2001:db8::25',
  'sub NS ns.sub',
  'ns.sub A 192.0.2.54',
  '*.wild CNAME mail',
  'strange TYPE65280 \\# 3 010203',
  'a\\.b.c\\000d TXT "odd \\"quotes\\" \\255"',
  'www A 192.0.2.1',
  'www A 192.0.2.2',
  '_steer.www TXT "order=rotate"',
  ...Array.from({ length: HOSTS }, (_, i) => `h${i} TXT "host ${i} of many, with a text for its length"`),
  '',
].join('\n');
const KEYS = ['secondary.', 'other.', 'deploy.', 'mon.'];
const SETTINGS = `
${KEYS.map((key) => `[keys."${key}"]\nsecret = "${SECRET}"\n`).join('')}
[zone."${APEX}"]
update = [
  { key = "deploy.", names = ["**"], action = "edit" },
  { key = "mon.", names = ["www"], action = "judge" },
]
transfer = [ { key = "secondary.", view = "raw" }, { key = "other." } ]
`;

/** What a tool prints of a transfer; `key` signs the request. */
type Asking = (port: number, type: string, key: string | undefined) => Promise<string>;

const dig: Asking = (port, type, key) =>
  run('dig', ['@127.0.0.1', '-p', `${port}`, '+tcp', ...signature(key), APEX, type]);

const TOOLS: readonly { tool: string; ask: Asking }[] = [
  { tool: 'dig', ask: dig },
  {
    tool: 'kdig',
    ask: (port, type, key) =>
      run('kdig', ['@127.0.0.1', '-p', `${port}`, '+tcp', ...signature(key), APEX, type]),
  },
];

describe('transfers to other tools and servers', function () {
  this.timeout(60_000);
  const server = new ChildServer({ zones: { [`${APEX}.zone`]: ZONE }, settings: SETTINGS });
  let directory = '';
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-transfer-'));
    await server.start();
  });
  after(async () => {
    await server.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const { tool, ask } of TOOLS) {
    describe(tool, () => {
      before(function () {
        if (hasCommand(tool)) return;
        console.log(`    skipped: ${tool} is not installed`);
        this.skip();
      });

      it('AXFR: the whole zone, every message verified', async () => {
        const lines = recordsIn(await ask(server.port, 'AXFR', 'secondary.'));
        expect(lines.filter((line) => !line.startsWith('dig.'))).to.have.length(14 + HOSTS);
        expect(lines).to.include('_steer.www.example.test. 60 TXT "order=rotate"');
        expect(lines).to.include('example.test. 60 NS ns2.example.net.');
        expect(recordsIn(await ask(server.port, 'AXFR', 'deploy.'))).to.deep.equal(lines);
        const live = recordsIn(await ask(server.port, 'AXFR', 'other.'));
        expect(live).to.deep.equal(lines.filter((line) => !line.startsWith('_steer')));
      });

      it('IXFR: the differences, or the SOA alone', async function () {
        if (!hasCommand('nsupdate')) {
          console.log('    skipped: nsupdate (bind9-dnsutils) is not installed');
          this.skip();
        }
        const [soa = ''] = recordsIn(await ask(server.port, 'AXFR', 'other.')).filter((line) =>
          / SOA /.test(line),
        );
        const serial = Number(soa.split(' ')[5]);
        await nsupdate(server.port, 'deploy.', [`add ${tool}.${APEX} 60 A 192.0.2.77`]);
        const text = await ask(server.port, `IXFR=${serial}`, 'other.');
        expect(recordsIn(text)).to.have.length(3);
        expect(recordsIn(text)).to.include(`${tool}.example.test. 60 A 192.0.2.77`);
        const none = recordsIn(await ask(server.port, `IXFR=${serial + 1}`, 'other.'));
        expect(none).to.have.length(1);
      });

      it('says why there is no transfer', async () => {
        const text = await ask(server.port, 'AXFR', 'mon.');
        expect(text).to.match(/REFUSED|Transfer failed|failed/);
        expect(server.log).to.match(
          /transfer: refused .*key mon\. may not transfer zone example\.test: no rule names it/,
        );
      });
    });
  }

  for (const [make, key, view] of [
    [secondaryBind, 'other.', 'live'],
    [secondaryKnot, 'other.', 'live'],
    [secondaryNsd, 'other.', 'live'],
    [secondaryBind, 'secondary.', 'raw'],
  ] as const) {
    const { name: peerName, ...rest } = make({ port: 0, key });
    it(`${peerName} as a secondary (${view} view) has the new serial and the same records after each change`, async function () {
      if (!isInstalled({ name: peerName, ...rest }) || !hasCommand('dig') || !hasCommand('nsupdate')) {
        console.log(`    skipped: needs ${peerName}, dig and nsupdate`);
        this.skip();
      }
      const place = join(directory, `${peerName}-${view}`);
      const peer = await RunningPeer.start(make({ port: server.port, key }), place, [
        { apex: APEX, text: '' },
      ]);
      try {
        const same = async () => {
          const ours = recordsIn(await dig(server.port, 'AXFR', key));
          await tell(peer.port);
          for (let attempts = 0; ; attempts++) {
            const theirs = recordsIn(await dig(peer.port, 'AXFR', undefined));
            if (theirs.join() === ours.join()) return;
            if (attempts === 100) expect(theirs).to.deep.equal(ours);
            await setTimeout(50);
          }
        };
        await same();
        await nsupdate(server.port, 'deploy.', [
          `add n1.${APEX} 60 A 192.0.2.9`,
          `add n2.${APEX} 60 MX 5 n1.${APEX}.`,
        ]);
        await same();
        await nsupdate(server.port, 'mon.', [`delete www.${APEX} A 192.0.2.1`]);
        await same();
        await nsupdate(server.port, 'deploy.', [
          `delete n1.${APEX} A`,
          `add n2.${APEX} 300 MX 5 n3.${APEX}.`,
        ]);
        await nsupdate(server.port, 'mon.', [`add www.${APEX} 60 A 192.0.2.1`]);
        await same();
        await nsupdate(server.port, 'deploy.', [`delete n2.${APEX}`]);
        await same();
        const steps = server.log.match(new RegExp(`transfer: done .*IXFR.*view=${view}.*form=steps`, 'g'));
        expect(steps?.length, server.log.slice(-3000)).to.be.greaterThan(2);
      } finally {
        await peer.stop();
      }
    });
  }

  for (const [language, command, ...args] of [
    ['named', 'named-checkconf'],
    ['knot', 'knotc', '-c'],
    ['nsd', 'nsd-checkconf'],
  ] as const) {
    it(`docs/transfers.md: ${command} finds nothing wrong with what is to be written for it`, async function () {
      if (!hasCommand(command)) {
        console.log(`    skipped: ${command} is not installed`);
        this.skip();
      }
      const page = readFileSync('docs/transfers.md', 'utf8');
      const [, text = ''] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page) ?? [];
      const file = join(directory, `${language}.conf`);
      writeFileSync(file, text);
      const printed = await run(command, [...args, file, ...(language === 'knot' ? ['conf-check'] : [])]);
      expect(printed.replace('Configuration is valid', '').trim()).to.equal('');
    });
  }
});

// --- helpers ---

function signature(key: string | undefined): string[] {
  return key === undefined ? [] : ['-y', `hmac-sha256:${key}:${SECRET}`];
}

/** The records in what dig or kdig prints, each once, in some order that is always the same. */
function recordsIn(text: string): string[] {
  expect(text).to.not.match(/could(n't| not) be validated|couldn't verify|WARNING|bad sig/i);
  const lines = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';') && !/\sTSIG\s/.test(line));
  return [...new Set(lines.map((line) => showFoldedRecord(scanRecord(line, ROOT))))].sort();
}

function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 }, (_, out, err) =>
      resolve(out + err),
    );
    child.stdin?.on('error', () => {}); // who reads nothing may have ended already
    child.stdin?.end(input);
  });
}

async function nsupdate(port: number, key: string, lines: readonly string[]): Promise<void> {
  const input = [
    `server 127.0.0.1 ${port}`,
    `zone ${APEX}`,
    ...lines.map((line) => `update ${line}`),
    'send',
    '',
  ];
  const printed = await run('nsupdate', ['-y', `hmac-sha256:${key}:${SECRET}`], input.join('\n'));
  expect(printed).to.equal('');
}

/** Sends a secondary a NOTIFY, so that it need not wait for the refresh time. */
async function tell(port: number): Promise<void> {
  const client = await UdpClient.open();
  const question = { name: name(APEX), type: RRType.SOA, class: RRClass.IN };
  const notify = makeQuery(11, question, { opcode: Opcode.NOTIFY });
  await client.ask(composeMessage(notify), { octets: Uint8Array.of(127, 0, 0, 1), port }, 2000);
  await client.close();
}
