import { expect } from 'chai';
import { showAddress } from '../../src/base/ip.ts';
import { CompiledSteering } from '../support/compiled-steering.ts';
import { LAW_POLICIES } from '../support/law-policies.ts';
import { LAW_CLIENTS, LawClients, lawWorlds } from '../support/law-world.ts';
import { heldIPv4 } from '../support/plain-geography.ts';
import { ScopeJudge } from '../support/plain-scope.ts';
import { PlainSteering, type Tiers } from '../support/plain-steering.ts';

/** What was found while a policy was tried. */
interface Tally {
  clients: number;
  /** Distances so near half a metre that two formulas may round them differently; tiers that differ for it. */
  close: number;
  /** Scopes that were narrower than they need be when first asked for. */
  narrow: number;
  /** How often a scope was asked for until it was right, at most. */
  calls: number;
}

for (const { name, tables, geography, world } of lawWorlds()) {
  describe(`law of steering, ${name}`, () => {
    for (const policy of LAW_POLICIES) {
      it(`the same tiers as STEERING.md word by word, and the only right scope: ${policy.name}`, function () {
        this.timeout(3_600_000);
        const started = process.cpuUsage().user;
        const plain = new PlainSteering(policy.records, policy.lines, geography);
        const judge = new ScopeJudge(world(), plain);
        const compiled = new CompiledSteering(policy.records, policy.lines, tables);
        const least = leastScope(policy.lines[0] ?? '');
        const tally: Tally = { clients: 0, close: 0, narrow: 0, calls: 0 };

        const check = (address: Uint8Array): void => {
          tally.clients++;
          plain.wasClose = false;
          const client = { address, facts: geography.factsOf(address) };
          const taken = plain.takenOf(client);
          const wrong =
            differing(compiled.takenOf(address), taken) ??
            differing(compiled.tiersOf(address), plain.tiersOf(client));
          if (wrong !== undefined) {
            if (!plain.wasClose) expect.fail(`${showAddress(address)}: ${wrong}`);
            tally.close++;
            return;
          }
          if (judge.classOf(taken) !== judge.classAt(address)) {
            expect.fail(`the judge is wrong itself about ${showAddress(address)}`);
          }
          const right = judge.scopeOf(address);
          const wanted = Math.max(right, least(address));
          let told = -1;
          let calls = 0;
          while (told !== wanted && calls < MAX_CALLS) {
            told = compiled.scopeOf(address);
            calls++;
            // The same answer for everybody holds for everybody.
            if (told === 0 && judge.classCount === 1 && wanted === right) return;
            if (told < wanted) expect.fail(`${showAddress(address)}/${told} holds other classes: /${wanted}`);
          }
          if (told > wanted) expect.fail(`${showAddress(address)}/${told} stays narrower than /${wanted}`);
          if (calls > 1) tally.narrow++;
          tally.calls = Math.max(tally.calls, calls);
        };

        const clients = new LawClients(4);
        for (let i = 0; i < LAW_CLIENTS.ipv4; i++) check(clients.ipv4());
        for (let i = 0; i < LAW_CLIENTS.ipv6; i++) check(clients.ipv6());
        expect(tally.close).to.be.at.most(Math.ceil(tally.clients / 100_000));
        if (process.env['WAYPOST_LAW_IPV4'] !== undefined) {
          const seconds = ((process.cpuUsage().user - started) / 1e6).toFixed(1);
          console.log(`      ${JSON.stringify({ ...tally, classes: judge.classCount, seconds })}`);
        }
      });
    }
  });
}

/** A scope that is looked for piece by piece is found after so many questions. */
const MAX_CALLS = 20_000;

function differing(compiled: Tiers, plain: Tiers): string | undefined {
  const [ours, right] = [compiled, plain].map((tiers) => tiers.map((tier) => tier.join(' ')).join(' | '));
  return ours === right ? undefined : `[${ours}] and not [${right}]`;
}

/** `sticky` keeps networks together that are not to be told apart. */
function leastScope(policyLine: string): (address: Uint8Array) => number {
  const [, ipv4, ipv6] = /order=sticky.* prefix=(\d+)\/(\d+)/.exec(policyLine) ?? [];
  return (address) => {
    const held = heldIPv4(address);
    if (held !== undefined) return held.after + Number(ipv4 ?? 0);
    return Number((address.length === 4 ? ipv4 : ipv6) ?? 0);
  };
}
