import { expect } from 'chai';
import type { ZoneStep } from '../../src/zone/history.ts';
import { PastView } from '../../src/zone/past-view.ts';
import { showView } from '../support/map-image.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name, rr } from '../support/rr.ts';

const NOW = memoryZone(
  'example.test',
  `@    3600 SOA ns1 hostmaster 9 7200 900 1209600 300
   @    3600 NS ns1
   a    60 A 192.0.2.1
   b.c  60 TXT x
   ns1  60 A 192.0.2.53
   www  60 A 192.0.2.1
   www  60 A 192.0.2.3
   www  60 CNAME Host`.replaceAll(/^ +/gm, ''),
);

describe('zone/past-view', () => {
  it('undoes steps, the newest first', () => {
    const past = new PastView(NOW, [
      step(7, ['www 60 A 192.0.2.2'], ['www 60 A 192.0.2.4']),
      step(8, ['www 60 A 192.0.2.4'], ['www 60 A 192.0.2.3']),
    ]);
    expect(showView(past).filter((line) => line.startsWith('www'))).to.deep.equal([
      'www.example.test. 60 A 192.0.2.1',
      'www.example.test. 60 A 192.0.2.2',
      'www.example.test. 60 CNAME Host.example.test.',
    ]);
  });

  it('owners that came are gone, owners that went are back, all in canonical order', () => {
    const past = new PastView(NOW, [
      step(8, ['0 60 A 192.0.2.9', 'z.c 60 A 192.0.2.9', 'zz 60 A 192.0.2.9'], ['a 60 A 192.0.2.1']),
    ]);
    expect([...past.owners()].map((owner) => owner.name)).to.deep.equal(
      [
        'example.test',
        '0.example.test',
        'b.c.example.test',
        'z.c.example.test',
        'ns1.example.test',
        'www.example.test',
        'zz.example.test',
      ].map(name),
    );
    expect([...past.ownersBelow(name('c.example.test'))].map((owner) => owner.name)).to.deep.equal(
      ['b.c.example.test', 'z.c.example.test'].map(name),
    );
    expect(past.get(name('a.example.test'))).to.equal(undefined);
    expect(past.get(name('zz.example.test'))?.rrsets).to.have.length(1);
    expect(past.get(name('b.c.example.test'))).to.equal(NOW.get(name('b.c.example.test')));
  });

  it('a changed TTL and a changed spelling are what they were', () => {
    const past = new PastView(NOW, [
      step(8, ['a 30 A 192.0.2.1', 'www 60 CNAME HOST'], ['a 60 A 192.0.2.1', 'www 60 CNAME Host']),
    ]);
    expect(past.get(name('a.example.test'))?.rrsets[0]?.ttl).to.equal(30);
    expect(showView(past)).to.include('www.example.test. 60 CNAME HOST.example.test.');
  });
});

function step(serialFrom: number, removed: readonly string[], added: readonly string[]): ZoneStep {
  return {
    serialFrom,
    serialTo: serialFrom + 1,
    removed: removed.map((line) => rr(line)),
    added: added.map((line) => rr(line)),
  };
}
