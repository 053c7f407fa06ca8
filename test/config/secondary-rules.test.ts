import { expect } from 'chai';
import { readConfig } from '../../src/config/load.ts';
import { configuredSecondaries } from '../../src/config/secondary-rules.ts';
import { showName } from '../../src/wire/name.ts';
import { SECRET } from '../support/tsig.ts';

const KEYS = `[keys."secondary."]\nsecret = "${SECRET}"\n[zone."other.test"]\n`;

/** The lines of the error that the settings of the zone cause. Those begin at line 4. */
function errorsOf(toml: string): readonly string[] {
  try {
    readConfig(`${KEYS}${toml}`, 'w.toml');
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n');
  }
  throw new Error('nothing was wrong');
}

function read(toml: string) {
  return configuredSecondaries(readConfig(`${KEYS}${toml}`, 'w.toml')).secondaries.map(
    ({ apex, primaries, forwardsUpdates }) => ({
      apex: showName(apex),
      primaries: primaries.map(({ endpoint: { address, port }, key }) => [
        address,
        port,
        key === undefined ? undefined : showName(key),
      ]),
      forwardsUpdates,
    }),
  );
}

describe('config/secondary-rules', () => {
  it('reads one primary as a table, port 53 unless said otherwise', () => {
    expect(read('primary = { address = "192.0.2.1" }')).to.deep.equal([
      { apex: 'other.test.', primaries: [['192.0.2.1', 53, undefined]], forwardsUpdates: false },
    ]);
  });

  it('reads several, in their order, with keys in any case', () => {
    const toml =
      'primary = [{ address = "192.0.2.1:5353", key = "Secondary" }, { address = "[2001:db8::1]:53" }]\nforward-updates = true';
    expect(read(toml)).to.deep.equal([
      {
        apex: 'other.test.',
        primaries: [
          ['192.0.2.1', 5353, 'secondary.'],
          ['2001:db8::1', 53, undefined],
        ],
        forwardsUpdates: true,
      },
    ]);
  });

  it('is no secondary without a primary', () => {
    expect(read('')).to.deep.equal([]);
    expect(read('primary = []')).to.deep.equal([]);
  });

  for (const [what, toml, ...errors] of [
    [
      'a key that is not there',
      'primary = { address = "192.0.2.1", key = "secondry." }',
      'w.toml:4:42: zone."other.test".primary.key is "secondry.", and there is no [keys."secondry."]; did you mean "secondary."?',
    ],
    [
      'a word that is not known',
      'primary = { adress = "192.0.2.1" }',
      'w.toml:4:11: zone."other.test".primary has no address; expected a table such as { address = "192.0.2.1:53", key = "secondary." }',
      'w.toml:4:13: unknown setting zone."other.test".primary.adress; did you mean address?',
    ],
    [
      'a host name',
      'primary = { address = "ns1.other.test:53" }',
      'w.toml:4:23: zone."other.test".primary.address is "ns1.other.test:53"; expected an IP address such as "192.0.2.1:53" or "[2001:db8::1]:53" (an IP address, not a host name)',
    ],
    [
      'an address without brackets',
      'primary = [{ address = "2001:db8::1:53" }, { address = "192.0.2.1:0" }]',
      `w.toml:4:56: zone."other.test".primary[1].address is "192.0.2.1:0"; expected an IP address such as "192.0.2.1:53" or "[2001:db8::1]:53"; port 0 is no server's`,
    ],
    [
      'text',
      'primary = "192.0.2.1"',
      'w.toml:4:11: zone."other.test".primary is "192.0.2.1"; expected a table such as { address = "192.0.2.1:53", key = "secondary." }, or a list of them',
    ],
    [
      'a misspelt setting',
      'primry = { address = "192.0.2.1" }',
      'w.toml:4:1: unknown setting zone."other.test".primry; did you mean zone."other.test".primary?',
    ],
    [
      'forwarding to nobody',
      'forward-updates = true',
      'w.toml:4:19: zone."other.test".forward-updates is true, and the zone has no primary to forward to; give it one, or leave this out',
    ],
    [
      'update rules beside a primary',
      'primary = { address = "192.0.2.1" }\nupdate = [{ key = "secondary.", names = ["**"], action = "edit" }]',
      'w.toml:5:10: zone "other.test" has a primary, and update rules: only its primary changes it; keep one of them (forward-updates = true hands updates on)',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(errorsOf(toml)).to.deep.equal(errors);
    });
  }
});
