import { expect } from 'chai';
import { readConfig } from '../../src/config/load.ts';
import { configuredNotifies } from '../../src/config/notify-rules.ts';
import { showName } from '../../src/wire/name.ts';
import { SECRET } from '../support/tsig.ts';

const KEYS = `[keys."Secondary"]\nsecret = "${SECRET}"\n[zone."Example.TEST"]\n`;

/** The lines of the error that a `notify` list on line 4 causes. */
function errorsOf(...targets: readonly string[]): readonly string[] {
  try {
    readConfig(`${KEYS}notify = [ ${targets.join(', ')} ]\n`, 'w.toml');
  } catch (error) {
    return String(error instanceof Error ? error.message : error)
      .split('\n')
      .map((line) => line.replaceAll('zone."Example.TEST".notify', 'N'));
  }
  throw new Error('nothing was wrong');
}

describe('config/notify-rules', () => {
  it('reads whom to tell; port 53 unless said otherwise, keys in any case', () => {
    const list = `notify = [
  { address = "192.0.2.53", key = "secondary." },
  { address = "[2001:DB8::53]:5353", source = "2001:db8::1" },
  { address = "2001:db8::54" },
]
[zone."ns.test"]
notify-ns = true
[zone."silent.test"]
`;
    const { zones, problems } = configuredNotifies(readConfig(`${KEYS}${list}`, 'w.toml'));
    expect(problems).to.deep.equal([]);
    expect(zones.map(({ apex, tellsNameServers }) => [showName(apex), tellsNameServers])).to.deep.equal([
      ['example.test.', false],
      ['ns.test.', true],
    ]);
    const targets = zones[0]?.targets.map((target) => ({
      ...target,
      key: target.key && showName(target.key),
    }));
    expect(targets).to.deep.equal([
      { endpoint: { address: '192.0.2.53', port: 53 }, key: 'secondary.', source: undefined },
      { endpoint: { address: '2001:db8::53', port: 5353 }, key: undefined, source: '2001:db8::1' },
      { endpoint: { address: '2001:db8::54', port: 53 }, key: undefined, source: undefined },
    ]);
  });

  it('refuses what is no address of a server, and says what was perhaps meant', () => {
    const form = 'an IP address, with a port if it is not 53, such as "192.0.2.53" or "[2001:db8::53]:5353"';
    expect(
      errorsOf(
        '{ address = "ns2.example.test" }',
        '{ address = "192.0.2.1:0" }',
        '{ address = 53 }',
        '{ address = "2001:db8::53:99999" }',
      ),
    ).to.deep.equal([
      `w.toml:4:24: N[0].address is "ns2.example.test"; expected ${form} (an IP address, not a host name)`,
      `w.toml:4:58: N[1].address is "192.0.2.1:0"; expected ${form}; port 0 is no server's`,
      `w.toml:4:87: N[2].address is 53; expected ${form}, in quotes`,
      `w.toml:4:105: N[3].address is "2001:db8::53:99999"; expected ${form}`,
    ]);
  });

  it('refuses unknown keys, unknown settings, missing addresses and addresses that stand there twice', () => {
    expect(errorsOf('{ address = "192.0.2.1", key = "secondry." }')).to.deep.equal([
      'w.toml:4:43: N[0].key is "secondry.", and there is no [keys."secondry."]; did you mean "Secondary"?',
    ]);
    expect(errorsOf('{ adress = "192.0.2.1" }')).to.deep.equal([
      'w.toml:4:12: N[0] has no address; expected a table such as { address = "192.0.2.53", key = "secondary." }',
      'w.toml:4:14: unknown setting N[0].adress; did you mean address?',
    ]);
    expect(errorsOf('{ address = "192.0.2.1" }', '{ address = "192.0.2.1:53" }')[0]).to.match(
      /every address once, but 192\.0\.2\.1:53 stands there twice$/,
    );
    expect(errorsOf('"192.0.2.1"')[0]).to.match(
      /N\[0\] is "192\.0\.2\.1"; expected a table such as \{ address/,
    );
  });

  it('refuses a source of another family', () => {
    expect(errorsOf('{ address = "192.0.2.1", source = "2001:db8::1" }')).to.deep.equal([
      'w.toml:4:46: N[0].source is "2001:db8::1"; expected an address of the family of "192.0.2.1": nothing goes from the one to the other',
    ]);
  });
});
