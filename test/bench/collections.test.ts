import { expect } from 'chai';
import { scanCollections } from './collections.ts';

describe('bench collections', () => {
  it('counts by isolate, and leaves other lines alone', () => {
    const text = `[7:0x16450c00]       49 ms: Scavenge 4.4 (4.5) -> 3.9 (5.5) MB, 5.15 / 0.00 ms  (average mu = 1.000)
serve: listening
[7:0x7f7624000f00]       12 ms: Scavenge 7.2 (9.5) -> 6.9 (9.6) MB, 3.37 / 0.00 ms  allocation failure;
[7:0x16450c00]      151 ms: Mark-Compact 4.4 (5.5) -> 4.1 (6.0) MB, 1.77 / 0.00 ms  finalize incremental marking
`;
    expect(scanCollections(text)).to.deep.equal([
      { isolate: '0x16450c00', atMs: [49, 151] },
      { isolate: '0x7f7624000f00', atMs: [12] },
    ]);
    expect(scanCollections('')).to.deep.equal([]);
  });
});
