import { expect } from 'chai';
import { configuredMonitor } from '../../src/config/configured-monitor.ts';
import { configuredKeys } from '../../src/config/keys.ts';
import { readMonitorConfig } from '../../src/config/monitor-load.ts';
import { showName } from '../../src/wire/name.ts';
import { SECRET } from '../support/tsig.ts';

const OTHER_SECRET = Buffer.alloc(32, 7).toString('base64');

function configured(toml: string, files: Readonly<Record<string, string>> = {}) {
  const config = readMonitorConfig(toml, '/etc/monitor.toml');
  const { ring } = configuredKeys(config.keys, () => {
    throw new Error('no files');
  });
  return configuredMonitor(config, ring, (path) => files[path] ?? '');
}

const ZONE = `[keys."mon."]
secret = "${SECRET}"
[zone."example.test"]
servers = ["192.0.2.53", "[2001:db8::53]:5353"]
key = "mon."
probes = ["web"]
keep = 2
ttl = 30
[probe.web]
`;

describe('config/configured-monitor', () => {
  it('makes zones with their keys, servers, names and members', () => {
    const { plan } = configured(
      `${ZONE}[name."www.example.test"]\nmembers = ["192.0.2.1", "site1.example.test."]\n`,
    );
    const [planned] = plan.zones;
    expect(planned?.zone).to.deep.include({
      action: 'edit',
      keep: 2,
      ttl: 30,
      memory: 'zone',
      learn: 'query',
      pollMs: 30_000,
    });
    expect(planned?.zone.servers).to.deep.equal([
      { address: '192.0.2.53', port: 53 },
      { address: '2001:db8::53', port: 5353 },
    ]);
    expect(showName(planned?.zone.key?.name ?? new Uint8Array())).to.equal('mon.');
    expect(planned?.zone.names[0]).to.deep.include({ keep: 2, ttl: 30 });
    const { members = [] } = planned?.zone.names[0] ?? {};
    expect(members === 'auto' ? members : members.map(({ type }) => type)).to.deep.equal([1, 5]);
    expect(planned?.names.get('www.example.test.')?.probes[0]).to.deep.include({
      rules: { window: 5, threshold: 3 },
      intervalMs: 5000,
      fastMs: 1000,
      jitterMs: 500,
    });
  });

  it('puts a name into the deepest zone that holds it', () => {
    const toml = `${ZONE}[zone."sub.example.test"]\nservers = ["192.0.2.54"]\nprobes = ["web"]\n[name."www.sub.example.test"]\n`;
    const { plan } = configured(toml);
    expect(plan.zones.map(({ zone }) => zone.names.length)).to.deep.equal([0, 1]);
  });

  it('leases verdicts alone', () => {
    expect(configured(ZONE).plan.zones[0]?.zone.leaseS).to.equal(undefined);
    const judged = ZONE.replace('keep', 'action = "judge"\nlease = "90s"\nkeep');
    expect(configured(judged).plan.zones[0]?.zone.leaseS).to.equal(90);
    expect(configured(judged.replace('90s', '0s')).plan.zones[0]?.zone.leaseS).to.equal(undefined);
  });

  it('marks a zone anew when anything of it is other, its secret included, and shows no secret', () => {
    const mark = (toml: string) => configured(toml).plan.zones[0]?.mark;
    expect(mark(ZONE)).to.equal(mark(`${ZONE}interval = "1s"\n`));
    expect(mark(ZONE)).not.to.equal(mark(ZONE.replace('keep = 2', 'keep = 1')));
    expect(mark(ZONE)).not.to.equal(mark(ZONE.replace(SECRET, OTHER_SECRET)));
    expect(JSON.stringify(configured(ZONE).plan)).not.to.contain(SECRET);
  });

  it('gives each kind of probe its options, and leaves out what is not said', () => {
    const options = (lines: string, files = {}) =>
      configured(`[probe.a]\n${lines}\n[reference.r]\naddress = "192.0.2.9"\nprobe = "a"\n`, files).plan
        .references[0]?.probe.options;
    expect(options('kind = "icmp"\ntimeout = "2s"')).to.deep.equal({
      kind: 'icmp',
      timeoutMs: 2000,
      address: '',
    });
    expect(options('kind = "tcp"\nport = 25\nexpect = "220"')).to.deep.equal({
      kind: 'tcp',
      timeoutMs: 1000,
      address: '',
      port: 25,
      expect: '220',
    });
    expect(options('kind = "https"\nca = "ca.pem"', { '/etc/ca.pem': 'PEM' })).to.deep.include({
      ca: 'PEM',
      verify: true,
    });
    expect(options('kind = "http"')).not.to.have.any.keys('verify', 'host', 'contains', 'port');
    expect(options('kind = "dns"\nname = "a.test"')).not.to.have.any.keys('answer', 'match');
    expect(options('kind = "dns"\nname = "a.test"\nmatch = "exactly"')).to.deep.include({
      answer: [],
      match: 'exactly',
    });
    expect(options('kind = "exec"\ncommand = ["/bin/true"]')).to.deep.include({
      directory: '/etc',
      unknown: 'fail',
    });
  });

  it('warns of what is hardly meant so', () => {
    const said = (toml: string) =>
      configured(toml)
        .warnings.map(({ message }) => message)
        .join('\n');
    expect(said('')).to.contain('nothing is looked after');
    expect(said(ZONE)).to.contain('zone "example.test" has no names');
    expect(said(`${ZONE}[probe.b]\n`)).to.contain('probe "b" is used nowhere');
    expect(said(`${ZONE}interval = "500ms"\n`)).to.contain('may take longer than interval');
    expect(said(`${ZONE}[name."www.example.test"]\nmembers = ["192.0.2.1"]\n`)).to.contain(
      'none of them is ever pulled',
    );
    expect(said(`[report]\nlisten = "0.0.0.0:8054"\n`)).to.contain('sees names, members');
  });
});
