import { expect } from 'chai';
import type { ClientClass } from '../../../src/answer/explain/client-classes.ts';
import { ShareTally } from '../../../src/cli/commands/client-shares.ts';

const steered = { owner: 'www.example.test.', type: 'A' };
const only = (member: string): ClientClass => ({ steered, tiers: [[member]], first: { [member]: 1 } });
const both: ClientClass = { steered, tiers: [['a', 'b']], first: { a: 0.75, b: 0.25 } };

describe('the shares of many clients', () => {
  it('add up what each member is first for, batch by batch', () => {
    const tally = new ShareTally('A', 3);
    tally.add(['192.0.2.1', '192.0.2.2'], { classes: [only('a'), both], of: [0, 1] }, undefined);
    tally.add(['192.0.2.3', '192.0.2.4'], { classes: [both], of: [0, 0] }, undefined);
    const { clients, members, classes, moved } = tally.result();
    expect(clients).to.equal(4);
    expect(members).to.deep.equal([
      { member: 'a', share: 3.25 / 4, candidate: undefined },
      { member: 'b', share: 0.75 / 4, candidate: undefined },
    ]);
    expect(classes).to.deep.equal([
      { tiers: [['a', 'b']], clients: 3, example: '192.0.2.2' },
      { tiers: [['a']], clients: 1, example: '192.0.2.1' },
    ]);
    expect(moved).to.equal(undefined);
  });

  it('tell who would move, from whom to whom, with some of them by name', () => {
    const tally = new ShareTally('A', 1);
    const clients = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    const served = { classes: [only('a'), both], of: [0, 0, 1] };
    tally.add(clients, served, { classes: [only('c'), both], of: [0, 0, 1] });
    const { members, moved } = tally.result();
    expect(moved).to.deep.equal({
      clients: 2,
      moves: [{ from: ['a'], to: ['c'], clients: 2, examples: ['192.0.2.1'] }],
    });
    expect(members.find(({ member }) => member === 'c')).to.deep.equal({
      member: 'c',
      share: 0,
      candidate: 2 / 3,
    });
  });

  it('take another weight for a move, and the same tiers in other words for none', () => {
    const tally = new ShareTally('A', 0);
    const heavier: ClientClass = { ...both, first: { a: 0.5, b: 0.5 } };
    const again: ClientClass = { ...both, tiers: [['a', 'b'], ['c']] };
    tally.add(
      ['192.0.2.1', '192.0.2.2'],
      { classes: [both], of: [0, 0] },
      { classes: [heavier, again], of: [0, 1] },
    );
    expect(tally.result().moved?.clients).to.equal(1);
  });

  it('of no clients are nothing', () => {
    expect(new ShareTally('A', 3).result()).to.deep.include({ clients: 0, steered: undefined, members: [] });
  });
});
