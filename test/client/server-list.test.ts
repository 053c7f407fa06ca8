import { expect } from 'chai';
import { ServerList } from '../../src/client/server-list.ts';
import { FakeTimers } from '../support/fake-timers.ts';

const SERVERS = [1, 2, 3].map((i) => ({ address: `192.0.2.${i}`, port: 53 }));
const [ONE, TWO, THREE] = SERVERS;

describe('client/server-list', () => {
  it('puts a server that failed behind the others, for a while or until it answers', () => {
    const timers = new FakeTimers();
    const list = new ServerList(SERVERS, () => timers.nowMs(), 1000);
    expect(list.inOrder()).to.deep.equal([ONE, TWO, THREE]);
    if (ONE === undefined || TWO === undefined) throw new Error('three servers');
    list.failed(ONE);
    expect(list.inOrder()).to.deep.equal([TWO, THREE, ONE]);
    timers.pass(500);
    list.failed(TWO);
    expect(list.inOrder()).to.deep.equal([THREE, ONE, TWO]);
    timers.pass(500);
    expect(list.inOrder()).to.deep.equal([ONE, THREE, TWO]);
    list.answered(TWO);
    expect(list.inOrder()).to.deep.equal([ONE, TWO, THREE]);
  });
});
