import { expect } from 'chai';
import * as fc from 'fast-check';
import { stringify } from 'smol-toml';
import { locateToml, type TomlPath } from '../../src/config/positions.ts';

const TEXT = `# a = 1 in a comment
top = "x # not a comment \\" = [" # but this is
a . 'b c'."d\\u0065" = [ 1, [ 2,
  # between
  3 ], { k = 'v', l.m = """
two " lines""""" } ]

[ t.u ]
x = 2026-11-23T00:00:00Z
[[list]]
n = 1
[[list]]
n = 2
[list.inner]
z = '''
]]'''
y=0`;

describe('config/positions', () => {
  const positions = locateToml(TEXT);
  const cases: readonly [TomlPath, key: string | undefined, value: string | undefined][] = [
    [['top'], '2:1', '2:7'],
    [['a'], '3:1', undefined],
    [['a', 'b c', 'de'], '3:1', '3:23'],
    [['a', 'b c', 'de', 1, 0], undefined, '3:30'],
    [['a', 'b c', 'de', 1, 1], undefined, '5:3'],
    [['a', 'b c', 'de', 2, 'k'], '5:10', '5:14'],
    [['a', 'b c', 'de', 2, 'l', 'm'], '5:19', '5:25'],
    [['t', 'u'], '8:3', undefined],
    [['t', 'u', 'x'], '9:1', '9:5'],
    [['list', 0], '10:3', undefined],
    [['list', 0, 'n'], '11:1', '11:5'],
    [['list', 1], '12:3', undefined],
    [['list', 1, 'n'], '13:1', '13:5'],
    [['list', 1, 'inner', 'z'], '15:1', '15:5'],
    [['list', 1, 'inner', 'y'], '17:1', '17:3'],
  ];
  for (const [path, key, value] of cases) {
    it(`finds ${path.join('.')}`, () => {
      const show = ({ line, column }: { line: number; column: number }) => `${line}:${column}`;
      if (key !== undefined) expect(show(positions.keyAt(path))).to.equal(key);
      if (value !== undefined) expect(show(positions.valueAt(path))).to.equal(value);
    });
  }

  it('gives the start of the file for what is not written', () => {
    expect(positions.valueAt(['nowhere'])).to.deep.equal({ line: 1, column: 1 });
  });

  it('law: every key and value of any document is found', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
    const table = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), leaf, {
      maxKeys: 4,
      noNullPrototype: true,
    });
    const document = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.oneof(leaf, table), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(document, (value) => {
        const text = stringify(value);
        const lines = text.split('\n');
        const found = locateToml(text);
        for (const [key, inside] of Object.entries(value)) {
          if (typeof inside === 'object' && !Array.isArray(inside)) continue;
          const at = found.valueAt([key]);
          const written = lines[at.line - 1]?.slice(at.column - 1) ?? '';
          expect(stringify({ v: inside })).to.equal(`v = ${written}\n`);
        }
      }),
    );
  });
});
