import { expect } from 'chai';
import { scanRdata, scanType, showRdata } from '../../src/rdata/table.ts';
import { Words } from '../../src/rdata/words.ts';
import { scanName } from '../../src/wire/name.ts';

const origin = scanName('example.', undefined);
const both = (type: string, ...texts: string[]) => {
  const number = scanType(type) ?? 0;
  return showRdata(number, scanRdata(number, new Words(texts), origin));
};

describe('rdata/table', () => {
  it('reads and shows the common types', () => {
    expect(both('a', '192.0.2.1')).to.equal('192.0.2.1');
    expect(both('AAAA', '2001:DB8::1')).to.equal('2001:db8::1');
    expect(both('mx', '010', 'Mail')).to.equal('10 Mail.example.');
    expect(both('SOA', '@', 'h.', '1', '1h', '1h30m', '1w', '300')).to.equal(
      'example. h. 1 3600 5400 604800 300',
    );
    expect(both('TXT', 'a', '\\"b\\200')).to.equal('"a" "\\"b\\200"');
    expect(both('SRV', '1', '2', '3', '.')).to.equal('1 2 3 .');
    expect(both('TYPE65280', '\\#', '4', '0A00', '0001')).to.equal('\\# 4 0A000001');
    expect(both('A', '\\#', '4', '0A000001')).to.equal('10.0.0.1');
    expect(() => both('A', '\\#', '3', '0A0000')).to.throw('not RDATA of type A');
  });
});
