import { expect } from 'chai';
import { showAddress } from '../../src/base/ip.ts';
import { RRType } from '../../src/wire/iana.ts';
import { Chance } from '../support/geo.ts';
import { called, LAW_POLICIES, type LawPolicy, sites } from '../support/law-policies.ts';
import { LAW_CLIENTS, LawClients, lawWorlds } from '../support/law-world.ts';
import { ScopeJudge } from '../support/plain-scope.ts';
import { PlainSteering, type Tiers } from '../support/plain-steering.ts';
import { type SteeredAnswer, SteeredAsking, steeringRecord } from '../support/steered-asking.ts';

const [world] = lawWorlds();
const { tables, geography } = world ?? expect.fail('no world');

/** A share of the clients of the other laws: whole messages take longer. */
const CLIENTS = Math.max(2000, Math.ceil(LAW_CLIENTS.ipv4 / 10));
const THREADS = 3;

interface Asked {
  readonly client: Uint8Array;
  /** SOURCE of its Client Subnet option; -1: there was none. */
  readonly source: number;
  /** The tiers that it was to get. */
  readonly tiers: Tiers;
  readonly answer: SteeredAnswer;
}

/** Asks for many clients, of any thread; tells what each was to get and what came. */
function* asked({ records, lines }: Omit<LawPolicy, 'name'>, seed: number): Iterable<Asked> {
  const plain = new PlainSteering(records, lines, geography);
  const asking = new SteeredAsking({ records, lines }, tables, THREADS);
  const chance = new Chance(seed);
  const clients = new LawClients(seed);
  for (let i = 0; i < CLIENTS; i++) {
    const whole = chance.below(6) === 0 ? clients.ipv6() : clients.ipv4();
    // All of it by ECS, some of it, nothing; or no ECS.
    const source =
      [8 * whole.length, chance.below(8 * whole.length), 0, -1][Math.max(0, chance.below(8) - 4)] ?? -1;
    const client = source <= 0 ? whole : within(whole, source);
    const tiers = plain.takenOf({ address: client, facts: geography.factsOf(client) });
    const answer = asking.ask(client, { thread: chance.below(THREADS), source });
    if (source <= 0) expect(answer.scope, showAddress(client)).to.equal(source);
    yield { client, source, tiers, answer };
  }
}

/** A network's address: RFC 7871 §6 pads it with zeros. */
function within(address: Uint8Array, length: number): Uint8Array {
  return address.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))));
}

/** The members of an answer in the tiers they were to come in, each tier in the order of its text. */
function inTiers(members: readonly string[], tiers: Tiers): Tiers {
  let at = 0;
  return tiers.map((tier) => {
    at += tier.length;
    return members.slice(at - tier.length, at).sort();
  });
}

describe('law of steering, whole answers', () => {
  for (const { name, records, lines } of LAW_POLICIES) {
    it(`tier after tier as STEERING.md has them, and a scope that is right: ${name}`, function () {
      this.timeout(600_000);
      const plain = new PlainSteering(records, lines, geography);
      const judge = new ScopeJudge((world ?? expect.fail()).world(), plain);
      for (const { client, source, tiers, answer } of asked({ records, lines }, 9)) {
        if (plain.members[0]?.name.endsWith('.')) {
          expect(answer.members.length, showAddress(client)).to.equal(1);
          expect(tiers[0], showAddress(client)).to.include(answer.members[0]);
        } else if (JSON.stringify(inTiers(answer.members, tiers)) !== JSON.stringify(tiers)) {
          expect(inTiers(answer.members, tiers), showAddress(client)).to.deep.equal(tiers);
        }
        expect(answer.members.length, showAddress(client)).to.be.at.most(tiers.flat().length);
        if (source <= 0) continue;
        if (tiers.length === 0) expect(answer.scope, `NODATA for ${showAddress(client)}`).to.equal(0);
        else if (judge.judge(client, answer.scope) === 'not valid') {
          expect.fail(`${showAddress(client)}/${answer.scope}, not /${judge.scopeOf(client)}`);
        }
      }
    });
  }

  for (const policy of [
    sites('rank=distance within=2000'),
    sites('rank=distance within=2000 need=4'),
    called(
      'some do not answer',
      sites('rank=distance within=3000 need=4', { 2: 'state=out', 8: 'weight=0', 9: 'backup' }),
    ),
  ]) {
    it(`§4: answers that begin with a tier begin with each member in turn, whoever asks: ${policy.name}`, function () {
      this.timeout(600_000);
      const firsts = new Map<string, string[]>();
      for (const { tiers, answer } of asked(policy, 10)) {
        const [first = []] = tiers;
        const seen = firsts.get(first.join()) ?? [];
        firsts.set(first.join(), seen);
        seen.push(answer.members[0] ?? '');
        const run = seen.slice(-first.length);
        if (new Set(run).size !== run.length) expect.fail(`${first.join(' ')}: ${run.join(' ')}`);
      }
      expect(firsts.size).to.be.at.least(4);
    });
  }

  it('§4: the rest of a tier follows cyclically in canonical order', function () {
    this.timeout(600_000);
    for (const { client, tiers, answer } of asked(sites('rank=distance within=2000 need=4'), 11)) {
      const [first = []] = tiers;
      const canonical = [...first].sort((a, b) => Number(a.split('.')[3]) - Number(b.split('.')[3]));
      const start = canonical.indexOf(answer.members[0] ?? '');
      const around = [...canonical.slice(start), ...canonical.slice(0, start)];
      if (answer.members.slice(0, first.length).join() !== around.join())
        expect(answer.members, showAddress(client)).to.deep.equal(around);
    }
  });

  it('§3 step 8: take cuts what is in order, the first tier first', function () {
    this.timeout(600_000);
    for (const { client, tiers, answer } of asked(sites('rank=distance within=2000 need=5 take=3'), 16)) {
      const wanted = Math.min(3, tiers.flat().length);
      expect(answer.members.length, showAddress(client)).to.equal(wanted);
      expect(new Set(answer.members).size, showAddress(client)).to.equal(wanted);
      let at = 0;
      for (const tier of tiers) {
        const come = answer.members.slice(at, Math.min(wanted, at + tier.length));
        for (const member of come) expect(tier, showAddress(client)).to.include(member);
        at += come.length;
      }
    }
  });

  it('§1 ecs=off: where the query comes from counts alone, and the scope is 0', () => {
    const { records, lines } = sites('rank=distance ecs=off');
    const plain = new PlainSteering(records, lines, geography);
    const source = Uint8Array.of(192, 0, 2, 99); // Beijing
    const tiers = plain.takenOf({ address: source, facts: geography.factsOf(source) });
    const asking = new SteeredAsking({ records, lines }, tables);
    const clients = new LawClients(17);
    for (let i = 0; i < 200; i++) {
      const client = i % 2 === 0 ? clients.ipv4() : clients.ipv6();
      const { members, scope } = asking.ask(client);
      expect(inTiers(members, tiers), showAddress(client)).to.deep.equal(tiers);
      expect(scope, showAddress(client)).to.equal(0);
    }
  });

  it('§3 step 7: weighted: over Σw answers of a tier each member is first exactly w times, whoever asks', function () {
    this.timeout(600_000);
    const weights: Readonly<Record<number, number>> = { 1: 3, 2: 5, 3: 1, 4: 2, 7: 4, 8: 1, 9: 2, 10: 7 };
    const policy = sites(
      'rank=distance within=3000 order=weighted need=3',
      Object.fromEntries(Object.entries(weights).map(([site, weight]) => [site, `weight=${weight}`])),
    );
    const weightOf = (member: string) => weights[Number(member.split('.')[3])] ?? 1;
    const firsts = new Map<string, string[]>();
    let rounds = 0;
    for (const { tiers, answer } of asked(policy, 12)) {
      const [first = []] = tiers;
      const seen = firsts.get(first.join()) ?? [];
      firsts.set(first.join(), seen);
      seen.push(answer.members[0] ?? '');
      const whole = first.reduce((sum, member) => sum + weightOf(member), 0);
      if (seen.length < whole) continue;
      rounds++;
      for (const member of first) {
        expect(seen.filter((each) => each === member).length, `${member} of ${first}`).to.equal(
          weightOf(member),
        );
      }
      seen.length = 0;
    }
    expect(rounds).to.be.at.least(20);
  });

  for (const weights of [{}, { 2: 'weight=5', 7: 'weight=2', 8: 'weight=9' }]) {
    it(`§3 step 7: sticky: a departure moves only its own clients${'2' in weights ? ', with weights' : ''}`, function () {
      this.timeout(600_000);
      const policy = sites('rank=distance within=4000 order=sticky prefix=24/48', weights);
      const before = new Map<string, string>();
      for (const { client, answer } of asked(policy, 13))
        before.set(showAddress(client), answer.members.join());
      for (const gone of ['203.0.113.2', '203.0.113.8']) {
        let moved = 0;
        for (const way of [`${gone} down by=m.`, 'out']) {
          const lines =
            way === 'out'
              ? policy.lines.map((line) => (line.startsWith(`${gone} `) ? `${line} state=out` : line))
              : [...policy.lines, way];
          for (const { client, answer } of asked({ ...policy, lines }, 13)) {
            const members = (before.get(showAddress(client)) ?? '').split(',');
            const left = members.filter((member) => member !== gone);
            if (members[0] === gone) moved++;
            // Alone in its tier, it has left all its clients to the next one.
            if (left.length > 0 && left.join() !== answer.members.join())
              expect(answer.members, showAddress(client)).to.deep.equal(left);
          }
        }
        expect(moved).to.be.at.least(10);
      }
    });
  }

  it('§2 prefix: sticky gives a network one answer, and tells it', function () {
    this.timeout(600_000);
    const policy = sites('rank=distance within=4000 order=sticky prefix=20/40');
    const asking = new SteeredAsking(policy, tables, 1);
    const clients = new LawClients(14);
    for (let i = 0; i < CLIENTS; i++) {
      const client = i % 5 === 0 ? clients.ipv6() : clients.ipv4();
      const { members, scope } = asking.ask(client);
      expect(scope, showAddress(client)).to.be.at.least(client.length === 4 ? 20 : 16 + 20);
      const neighbour = Uint8Array.from(client);
      const bit = scope === 8 * client.length ? scope - 1 : scope;
      if (scope < 8 * client.length) neighbour[bit >> 3] = (neighbour[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      if (asking.ask(neighbour).members.join() !== members.join())
        expect.fail(`${showAddress(client)} and ${showAddress(neighbour)}, both in /${scope}`);
    }
  });

  it('§5: of several steered RRsets in one response the longest scope, and never an invalid one', function () {
    this.timeout(600_000);
    const www = {
      records: ['east.example.test.', 'west.example.test.'],
      lines: [
        'rank=continent',
        'east.example.test. continent=AS,OC',
        'west.example.test. continent=EU,AF,NA,SA,AN',
      ],
    };
    const hosts = {
      east: sites('rank=distance within=1000'),
      west: sites('rank=country,distance within=200', { 7: 'country=GB', 9: 'country=US' }),
    };
    const more = Object.entries(hosts).flatMap(([owner, { records, lines }]) => [
      ...records.map((data) => `${owner} 60 A ${data}`),
      ...lines.map((line) => steeringRecord(owner, line)),
    ]);
    const asking = new SteeredAsking(www, tables, 1, more);
    const judgeOf = ({ records, lines }: Omit<LawPolicy, 'name'>) => {
      const plain = new PlainSteering(records, lines, geography);
      return { plain, judge: new ScopeJudge((world ?? expect.fail()).world(), plain) };
    };
    const [alias, east, west] = [judgeOf(www), judgeOf(hosts.east), judgeOf(hosts.west)];
    const clients = new LawClients(15);
    let longest = 0;
    for (let i = 0; i < CLIENTS; i++) {
      const client = i % 5 === 0 ? clients.ipv6() : clients.ipv4();
      const { aliases, members, scope } = asking.ask(client, { type: RRType.A });
      const at = { address: client, facts: geography.factsOf(client) };
      expect(alias.plain.takenOf(at)[0], showAddress(client)).to.include(aliases[0]);
      const target = aliases[0]?.startsWith('east') === true ? east : west;
      const tiers = target.plain.takenOf(at);
      expect(inTiers(members, tiers), showAddress(client)).to.deep.equal(tiers);
      const scopes = [alias.judge.scopeOf(client), target.judge.scopeOf(client)];
      expect(scope, showAddress(client)).to.be.at.least(Math.max(...scopes));
      if (scope === Math.max(...scopes)) longest++;
    }
    // While what is around clients has not been looked through, some are narrower.
    expect(longest).to.be.at.least(0.95 * CLIENTS);
  });
});
