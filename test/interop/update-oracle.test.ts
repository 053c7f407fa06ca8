import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { KeyedServer } from '../support/keyed-server.ts';
import { BIND, isInstalled, RunningPeer } from '../support/peers.ts';
import { needThat } from '../support/programs.ts';
import { signingBind } from '../support/signing-peers.ts';
import { ToolClient } from '../support/tool-client.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';

const APEX = 'example.test';
const MESSAGES = Number(process.env['WAYPOST_ORACLE_UPDATES'] ?? 150);
const ZONE = `$TTL 300
@      SOA ns1.example. hostmaster 1 7200 900 1209600 60
@      NS  ns1.example.
@      NS  ns2.example.
@      MX  10 mx.example.
www    A   192.0.2.1
www    A   192.0.2.2
www    TXT "one"
mail   A   192.0.2.3
alias  CNAME www
sub    NS  ns.example.
a.b.c  TXT "deep"
*.wild A   192.0.2.4
`;

const OTHER_CASE = 'MX 10 MX.example.';
const OWNERS = [
  '@',
  'www',
  'WWW',
  'mail',
  'alias',
  'sub',
  'x.sub',
  'a.b.c',
  'b.c',
  '*.wild',
  'new',
  'new.new',
];
const DATA = [
  'A 192.0.2.1',
  'A 192.0.2.2',
  'A 192.0.2.9',
  'AAAA 2001:db8::1',
  'TXT "one"',
  'TXT "two" "three"',
  'CNAME www',
  'CNAME mail',
  'MX 10 mx.example.',
  OTHER_CASE,
  'NS ns1.example.',
  'NS ns2.example.',
  'NS ns.example.',
  'SRV 0 5 5060 www',
  'DNAME other.example.',
  'TYPE65280 \\# 3 010203',
];

const owner = fc.constantFrom(...OWNERS);
const data = fc.constantFrom(...DATA);
const type = data.map((text) => text.split(' ', 1)[0] ?? '');
const ttl = fc.constantFrom(60, 300, 0);

const prerequisite = fc.oneof(
  owner.map((name) => `${name} 0 ANY ANY`),
  owner.map((name) => `${name} 0 NONE ANY`),
  fc.tuple(owner, type).map(([name, mnemonic]) => `${name} 0 ANY ${mnemonic}`),
  fc.tuple(owner, type).map(([name, mnemonic]) => `${name} 0 NONE ${mnemonic}`),
  fc.tuple(owner, data).map(([name, text]) => `${name} 0 ${text}`),
);
/** BIND ignores NS of a wildcard. Most delegations would hide something, and Waypost refuses that. */
const addition = fc
  .tuple(owner, ttl, data)
  .filter(([name, , text]) => !/^(NS|DNAME) /.test(text) || ['@', 'sub', 'new'].includes(name))
  // BIND keeps the case it knows, we take the newer one
  .filter(([, , text]) => text !== OTHER_CASE)
  .map(([name, seconds, text]) => `${name} ${seconds} ${text}`);
const update = fc.oneof(
  { weight: 5, arbitrary: addition },
  { weight: 3, arbitrary: fc.tuple(owner, data).map(([name, text]) => `${name} 0 NONE ${text}`) },
  { weight: 2, arbitrary: fc.tuple(owner, type).map(([name, mnemonic]) => `${name} 0 ANY ${mnemonic}`) },
  { weight: 1, arbitrary: owner.map((name) => `${name} 0 ANY ANY`) },
);
const message = fc.record({
  prerequisites: fc.oneof(fc.constant([]), fc.constant([]), fc.array(prerequisite, { maxLength: 2 })),
  updates: fc.array(update, { maxLength: 5 }),
});

describe('updates, beside BIND', function () {
  this.timeout(120_000);
  let directory = '';
  let server: KeyedServer;
  let bind: RunningPeer;

  before(async function () {
    needThat(this, 'named', isInstalled(BIND));
    directory = mkdtempSync(join(tmpdir(), 'waypost-update-oracle-'));
    const clause = `key "ci" { algorithm hmac-sha256; secret "${SECRET}"; };`;
    bind = await RunningPeer.start(signingBind(clause, ['ci']), directory, [{ apex: APEX, text: ZONE }]);
    server = await KeyedServer.start({
      zones: { [APEX]: ZONE },
      keys: { 'ci.': 'hmac-sha256' },
      rules: { [APEX]: ['key = "ci.", names = ["**"], action = "edit"'] },
    });
  });
  after(async () => {
    await bind?.stop();
    await server?.remove();
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  it('the same RCODE, the same zone and the same serial after each of many random messages', async () => {
    const ours = new ToolClient(server.port, tsigKey('ci.'));
    const theirs = new ToolClient(bind.port, tsigKey('ci.'));
    for (const parts of fc.sample(message, { numRuns: MESSAGES, seed: 2136 })) {
      const { rcode, why } = await ours.update(parts, { withEdns: true });
      const what = `${JSON.stringify(parts)}: ${why}`;
      if (rcode === 'REFUSED') {
        // BIND loads such zones and takes such updates
        expect(why, what).to.match(/is hidden by the (delegation|DNAME) /);
        continue;
      }
      expect(rcode, what).to.equal((await theirs.update(parts)).rcode);
      expect(fold(await ours.transfer(APEX)), what).to.deep.equal(fold(await theirs.transfer(APEX)));
    }
  });
});

// --- helpers ---

/** A zone without regard to case, as DNS compares. */
function fold(zone: readonly string[] | string): readonly string[] {
  if (typeof zone === 'string') throw new Error(zone);
  return zone.map((line) => line.toLowerCase()).sort();
}
