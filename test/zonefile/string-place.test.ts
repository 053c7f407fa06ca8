import { expect } from 'chai';
import { placeInStrings } from '../../src/zonefile/string-place.ts';

/** The place of `part` in the record on `line` whose strings, joined by spaces, are `text`. */
function place(file: string, line: number, text: string, part: string): string {
  const found = placeInStrings(Buffer.from(file, 'latin1'), line, { text, at: text.indexOf(part) });
  return found === undefined ? '-' : `${found.line}:${found.column}`;
}

describe('zonefile/string-place', () => {
  it('finds a word in a string, in the second of two, and without quotes', () => {
    expect(place('a A 192.0.2.1\nw TXT "one two"\n', 2, 'one two', 'two')).to.equal('2:12');
    expect(place('w 60 TXT "one" "two  three"', 1, 'one two  three', 'three')).to.equal('1:22');
    expect(place('w TXT one two ; three', 1, 'one two', 'two')).to.equal('1:11');
  });

  it('follows a record over several lines', () => {
    expect(place('\nw TXT ( "one"\n  "two" ; more\n)\n', 2, 'one two', 'two')).to.equal('3:4');
  });

  it('counts what is escaped as it is written', () => {
    expect(place('w TXT "a\\032b\\"c d"', 1, 'a b"c d', 'd')).to.equal('1:18');
  });

  it('knows no place where the file says something else', () => {
    expect(place('w TXT "one two"', 1, 'one three', 'three')).to.equal('-');
    expect(place('w TXT "three"', 1, 'one three', 'one')).to.equal('-');
    expect(place('w TXT "one', 1, 'one', 'one')).to.equal('-');
    expect(place('w TXT "one"', 7, 'one', 'one')).to.equal('-');
    expect(place('w TYPE16 \\# 4 036f6e65', 1, 'one', 'one')).to.equal('-');
  });
});
