import { expect } from 'chai';
import fc from 'fast-check';
import { scanAddress } from '../../src/base/ip.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { CompiledSteering } from '../support/compiled-steering.ts';
import { holds } from '../support/fuzz.ts';
import { tablesOf } from '../support/geo.ts';
import { PlainGeography } from '../support/plain-geography.ts';
import { PlainWorld, ScopeJudge } from '../support/plain-scope.ts';
import { PlainSteering } from '../support/plain-steering.ts';
import { databaseOf, steeringCases } from '../support/random-steering.ts';

/** Two chunks. */
const ROOM_OCTETS = 8192;

describe('law of steering, made-up policies in small worlds', () => {
  it('the same tiers as STEERING.md word by word, and the only right scope', function () {
    this.timeout(0);
    holds(
      fc.property(steeringCases(), (each) => {
        const database = databaseOf(each);
        const geography = new PlainGeography([each.networks, database]);
        const tables = tablesOf({ 'networks.csv': each.networks, 'city.mmdb': database });
        const world = new PlainWorld(geography);
        // Room for little, so that what is kept is often taken away again.
        const room = new NumberRoom(ROOM_OCTETS);
        for (const { records, lines } of each.steered) {
          const plain = new PlainSteering(records, lines, geography);
          const judge = new ScopeJudge(world, plain);
          const compiled = new CompiledSteering(records, lines, tables, { room });
          for (const text of each.clients) {
            const address = scanAddress(text) ?? expect.fail(text);
            const client = { address, facts: geography.factsOf(address) };
            const of = `of ${text} by ${lines.join('; ')}`;
            const [tiers, taken] = [compiled.tiersOf(address), compiled.takenOf(address)];
            expect(tiers, `all tiers ${of}`).to.deep.equal(plain.tiersOf(client));
            expect(taken, `tiers ${of}`).to.deep.equal(plain.takenOf(client));
            const scope = compiled.scopeOf(address);
            const right = judge.scopeOf(address);
            expect(judge.judge(address, scope), `/${scope} and not /${right} ${of}`).to.equal(undefined);
          }
        }
      }),
    );
  });
});
