import { expect } from 'chai';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { ChoiceWord, TierWord } from '../../src/steer/choices.ts';
import { Chooser } from '../../src/steer/chooser.ts';
import { type Choosing, choosingOf } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { Chance, embeddedGeo, shown } from '../support/geo.ts';

const MEMBERS = [
  'a.test. at=39.90,116.40 net=1.0.0.0/11,2a00:1450::/33',
  'b.test. at=51.51,-0.13 net=77.0.0.0/19',
  'c.test. at=-23.55,-46.63 country=BR',
  'd.test. at=40.71,-74.01 net=203.0.113.0/27',
];
const CLIENTS = 6000;

describe('law: a client of a network that is known gets what it would get if it were located', () => {
  const { tables } = embeddedGeo();
  for (const policy of ['rank=distance', 'rank=net,country,distance need=2', 'rank=net']) {
    it(policy, () => {
      const lines = scanSteeringLines([policy, ...MEMBERS]);
      const names = MEMBERS.map((line) => line.split(' ')[0] ?? '');
      const choosing = choosingOf(lines.policy ?? expect.fail('no policy'), lines, names, MEMBERS.length);
      // Small rooms: what is known is taken away again and again.
      for (const octets of [64e6, 100e3]) sameForAll(choosing, octets);
    });
  }

  function sameForAll(choosing: Choosing, octets: number): void {
    const knowing = new Chooser(choosing, tables, new NumberRoom(octets), new NumberRoom(octets));
    // Without scopes asked for, nothing is known of networks.
    const plain = new Chooser(choosing, tables, new NumberRoom(64e6));
    const chance = new Chance(42);
    const clients = Array.from({ length: CLIENTS }, (_, i) => (i % 3 === 0 ? chance.ipv6() : chance.ipv4()));
    const place = new ClientPlace();
    for (let pass = 0; pass < 2; pass++) {
      for (const client of clients) {
        place.read(client, 0, client.length);
        const found = taken(knowing, place);
        const scope = knowing.scopeAt(place);
        expect(found, shown(client)).to.equal(taken(plain, place));
        expect(scope).to.be.within(0, 8 * client.length);
        // any other address of that network
        const other = chance.octets(client.length).map((octet, i) => {
          const mask = (0xff00 >> Math.min(8, Math.max(0, scope - 8 * i))) & 0xff;
          return ((client[i] ?? 0) & mask) | (octet & ~mask);
        });
        place.read(other, 0, other.length);
        expect(taken(plain, place), `${shown(other)}, of ${shown(client)}/${scope}`).to.equal(found);
      }
    }
  }

  function taken(chooser: Chooser, place: ClientPlace): string {
    const choice = chooser.choiceAt(place);
    const tiers = chooser.words[choice + ChoiceWord.TIERS] ?? 0;
    const first = choice + ChoiceWord.FIRST_TIER;
    const members = chooser.words[choice + ChoiceWord.MEMBERS] ?? 0;
    return chooser.words.subarray(first, first + TierWord.WORDS * tiers + members).join();
  }
});
