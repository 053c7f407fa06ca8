import { expect } from 'chai';
import { lazyGeo, surroundingsOf } from '../../src/cli/zone-surroundings.ts';
import { tablesOf } from '../support/geo.ts';
import { name } from '../support/rr.ts';

describe('cli/zone-surroundings', () => {
  it('tells each key with the live view once', () => {
    const grant = (key: string, view: 'live' | 'raw') => ({ key: name(key), view, from: undefined });
    const grants = [grant('a.', 'live'), grant('b.', 'raw'), grant('a.', 'live'), grant('c.', 'live')];
    expect(surroundingsOf({ apex: name('example.test'), grants }).liveSecondaries).to.deep.equal([
      'secondaries with key a.',
      'secondaries with key c.',
    ]);
    expect(surroundingsOf(undefined).liveSecondaries).to.deep.equal([]);
  });

  it('opens location data once, and anew when other data is in use', () => {
    const data = (place: string) =>
      tablesOf({ 'networks.csv': `prefix,latitude,longitude\n192.0.2.0/24,${place}\n` }).memory;
    let memory: SharedArrayBuffer | undefined;
    const geo = lazyGeo(() => memory);
    expect(geo()).to.equal(undefined);
    memory = data('1,2');
    const first = geo();
    expect(first?.placeOf('192.0.2.1')).to.deep.equal({ latitude: 1, longitude: 2, centreOf: undefined });
    expect(geo()).to.equal(first);
    memory = data('3,4');
    expect(geo()?.placeOf('192.0.2.1')?.latitude).to.equal(3);
  });
});
