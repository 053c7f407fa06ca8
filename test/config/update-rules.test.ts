import { expect } from 'chai';
import * as fc from 'fast-check';
import { stringify } from 'smol-toml';
import { ConfigError, readConfig } from '../../src/config/load.ts';
import { configuredUpdates } from '../../src/config/update-rules.ts';
import { explainPermission } from '../../src/update/permission.ts';
import { RRType } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { name } from '../support/rr.ts';
import { SECRET } from '../support/tsig.ts';

const KEYS = `[keys."Mon-BJ"]\nsecret = "${SECRET}"\n[keys."deploy."]\nsecret = "${SECRET}"\n`;

/** The lines of the error that the tables below the keys cause. Those begin at line 5. */
function errorsOf(toml: string): readonly string[] {
  try {
    readConfig(`${KEYS}${toml}`, 'w.toml');
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n');
  }
  throw new Error('nothing was wrong');
}

function grantFor(names: string, key = 'deploy.'): string {
  return `[zone."example.test"]\nupdate = [ { key = "${key}", names = [${names}], action = "edit" } ]\n`;
}

describe('config/update-rules', () => {
  it('makes the rules of each zone; keys in any case, final dots left out or not', () => {
    const config = readConfig(
      `${KEYS}[zone."Example.TEST"]
update = [
  { key = "mon-bj.", names = ["www"], action = "judge" },
  { key = "DEPLOY", names = ["**"], action = "edit", from = ["192.0.2.0/24"] },
]
[zone."other.test."]
`,
      'w.toml',
    );
    const { rules, problems } = configuredUpdates(config);
    expect(problems).to.deep.equal([]);
    expect(rules.map(({ apex, grants }) => [showName(apex), grants.length])).to.deep.equal([
      ['example.test.', 2],
      ['other.test.', 0],
    ]);
    const [first] = rules;
    const may = (key: string, owner: string) =>
      first && explainPermission(first, { key: name(key), address: undefined }, name(owner), RRType.A);
    expect(may('mon-bj.', 'www.example.test')).to.equal(
      'key mon-bj. may judge A at www.example.test: rule 1',
    );
    expect(may('mon-bj.', 'example.test')).to.contain('may not change A');
    expect(may('deploy.', 'example.test')).to.match(/may edit A .*: rule 2, from 192\.0\.2\.0\/24 only$/);
  });

  it('refuses a key that is not there', () => {
    expect(errorsOf(grantFor('"@"', 'deplyo.'))).to.deep.equal([
      'w.toml:6:20: zone."example.test".update[0].key is "deplyo.", and there is no [keys."deplyo."]; did you mean "deploy."?',
    ]);
    expect(errorsOf(grantFor('"@"', 'somebody.'))[0]).to.match(/; waypost key somebody\. makes one$/);
  });

  it('refuses every wrong name, at its place', () => {
    expect(errorsOf(grantFor('"w*", "www", "a.other.test.", "www.example.test", "**.**"'))).to.deep.equal([
      `w.toml:6:40: zone."example.test".update[0].names[0] is wrong: 'w*': '*' stands for a whole label; 'w*' is a part of one`,
      `w.toml:6:53: zone."example.test".update[0].names[2] is wrong: 'a.other.test.' is not in zone example.test.`,
      `w.toml:6:70: zone."example.test".update[0].names[3] is wrong: 'www.example.test' is relative to example.test.; did you mean 'www'?`,
      `w.toml:6:90: zone."example.test".update[0].names[4] is wrong: '**.**' has '**' twice: once is enough`,
    ]);
  });

  it('refuses zones that are none, and one zone twice', () => {
    expect(errorsOf('[zone."a..b"]\n[zone.""]\n[zone."x.test"]\n[zone."X.test."]\n')).to.deep.equal([
      `w.toml:5:2: zone."a..b" is not the name of a zone: not a domain name: 'a..b.' (empty label)`,
      `w.toml:6:2: zone."" is not the name of a zone: not a domain name: '' (empty name)`,
      'w.toml:8:2: zones "x.test" and "X.test." are the same; keep one table',
    ]);
  });

  it('law: nothing but ConfigError escapes, whatever zone, key, names, types and networks are', () => {
    const part = fc.constantFrom(
      '*',
      '**',
      '.',
      '\\',
      '\\0',
      '@',
      'a',
      'TYPE',
      '65536',
      '::1',
      '/',
      '"',
      '\n',
      'ü',
    );
    const word = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
    const words = fc.array(word, { maxLength: 3 });
    fc.assert(
      fc.property(word, word, words, words, words, (zone, key, names, types, from) => {
        const grants = [
          { key: 'deploy.', names, action: 'edit' },
          { key, names, types, from, action: 'judge' },
        ];
        for (const update of [grants, grants.slice(0, 1)]) {
          try {
            readConfig(`${KEYS}${stringify({ zone: { [zone]: { update } } })}`, 'w.toml');
          } catch (error) {
            expect(error).to.be.instanceOf(ConfigError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('says what to write instead of a value for all zones', () => {
    expect(errorsOf('zone = 1\n')).to.have.length(1);
    expect(() => readConfig('zone = "example.test"\n', 'w.toml')).to.throw(
      'w.toml:1:8: zone is "example.test"; expected a table: a line [zone."NAME"] with its settings below it',
    );
  });
});
