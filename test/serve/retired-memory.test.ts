import { expect } from 'chai';
import { RetiredMemory } from '../../src/serve/retired-memory.ts';

describe('serve/retired-memory', () => {
  it('collects when enough has been let go, and not for little', () => {
    let collections = 0;
    const retired = new RetiredMemory(() => {
      collections++;
    });
    for (let i = 0; i < 63; i++) retired.note(1 << 20);
    expect(collections).to.equal(0);
    retired.note(1 << 20);
    expect(collections).to.equal(1);
    retired.note(1 << 20);
    expect(collections).to.equal(1);
    retired.note(1 << 30);
    expect(collections).to.equal(2);
  });

  it('really gives memory back that nothing leads to any more', () => {
    const retired = new RetiredMemory();
    const octets = 32 << 20;
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i++) {
      new Uint8Array(new SharedArrayBuffer(octets)).fill(i);
      retired.note(octets);
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(4 * octets);
  });
});
