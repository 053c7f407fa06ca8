import { expect } from 'chai';
import { addressesAt, nameAt, seededRandom, showQueries, showZone } from './zone.ts';

describe('bench zone', () => {
  const shape = { names: 25_000, addressesPerName: 4 };
  const lines = [...showZone(shape)].join('').trimEnd().split('\n');

  it('has one SOA, one NS with its address, and every name with all its addresses', () => {
    expect(lines.filter((line) => line.includes(' SOA '))).to.have.lengthOf(1);
    expect(lines.filter((line) => line.includes(' NS '))).to.deep.equal(['@ IN NS ns']);
    expect(lines).to.include('ns IN A 192.0.2.53');
    expect(lines.filter((line) => /^n\d+ IN A /.test(line))).to.have.lengthOf(100_000);
    expect(new Set(lines).size).to.equal(lines.length);
  });

  it('writes what addressesAt says', () => {
    for (const index of [0, 1, 9_999, 10_000, 24_999]) {
      const expected = addressesAt(index, shape).map((address) => `n${index} IN A ${address}`);
      expect(lines.filter((line) => line.startsWith(`n${index} `))).to.deep.equal(expected);
    }
  });

  it('stays inside 198.18.0.0/15', () => {
    expect(addressesAt(0, shape)).to.deep.equal(['198.18.0.0', '198.18.0.1', '198.18.0.2', '198.18.0.3']);
    expect(addressesAt(32_767, shape).at(-1)).to.equal('198.19.255.255');
    expect(addressesAt(32_768, shape)[0]).to.equal('198.18.0.0');
  });

  it('asks only for names of the zone, the same ones for the same seed', () => {
    const queries = [...showQueries(100, 20_001, 7)].join('');
    const asked = queries.trimEnd().split('\n');
    const names = new Set(Array.from({ length: 100 }, (_, i) => `${nameAt(i)} A`));
    expect(asked).to.have.lengthOf(20_001);
    expect(asked.filter((line) => !names.has(line))).to.deep.equal([]);
    expect(new Set(asked).size).to.equal(100);
    expect([...showQueries(100, 20_001, 7)].join('')).to.equal(queries);
    expect([...showQueries(100, 20_001, 8)].join('')).not.to.equal(queries);
  });

  it('draws evenly', () => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 10_000 }, random);
    expect(drawn.every((value) => value >= 0 && value < 1)).to.equal(true);
    for (let tenth = 0; tenth < 10; tenth++) {
      expect(drawn.filter((value) => Math.floor(value * 10) === tenth).length).to.be.within(850, 1150);
    }
  });
});
