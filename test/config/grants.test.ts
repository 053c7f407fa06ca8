import { expect } from 'chai';
import { ConfigError, readConfig } from '../../src/config/load.ts';
import { RRType } from '../../src/wire/iana.ts';
import { SECRET } from '../support/tsig.ts';

const KEYS = `[keys."a."]\nsecret = "${SECRET}"\n`;
/** What stands before the first grant on its line. */
const BEFORE = 'update = [ ';

function read(...grants: readonly string[]) {
  const text = `${KEYS}[zone."example.test"]\n${BEFORE}${grants.join(',\n')} ]\n`;
  return readConfig(text, 'w.toml').zone['example.test']?.update;
}

/** What is wrong with one grant, with the text that each place points at. */
function errorsOf(...grants: readonly string[]): readonly string[] {
  try {
    read(...grants);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, message }) => {
      const text = grants[line - 4] ?? '';
      const from = column - 1 - (line === 4 ? BEFORE.length : 0);
      const short = message.replace('zone."example.test".update', 'U').replace(` such as ${FORM}`, '');
      return `${text.slice(from).split(/[\s,\]}]/)[0]}: ${short}`;
    });
  }
  throw new Error('nothing was wrong');
}

const FORM = '{ key = "deploy.", names = ["**"], action = "edit" }';

describe('config/grants', () => {
  it('reads every part of a grant, in the order of the file', () => {
    expect(
      read(
        '{ key = "a.", names = ["www", "cdn"], action = "judge", load = true }',
        '{ key = "A", names = ["**"], types = ["a", "TYPE65280"], action = "edit", from = ["192.0.2.0/24", "2001:db8::1"] }',
      ),
    ).to.deep.equal([
      { key: 'a.', names: ['www', 'cdn'], types: undefined, action: 'judge', load: true, from: undefined },
      {
        key: 'A',
        names: ['**'],
        types: [RRType.A, 65280],
        action: 'edit',
        load: false,
        from: [
          { address: new Uint8Array([192, 0, 2, 0]), prefixLength: 24 },
          { address: new Uint8Array([0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), 1]), prefixLength: 128 },
        ],
      },
    ]);
  });

  it('reads grants that are tables of their own', () => {
    const table = '[[zone."example.test".update]]\nkey = "a."\nnames = ["@"]\naction = "edit"\n';
    const { zone } = readConfig(`${KEYS}${table}${table}`, 'w.toml');
    expect(zone['example.test']?.update).to.have.length(2);
    const wrong = `${KEYS}${table}${table.replace('names', 'name')}`;
    expect(() => readConfig(wrong, 'w.toml')).to.throw(
      /^w\.toml:7:3: .*update\[1\] has no names; .*\nw\.toml:9:1: unknown setting .*update\[1\]\.name; did you mean names\?$/,
    );
  });

  for (const [what, grant, ...errors] of [
    [
      'unknown keys, with what was meant or what there is',
      '{ key = "a.", names = ["@"], action = "edit", form = [], xyzzy = 1, __proto__ = 2 }',
      'form: unknown setting U[0].form; did you mean from?',
      'xyzzy: unknown setting U[0].xyzzy; known here: key, names, types, action, load, from',
      '__proto__: unknown setting U[0].__proto__; known here: key, names, types, action, load, from',
    ],
    [
      'missing keys, at the table',
      '{ types = ["A"] }',
      '{: U[0] has no key; expected a table',
      '{: U[0] has no names; expected a table',
      '{: U[0] has no action; expected a table',
    ],
    ['what is no table', '[ "a." ]', '[: U[0] is a list; expected a table'],
    [
      'a key that is no text',
      '{ key = 3, names = ["@"], action = "edit" }',
      '3: U[0].key is 3; expected the name of a key of [keys], in quotes',
    ],
    [
      'names outside a list, and none',
      '{ key = "a.", names = "www", types = [], action = "edit" }',
      '"www": U[0].names is "www"; expected a list: a name in the zone such as "www", "@" or "**", in quotes',
      '[: U[0].types is an empty list; expected at least one type, or no types at all for all of them',
    ],
    [
      'an unknown type, with what was meant',
      '{ key = "a.", names = ["@"], types = ["A", "AAAAA", "qwertz"], action = "edit" }',
      '"AAAAA": U[0].types[1] is "AAAAA"; expected an RR type such as "AAAA"; did you mean "AAAA"?',
      '"qwertz": U[0].types[2] is "qwertz"; expected an RR type such as "AAAA" or "TYPE65280"',
    ],
    [
      'a type that no zone holds',
      '{ key = "a.", names = ["@"], types = ["ANY"], action = "edit" }',
      '"ANY": U[0].types[0] is "ANY"; expected an RR type such as "AAAA" that a zone can hold (without types, a grant is for all of them)',
    ],
    [
      'another action',
      '{ key = "a.", names = ["@"], action = "write" }',
      '"write": U[0].action is "write"; expected one of "edit", "judge"',
    ],
    [
      'networks that are none, with what was meant',
      '{ key = "a.", names = ["@"], action = "edit", from = ["192.0.2.7/24", "192.0.2.0/33"] }',
      '"192.0.2.7/24": U[0].from[0] is "192.0.2.7/24"; expected a network such as "192.0.2.0/24" or "2001:db8::/32"; did you mean "192.0.2.0/24"?',
      '"192.0.2.0/33": U[0].from[1] is "192.0.2.0/33"; expected a network such as "192.0.2.0/24" or "2001:db8::/32"',
    ],
    [
      'load without judge',
      '{ key = "a.", names = ["@"], action = "edit", load = true }',
      'true: U[0].load is true; expected no load beside action = "edit": it lets a judge set weight=',
    ],
    [
      'judging of types that are not steered',
      '{ key = "a.", names = ["@"], action = "judge", types = ["A", "TXT"] }',
      '"TXT": U[0].types[1] is "TXT"; expected "A", "AAAA" or "CNAME": a judge says nothing about others',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(errorsOf(grant)).to.deep.equal(errors);
    });
  }

  it('tells of all grants at once', () => {
    const right = '{ key = "a.", names = ["@"], action = "edit" }';
    expect(errorsOf('{ key = "a.", names = ["@"], action = 1 }', right, '"x"')).to.deep.equal([
      '1: U[0].action is 1; expected one of "edit", "judge"',
      '"x": U[2] is "x"; expected a table',
    ]);
  });
});
