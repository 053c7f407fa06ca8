import { expect } from 'chai';
import { ConfigError, readConfig } from '../../src/config/load.ts';
import { configuredTransfers } from '../../src/config/transfer-rules.ts';
import { showName } from '../../src/wire/name.ts';
import { SECRET } from '../support/tsig.ts';

const KEYS = `[keys."Secondary"]\nsecret = "${SECRET}"\n`;

function errorsOf(...grants: readonly string[]): readonly string[] {
  try {
    readConfig(`${KEYS}[zone."example.test"]\ntransfer = [ ${grants.join(', ')} ]\n`, 'w.toml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll('zone."example.test".transfer', 'T').split('\n');
  }
  throw new Error('nothing was wrong');
}

describe('config/transfer-rules', () => {
  it('reads every part of a grant, in the order of the file; the view is live unless said otherwise', () => {
    const config = readConfig(
      `${KEYS}[zone."Example.TEST"]
transfer = [ { key = "secondary.", view = "raw", from = ["192.0.2.0/24"] }, { key = "SECONDARY" } ]
[zone."other.test."]
`,
      'w.toml',
    );
    const { rules, problems } = configuredTransfers(config);
    expect(problems).to.deep.equal([]);
    expect(rules.map(({ apex }) => showName(apex))).to.deep.equal(['example.test.', 'other.test.']);
    expect(rules[0]?.grants.map(({ key, view, from }) => [showName(key), view, from?.length])).to.deep.equal([
      ['secondary.', 'raw', 1],
      ['secondary.', 'live', undefined],
    ]);
    expect(rules[1]?.grants).to.deep.equal([]);
  });

  it('refuses a key that is not there, with what was meant', () => {
    expect(errorsOf('{ key = "secundary" }', '{ key = "somebody." }')).to.deep.equal([
      'w.toml:4:22: T[0].key is "secundary", and there is no [keys."secundary"]; did you mean "Secondary"?',
      'w.toml:4:45: T[1].key is "somebody.", and there is no [keys."somebody."]; waypost key somebody. makes one',
    ]);
  });

  for (const [what, grant, ...errors] of [
    [
      'unknown keys, with what was meant',
      '{ key = "secondary.", veiw = "raw", names = ["@"] }',
      'w.toml:4:36: unknown setting T[0].veiw; did you mean view?',
      'w.toml:4:50: unknown setting T[0].names; known here: key, view, from',
    ],
    [
      'another view',
      '{ key = "secondary.", view = "all" }',
      'w.toml:4:43: T[0].view is "all"; expected one of "live", "raw"',
    ],
    [
      'a missing key',
      '{ view = "raw" }',
      'w.toml:4:14: T[0] has no key; expected a table such as { key = "secondary.", view = "raw" }',
    ],
    [
      'networks that are none, with what was meant',
      '{ key = "secondary.", from = ["192.0.2.7/24"] }',
      'w.toml:4:44: T[0].from[0] is "192.0.2.7/24"; expected a network such as "192.0.2.0/24" or "2001:db8::/32"; did you mean "192.0.2.0/24"?',
    ],
    [
      'no networks',
      '{ key = "secondary.", from = [] }',
      'w.toml:4:43: T[0].from is an empty list; expected at least one network, or no from at all for anywhere',
    ],
    [
      'a key alone in place of a table',
      '"secondary."',
      'w.toml:4:14: T[0] is "secondary."; expected a table such as { key = "secondary.", view = "raw" }',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(errorsOf(grant)).to.deep.equal(errors);
    });
  }
});
