import { expect } from 'chai';
import fc from 'fast-check';
import { scanInstant } from '../../src/base/instant.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { downMembers, leastLive, liveSetOf, nextLapse } from '../../src/steer/live.ts';
import { LiveView } from '../../src/steer/live-view.ts';
import { type DomainName, showName } from '../../src/wire/name.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name, showRecord } from '../support/rr.ts';

const NOW = scanInstant('2026-11-22T10:00:00Z') ?? 0;
const PAST = '2026-11-22T10:00:00Z';
const FUTURE = '2026-11-22T10:00:01Z';
const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';

function answering(...lines: string[]): readonly string[] {
  return liveSetOf([A, B, C], scanSteeringLines(lines), NOW).answering;
}

describe('the live set (STEERING.md §3, §7)', () => {
  it('is the desired set less what is judged down', () => {
    expect(answering('order=rotate')).to.deep.equal([A, B, C]);
    expect(answering('order=rotate', `${B} down by=mon.`)).to.deep.equal([A, C]);
  });

  it('takes as many different keys as the quorum says', () => {
    const { verdicts } = scanSteeringLines([
      'quorum=2',
      `${A} down by=a.`,
      `${B} down by=a.`,
      `${B} down by=b.`,
    ]);
    expect([...downMembers(verdicts, 1, NOW)]).to.deep.equal([A, B]);
    expect([...downMembers(verdicts, 2, NOW)]).to.deep.equal([B]);
    expect([...downMembers(verdicts, 3, NOW)]).to.deep.equal([]);
  });

  it('forgets a verdict that is past its until', () => {
    expect(answering('order=rotate', `${B} down by=mon. until=${PAST}`)).to.deep.equal([A, B, C]);
    expect(answering('order=rotate', `${B} down by=mon. until=${FUTURE}`)).to.deep.equal([A, C]);
  });

  it("puts the operator's word over any verdict, until it lapses", () => {
    expect(answering('order=rotate', `${A} state=out`)).to.deep.equal([B, C]);
    expect(answering('order=rotate', `${A} state=up`, `${A} down by=mon.`)).to.deep.equal([A, B, C]);
    expect(answering('order=rotate', `${A} state=out until=${PAST}`)).to.deep.equal([A, B, C]);
    expect(answering('order=rotate', `${A} state=up until=${PAST}`, `${A} down by=mon.`)).to.deep.equal([
      B,
      C,
    ]);
  });

  const allDown = [A, B, C].map((member) => `${member} down by=mon.`);

  it('fails open when fewer than min are live', () => {
    expect(answering('order=rotate', ...allDown)).to.deep.equal([A, B, C]);
    expect(answering('min=2', ...allDown.slice(0, 2))).to.deep.equal([A, B, C]);
    expect(answering('min=1', ...allDown.slice(0, 2))).to.deep.equal([C]);
    expect(answering('min=34%', ...allDown.slice(0, 2))).to.deep.equal([A, B, C]);
    expect(answering('min=33%', ...allDown.slice(0, 2))).to.deep.equal([C]);
  });

  it('never fails open with min=0', () => {
    expect(answering('min=0', ...allDown)).to.deep.equal([]);
  });

  it('takes members that are out only when nothing else is left', () => {
    expect(answering('order=rotate', `${A} state=out`, ...allDown)).to.deep.equal([B, C]);
    const allOut = [A, B, C].map((member) => `${member} state=out`);
    expect(answering('order=rotate', ...allOut)).to.deep.equal([A, B, C]);
    expect(answering('min=0', ...allOut)).to.deep.equal([]);
  });

  it('law: a share of the RRset rounds up exactly', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(100), (size, percent) => {
        const least = leastLive({ percent }, size);
        expect(least * 100 >= size * percent && (least - 1) * 100 < size * percent).to.equal(true);
      }),
    );
  });

  it('says when the next word lapses', () => {
    const lines = scanSteeringLines([
      'order=rotate',
      `${A} down by=mon. until=2026-11-22T11:00:00Z`,
      `${B} down by=mon. until=${PAST}`,
      `${C} state=out until=2026-11-22T10:30:00Z`,
    ]);
    expect(nextLapse(lines, NOW)).to.equal(scanInstant('2026-11-22T10:30:00Z'));
    expect(nextLapse(scanSteeringLines(['order=rotate']), NOW)).to.equal(undefined);
  });
});

describe('the live view (STEERING.md §8)', () => {
  const zone = memoryZone(
    'example.test',
    `
@           300 SOA ns1 hostmaster 5 7200 900 1209600 300
@           300 NS  ns1
www         60 A   ${A}
www         60 A   ${B}
www         60 TXT "plain"
_steer.www  60 TXT "order=rotate"
_steer.www  60 TXT "${A} down by=mon."
cdn         60 CNAME b.other.test.
cdn         60 CNAME A.other.test.
_steer.cdn  60 TXT "order=rotate"
none        60 AAAA 2001:db8::1
_steer.none 60 TXT "min=0"
_steer.none 60 TXT "2001:db8:0::1 state=out"
plain       60 A ${A}
plain       60 A ${B}`,
  );
  const view = new LiveView(zone, NOW);
  const shown = (owner: string) =>
    (view.get(name(owner))?.rrsets ?? []).flatMap(({ type, ttl, rdatas }) =>
      rdatas.map((rdata) => showRecord({ owner: name(owner), type, ttl, rdata })),
    );

  it('has live sets, and everything else as it is', () => {
    expect(shown('www.example.test')).to.deep.equal([
      'www.example.test. 60 A 192.0.2.2',
      'www.example.test. 60 TXT "plain"',
    ]);
    expect(shown('plain.example.test')).to.have.length(2);
    expect(view.get(name('none.example.test'))).to.equal(undefined);
  });

  it('has one CNAME: the first live one in canonical order', () => {
    expect(shown('cdn.example.test')).to.deep.equal(['cdn.example.test. 60 CNAME A.other.test.']);
  });

  it('has no _steer names', () => {
    expect(view.get(name('_steer.www.example.test'))).to.equal(undefined);
    const owners = [...view.owners()].map((owner) => owner.name);
    expect(owners).to.deep.equal(
      ['example.test', 'cdn.example.test', 'plain.example.test', 'www.example.test'].map(name),
    );
    expect([...view.ownersBelow(name('example.test'))]).to.have.length(3);
  });

  it('is walked without a look-up where nothing is steered, whatever is below what', () => {
    const plain = memoryZone(
      'example.test',
      `
@       300 SOA ns1 hostmaster 5 7200 900 1209600 300
@       300 NS  ns1
@       300 A   ${A}
a       60  A   ${A}
www.a   60  A   ${A}
b       60  A   ${A}`,
    );
    const looked: string[] = [];
    const counting = {
      apex: plain.apex,
      get: (owner: DomainName) => {
        looked.push(showName(owner));
        return plain.get(owner);
      },
      owners: () => plain.owners(),
      ownersBelow: (owner: DomainName) => plain.ownersBelow(owner),
    };
    expect([...new LiveView(counting, NOW).owners()]).to.deep.equal([...plain.owners()]);
    expect(looked).to.deep.equal([]);
  });

  it('looks up where a name may stand between an owner and its _steer name', () => {
    const walk = memoryZone(
      'example.test',
      `
www        60 A   ${A}
www        60 A   ${B}
1.www      60 A   ${C}
_steer.www 60 TXT "order=rotate"
_steer.www 60 TXT "${A} down by=mon."`,
    );
    const seen = [...new LiveView(walk, NOW).owners()];
    expect(seen.map(({ rrsets }) => rrsets.flatMap(({ rdatas }) => rdatas))).to.deep.equal([
      [Uint8Array.of(192, 0, 2, 2)],
      [Uint8Array.of(192, 0, 2, 3)],
    ]);
  });
});
