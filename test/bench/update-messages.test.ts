import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { Opcode, RRClass } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { tsigKey, verified } from '../support/tsig.ts';
import { MOST_ADDED, UPDATE_KEY, UpdateSigner, updateAt } from './update-messages.ts';

const NOW_S = 1_800_000_000;

describe('bench updates', () => {
  it('change the zone each time: what is deleted was added long before, and no name comes twice', () => {
    const addedAt = new Map<string, number>();
    const ever = new Set<string>();
    for (let i = 0; i < 5 * MOST_ADDED; i++) {
      const { adds, name } = updateAt('x', i);
      if (adds) {
        expect(ever.has(name), name).to.equal(false);
        ever.add(name);
        addedAt.set(name, i);
      } else {
        expect(i - (addedAt.get(name) ?? i), name).to.be.at.least(MOST_ADDED);
        addedAt.delete(name);
      }
      expect(addedAt.size).to.be.at.most(MOST_ADDED);
    }
  });

  it('of two runs share no name', () => {
    expect(updateAt('x', 7).name).to.not.equal(updateAt('y', 7).name);
  });

  it('are signed UPDATE messages of one record', () => {
    const key = tsigKey(`${UPDATE_KEY.name}.`, UPDATE_KEY.algorithm, { secret: UPDATE_KEY.secret });
    for (const [index, rrClass] of [
      [0, RRClass.IN],
      [MOST_ADDED, RRClass.NONE],
    ] as const) {
      const octets = new UpdateSigner().sign(index, updateAt('x', index), NOW_S);
      const { id, opcode, questions, authorities } = parseMessage(octets);
      expect([id, opcode, questions.map(({ name }) => showName(name))]).to.deep.equal([
        index,
        Opcode.UPDATE,
        ['bench.test.'],
      ]);
      expect(authorities.map((record) => [showName(record.owner), record.class])).to.deep.equal([
        ['u0-x.bench.test.', rrClass],
      ]);
      expect(verified(octets, key, NOW_S).timeSigned).to.equal(NOW_S);
    }
  });
});
