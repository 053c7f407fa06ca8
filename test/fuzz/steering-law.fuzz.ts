import { expect } from 'chai';
import { showAddress } from '../../src/base/ip.ts';
import { CompiledSteering } from '../support/compiled-steering.ts';
import { LAW_POLICIES } from '../support/law-policies.ts';
import { LAW_CLIENTS, LawClients, lawWorlds } from '../support/law-world.ts';
import { type Judgement, ScopeJudge } from '../support/plain-scope.ts';
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
        const tally: Tally = { clients: 0, close: 0, narrow: 0, calls: 0 };

        const check = (address: Uint8Array): void => {
          tally.clients++;
          plain.wasClose = false;
          const client = { address, facts: geography.factsOf(address) };
          const { tiers, taken } = plain.choose(client);
          const wrong =
            differing(compiled.takenOf(address), taken) ?? differing(compiled.tiersOf(address), tiers);
          if (wrong !== undefined) {
            if (!plain.wasClose) expect.fail(`${showAddress(address)}: ${wrong}`);
            tally.close++;
            return;
          }
          if (judge.classOf(taken) !== judge.classAt(address)) {
            expect.fail(`the judge is wrong itself about ${showAddress(address)}`);
          }
          let [told, calls] = [0, 0];
          let judgement: Judgement;
          do {
            told = compiled.scopeOf(address);
            judgement = judge.judge(address, told);
            calls++;
          } while (judgement === 'not maximal' && calls < MAX_CALLS);
          if (judgement !== undefined) {
            expect.fail(`${showAddress(address)}/${told} is ${judgement}: /${judge.scopeOf(address)}`);
          }
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
