import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { showInstant } from '../../../src/base/instant.ts';
import { NOW_MS } from '../../support/answering.ts';
import { ExplainedZone } from '../../support/explaining.ts';
import { name } from '../../support/rr.ts';

const BEIJING = '198.51.100.7';
const LONDON = '203.0.113.7';

const CDN = `cdn 60 A 192.0.2.1
cdn 60 A 192.0.2.2
cdn 60 A 192.0.2.3
cdn 60 A 192.0.2.4
cdn 60 A 192.0.2.5
_steer.cdn 60 TXT "rank=isp,distance within=150 need=2 take=2 ttl=15..120"
_steer.cdn 60 TXT "192.0.2.1 at=39.90,116.40 isp=unicom"
_steer.cdn 60 TXT "192.0.2.2 at=31.23,121.47 isp=telecom"
_steer.cdn 60 TXT "192.0.2.3 at=51.51,-0.13 bias=20"
_steer.cdn 60 TXT "192.0.2.4 at=48.86,2.35"
_steer.cdn 60 TXT "192.0.2.5 backup"
_steer.cdn 60 TXT "192.0.2.2 down by=mon-bj. since=2026-01-02T03:04:05Z reason=timeout"`;

describe('an explanation', () => {
  it('names zone, serial and owner, and ends with the reply', () => {
    const zone = new ExplainedZone('a 60 A 192.0.2.1');
    const { version, question, lookups, reply } = zone.explain('A.example.test', LONDON);
    expect(version).to.equal(1);
    expect(question).to.deep.equal({ name: 'A.example.test.', type: 'A' });
    expect(lookups).to.have.lengthOf(1);
    expect(lookups[0]).to.deep.include({
      name: 'a.example.test.',
      end: 'found',
      owner: 'a.example.test.',
      zone: { apex: 'example.test.', serial: 7 },
    });
    expect(reply).to.deep.include({
      rcode: 'NOERROR',
      flags: ['qr', 'aa'],
      answer: ['A.example.test. 60 IN A 192.0.2.1'],
      subnet: undefined,
    });
  });

  it('says of every member its tier, distance, state and who said so, and why it is not in the answer', () => {
    const zone = new ExplainedZone(CDN);
    const { live, members, tiers, answer } = zone.steering(zone.explain('cdn.example.test', BEIJING));
    expect(live).to.deep.equal({ live: 4, least: 1, quorum: 1, failsOpen: false });
    expect(answer).to.deep.equal(['192.0.2.1', '192.0.2.3']);
    expect(
      members.map(({ member, tier, position, dropped }) => [member, tier, position ?? dropped?.reason]),
    ).to.deep.equal([
      ['192.0.2.1', 1, 1],
      ['192.0.2.2', 2, 'down'],
      ['192.0.2.3', 3, 2],
      ['192.0.2.4', 4, 'tier'],
      ['192.0.2.5', 5, 'tier'],
    ]);
    const [near, down, london] = members;
    expect(near?.matches).to.deep.equal({ isp: 'unicom' });
    expect(near?.place).to.deep.include({ latitude: 39.9, longitude: 116.4, source: undefined });
    expect(down?.verdicts).to.deep.equal([
      { by: 'mon-bj.', since: '2026-01-02T03:04:05Z', until: undefined, reason: 'timeout' },
    ]);
    expect(london?.distance?.metres).to.be.within(8_130_000, 8_150_000);
    expect(london?.distance?.biased).to.equal(Math.round(((london?.distance?.metres ?? 0) * 80) / 100));
    expect(
      members[4]?.place,
      'its address is in a network of which only the country is known',
    ).to.deep.include({
      source: 'networks.csv',
      isCountryCentre: true,
    });
    expect(tiers.map(({ isTaken }) => isTaken)).to.deep.equal([true, false, true, false, false]);
    expect(tiers.map(({ why }) => why)).to.deep.equal([
      undefined,
      "not for the client's operator unicom",
      '5,446 km farther than 1,067 km, within=150',
      '1,704 km farther than 6,513 km, within=150',
      'backups come after all others',
    ]);
    expect(tiers[0]?.what).to.equal("for the client's operator unicom, 0 km away");
    expect(tiers[2]?.what).to.match(/, 6,513 km away, bias counted in$/); // it is 8,140 km
  });

  it('says what dropped members of a tier that is taken: weight 0, take, and of CNAMEs the turn', () => {
    const zone = new ExplainedZone(`w 60 A 192.0.2.1
w 60 A 192.0.2.2
w 60 A 192.0.2.3
_steer.w 60 TXT "take=1"
_steer.w 60 TXT "192.0.2.3 weight=0"
c 60 CNAME a
c 60 CNAME b
_steer.c 60 TXT "order=rotate"`);
    const byWeight = zone.steering(zone.explain('w.example.test', LONDON));
    expect(byWeight.members.map(({ dropped }) => dropped?.reason)).to.deep.equal([
      undefined,
      'take',
      'weight',
    ]);
    expect(byWeight.tiers[0]?.answering).to.deep.equal(['192.0.2.1', '192.0.2.2']);
    const byTurn = zone.steering(zone.explain('c.example.test', LONDON));
    expect(byTurn.members.map(({ dropped }) => dropped?.reason)).to.deep.equal([undefined, 'turn']);
  });

  it('locates by the Client Subnet option, by the source where there is none, it is 0, or ecs=off', () => {
    const zone = new ExplainedZone(`${CDN}
off 60 A 192.0.2.1
off 60 A 192.0.2.2
_steer.off 60 TXT "rank=distance ecs=off"
_steer.off 60 TXT "192.0.2.1 at=39.90,116.40"
_steer.off 60 TXT "192.0.2.2 at=51.51,-0.13"`);
    const located = (name: string, ecs?: string) => {
      const explanation = zone.explain(name, LONDON, ecs === undefined ? {} : { ecs });
      const { located, answer } = zone.steering(explanation);
      return `${located.by} ${answer[0]}`;
    };
    expect(located('cdn.example.test')).to.equal('source 192.0.2.3');
    expect(located('cdn.example.test', '198.51.100.0/25')).to.equal('subnet 192.0.2.1');
    expect(located('cdn.example.test', '0.0.0.0/0')).to.equal('source 192.0.2.3');
    expect(located('off.example.test', '198.51.100.0/25')).to.equal('source 192.0.2.2');
  });

  it('knows an IPv4 address within IPv6, and what each fact comes from', () => {
    const { client } = new ExplainedZone(CDN).explain('cdn.example.test', '64:ff9b::198.51.100.7', {
      ecs: '192.0.2.0/24',
    });
    expect(client.source).to.deep.include({
      ipv4: '198.51.100.7',
      network: '198.51.100.0/25',
      isp: { value: 'unicom', source: 'networks.csv' },
      asn: { value: 64_500, source: 'networks.csv' },
      country: { value: 'CN', source: 'networks.csv' },
    });
    expect(client.subnet).to.deep.include({ prefix: '192.0.2.0/24', isp: undefined });
    expect(client.subnet?.place).to.deep.include({ isCountryCentre: true });
  });

  it('says why the scope is not shorter, with who would get something else', () => {
    const zone = new ExplainedZone(CDN);
    const explanation = zone.explain('cdn.example.test', LONDON, { ecs: '198.51.100.0/24' });
    const { scope } = zone.steering(explanation);
    expect(scope?.bits).to.equal(explanation.reply.subnet?.scope);
    expect(scope?.network).to.equal('198.51.100.0/24');
    expect(scope?.neighbour?.address).to.equal('198.51.101.0');
    expect(scope?.neighbour?.tiers).to.not.deep.equal([['192.0.2.1'], ['192.0.2.3']]);
  });

  it('says why a scope is 0', () => {
    const zone = new ExplainedZone(`${CDN}
same 60 A 192.0.2.1
same 60 A 192.0.2.2
_steer.same 60 TXT "order=rotate"`);
    const why = (name: string, ecs: string) => zone.steering(zone.explain(name, LONDON, { ecs })).scope?.why;
    expect(why('same.example.test', '198.51.100.0/24')).to.contain('does not depend on the client');
    expect(why('cdn.example.test', '0.0.0.0/0')).to.contain('SOURCE 0');
    expect(zone.steering(zone.explain('same.example.test', LONDON)).scope).to.equal(undefined);
  });

  it('gives the network that sticky keeps together as the reason of its scope', () => {
    const zone = new ExplainedZone(`s 60 A 192.0.2.1
s 60 A 192.0.2.2
_steer.s 60 TXT "order=sticky prefix=20/48"`);
    const { scope, order } = zone.steering(
      zone.explain('s.example.test', LONDON, { ecs: '198.51.100.0/24' }),
    );
    expect(scope).to.deep.include({ bits: 20, network: '198.51.96.0/20' });
    expect(scope?.why).to.contain('sticky');
    expect(order).to.deep.equal({ order: 'sticky', period: 1, key: '198.51.96.0/20' });
  });

  it('counts an IPv4 address within IPv6 from where it begins', () => {
    const zone = new ExplainedZone(CDN);
    const explanation = zone.explain('cdn.example.test', LONDON, { ecs: '64:ff9b::198.51.100.0/120' });
    expect(zone.steering(explanation).scope).to.deep.include({ bits: 96 + 24, network: '198.51.100.0/24' });
  });

  it('says which TTL holds and what holds it low', () => {
    const low = new ExplainedZone(CDN);
    expect(low.steering(low.explain('cdn.example.test', LONDON)).ttl).to.deep.include({
      ttl: 15,
      low: 15,
      high: 120,
      heldLow: '192.0.2.2 is down',
    });
    const high = new ExplainedZone(CDN.replace(/.*down by.*/, ''));
    expect(high.steering(high.explain('cdn.example.test', LONDON)).ttl).to.deep.include({
      ttl: 120,
      changedAt: undefined,
      heldLow: undefined,
    });
  });

  it('says since when and until when the low TTL holds after a change', () => {
    const lines = (state: string) => `t 60 A 192.0.2.8
t 60 A 192.0.2.9
_steer.t 60 TXT "ttl=5..60 settle=100"
_steer.t 60 TXT "192.0.2.8 ${state}"`;
    const zone = new ExplainedZone(lines('state=out'));
    const ttl = () => zone.steering(zone.explain('t.example.test', LONDON)).ttl;
    expect(ttl()).to.deep.include({ ttl: 5, settlesAt: undefined, heldLow: '192.0.2.8 is out' });
    zone.change(lines('state=up'));
    const changedAt = showInstant(NOW_MS / 1000);
    const settlesAt = showInstant(NOW_MS / 1000 + 100);
    zone.nowMs += 60_000;
    expect(ttl()).to.deep.include({ ttl: 5, changedAt, settlesAt });
    expect(ttl().heldLow).to.contain('the high TTL holds in 40 s');
    zone.nowMs += 40_000;
    expect(ttl()).to.deep.include({ ttl: 60, changedAt, settlesAt, heldLow: undefined });
  });

  it('explains every steered owner of an alias chain, and a plain rotation with its counter', () => {
    const zone = new ExplainedZone(`${CDN}
www 60 CNAME cdn
multi 60 CNAME www
multi 60 CNAME zzz
_steer.multi 60 TXT "order=fixed"
pool 60 A 192.0.2.8
pool 60 A 192.0.2.9`);
    const { lookups } = zone.explain('multi.example.test', LONDON);
    expect(lookups.map(({ name, rrset }) => `${name} ${rrset?.kind} ${rrset?.type}`)).to.deep.equal([
      'multi.example.test. steered CNAME',
      'www.example.test. plain CNAME',
      'cdn.example.test. steered A',
    ]);
    const [pool] = zone.explain('pool.example.test', LONDON).lookups;
    expect(pool?.rrset).to.deep.equal({ kind: 'plain', type: 'A', records: 2, counter: 0, first: 0 });
  });

  it('lets no counter go on', () => {
    const zone = new ExplainedZone('r 60 A 192.0.2.8\nr 60 A 192.0.2.9\n_steer.r 60 TXT "order=rotate"');
    const counters = () => [...new Int32Array(zone.image.memory.counters).subarray(0, 100)];
    const before = counters();
    const answers = [1, 2, 3].map(() => zone.explain('r.example.test', LONDON).reply.answer.join());
    expect(new Set(answers).size).to.equal(1);
    expect(counters()).to.deep.equal(before);
  });

  it('explains wildcards, referrals, names that do not exist, and names that are not ours', () => {
    const zone = new ExplainedZone(`*.cust 60 A 192.0.2.80
_steer.*.cust 60 TXT "order=rotate"
lab 60 NS ns.example.
old 60 DNAME new.example.`);
    const end = (name: string) => {
      const { lookups, reply } = zone.explain(name, LONDON);
      return `${lookups.map((lookup) => `${lookup.end} ${lookup.owner}`).join(', ')} ${reply.rcode}`;
    };
    expect(end('a.cust.example.test')).to.equal('wildcard *.cust.example.test. NOERROR');
    expect(zone.steering(zone.explain('a.cust.example.test', LONDON)).policy.owner).to.equal(
      '_steer.*.cust.example.test.',
    );
    expect(end('x.lab.example.test')).to.equal('cut lab.example.test. NOERROR');
    expect(end('x.old.example.test')).to.equal('dname old.example.test., outside undefined NOERROR');
    expect(end('nowhere.example.test')).to.equal('nxdomain example.test. NXDOMAIN');
    expect(end('www.other')).to.equal('outside undefined REFUSED');
  });

  it('says that a zone is ours and cannot be answered from', () => {
    const zone = new ExplainedZone('a 60 A 192.0.2.1');
    zone.image.addZone(name('later.test'));
    const { lookups, reply } = zone.explain('www.later.test', LONDON);
    expect(lookups.map(({ end, zone: at }) => `${end} ${at?.apex} ${at?.serial}`)).to.deep.equal([
      'withheld later.test. undefined',
    ]);
    expect(reply.rcode).to.equal('SERVFAIL');
  });

  it('is documented, every field of it', () => {
    const zone = new ExplainedZone(`${CDN}\npool 60 A 192.0.2.8\npool 60 A 192.0.2.9`);
    const page = readFileSync('docs/explain.md', 'utf8');
    const documented = new Set([...page.matchAll(/`\.?(\w+)(?:\[\])?`/g)].map(([, word = '']) => word));
    for (const [, path = ''] of page.matchAll(/`([\w.]+)(?:\[\])?`/g)) {
      for (const word of path.split('.')) documented.add(word);
    }
    const fields = new Set<string>();
    const collect = (value: unknown, isMap = false): void => {
      if (Array.isArray(value)) for (const each of value) collect(each);
      else if (typeof value === 'object' && value !== null) {
        for (const [key, each] of Object.entries(value)) {
          if (!isMap && each !== undefined) fields.add(key);
          collect(each, key === 'matches');
        }
      }
    };
    collect(zone.explain('cdn.example.test', LONDON, { ecs: '198.51.100.0/24' }));
    collect(zone.explain('cdn.example.test', '64:ff9b::8.8.8.8'));
    collect(zone.explain('pool.example.test', LONDON));
    expect(fields.size).to.be.greaterThan(60);
    expect([...fields].filter((field) => !documented.has(field))).to.deep.equal([]);
  });

  it('explains NODATA in the place of members of whom none is live', () => {
    const zone = new ExplainedZone(`n 60 A 192.0.2.8
_steer.n 60 TXT "min=0 ttl=5..60"
_steer.n 60 TXT "192.0.2.8 state=out reason=disk"`);
    const explanation = zone.explain('n.example.test', LONDON, { ecs: '198.51.100.0/24' });
    const { answer, members, ttl } = zone.steering(explanation);
    expect(answer).to.deep.equal([]);
    expect(members.map(({ dropped }) => dropped?.reason)).to.deep.equal(['out']);
    expect(ttl.ttl).to.equal(5);
    expect(explanation.reply).to.deep.include({ rcode: 'NOERROR', answer: [] });
    expect(explanation.reply.subnet?.scope).to.equal(0);
  });

  it('says that nothing is known where there is no location data', () => {
    const zone = new ExplainedZone(CDN, {});
    const { client, attributions } = zone.explain('cdn.example.test', LONDON);
    expect(client.source).to.deep.include({ network: undefined, place: undefined });
    expect(attributions).to.deep.equal([]);
  });
});
