import { expect } from 'chai';
import fc from 'fast-check';
import { showName } from '../../src/wire/name.ts';
import { checkOwners, checkZone } from '../../src/zone/check.ts';
import type { Finding } from '../../src/zone/finding.ts';
import type { RR } from '../../src/zone/record.ts';
import { holds } from '../support/fuzz.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { randomZone, recordIn } from '../support/random-zones.ts';

describe('law of the zone check', () => {
  it('checking the changed owners finds the errors that checking the zone finds', () => {
    const change = fc.record({
      zone: randomZone('z.test'),
      added: fc.array(recordIn('z.test'), { maxLength: 4 }),
      removed: fc.array(fc.nat(), { maxLength: 3 }),
    });
    holds(
      fc.property(change, ({ zone, added, removed }) => {
        const gone = new Set(removed.map((index) => zone.records[index % zone.records.length]));
        const records = [...zone.records.filter((record) => !gone.has(record)), ...added];
        const changed = [...gone, ...added].filter((record): record is RR => record !== undefined);
        const view = new MemoryZone(zone.apex, records);
        const found = checkOwners(
          view,
          changed.map(({ owner }) => owner),
        );
        expect(errorsIn(found)).to.deep.equal(errorsIn(checkZone(view)));
      }),
    );
  });
});

function errorsIn(found: Iterable<Finding>): string[] {
  return [...found]
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, owner, message }) => `${rule} ${showName(owner)} ${message}`)
    .toSorted();
}
