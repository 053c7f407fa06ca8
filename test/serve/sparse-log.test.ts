import { expect } from 'chai';
import { SparseLog } from '../../src/serve/sparse-log.ts';
import { FakeEffects } from '../support/effects.ts';

describe('serve/sparse-log', () => {
  it('writes some lines a second, then how many were left out', () => {
    const effects = new FakeEffects();
    const log = new SparseLog(effects.log, () => effects.now, 3);
    for (let i = 0; i < 10; i++) log.warn(`line ${i}`);
    expect(effects.lines).to.deep.equal(['warn line 0', 'warn line 1', 'warn line 2']);
    effects.now += 1000;
    log.info('next');
    expect(effects.lines.slice(3)).to.deep.equal([
      'warn serve: lines of this log were left out',
      'info next',
    ]);
    expect(effects.fields[3]).to.deep.equal({ lines: 7 });
  });

  it('goes on when the clock is set back', () => {
    const effects = new FakeEffects();
    const log = new SparseLog(effects.log, () => effects.now, 1);
    log.error('one');
    effects.now -= 3_600_000;
    log.error('two');
    expect(effects.lines).to.deep.equal(['error one', 'error two']);
  });
});
