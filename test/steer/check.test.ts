import { expect } from 'chai';
import { checkSteering } from '../../src/steer/check.ts';
import { showLine } from '../../src/zone/steering-owner.ts';
import { memoryZone } from '../support/memory-zone.ts';

function found(text: string): string[] {
  return [...checkSteering(memoryZone('example.test', text).owners())].map(
    ({ message, rdata }) => `${rdata === undefined ? '-' : showLine(rdata)} | ${message}`,
  );
}

describe('zone check of steering lines', () => {
  it('names line and word, and the record', () => {
    expect(found('_steer.www TXT "order=rotate"\n_steer.www TXT "192.0.2.1  wieght=2"')).to.deep.equal([
      "192.0.2.1  wieght=2 | '192.0.2.1  wieght=2', word 2: unknown key 'wieght' in a member line; did you mean 'weight'?",
    ]);
  });

  it('names what the lines lack together', () => {
    expect(found('_steer.www TXT "192.0.2.1 backup"')).to.deep.equal([
      "- | lines without a policy line: add one, for example 'order=rotate'",
    ]);
  });

  it('looks at no other owner', () => {
    expect(found('www TXT "192.0.2.1 wieght=2"\nsteer TXT "rank=x"\n_steer.www A 192.0.2.1')).to.deep.equal(
      [],
    );
  });
});
