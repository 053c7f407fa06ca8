import { expect } from 'chai';
import { ConfigError } from '../../src/config/load.ts';
import { isMonitorToml, readMonitorConfig } from '../../src/config/monitor-load.ts';

/** The lines of the error that `toml` causes. */
function errorsOf(toml: string): readonly string[] {
  try {
    readMonitorConfig(toml, 'monitor.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was wrong');
}

const ZONE = '[zone."example.test"]\nservers = ["192.0.2.53"]\nprobes = ["web"]\n[probe.web]\n';

describe('config/monitor-load', () => {
  it('gives every setting its default', () => {
    const config = readMonitorConfig(ZONE, '/etc/monitor.toml');
    expect(config.parallel).to.equal(256);
    expect(config.state).to.equal('/etc/monitor.state');
    expect(config.report.listen).to.deep.equal({ address: '127.0.0.1', port: 8054 });
    expect(config.blind).to.deep.equal({ percent: 50, fresh: 60_000, calm: 10_000 });
    expect(config.zone['example.test']).to.deep.include({ action: 'edit', keep: 1, lease: 300_000 });
    expect(config.probe['web']).to.deep.include({ kind: 'http', interval: 5000, window: 5, threshold: 3 });
  });

  it('reads times with their units, and says what was meant without one', () => {
    const read = (time: string) =>
      readMonitorConfig(`[probe.a]\ninterval = ${time}`, 'm').probe['a']?.interval;
    expect(['"200ms"', '"1.5s"', '"2min"', '"1h"'].map(read)).to.deep.equal([200, 1500, 120_000, 3_600_000]);
    const wrong = (time: string) => errorsOf(`[probe.a]\ninterval = ${time}`)[0];
    expect(wrong('5')).to.equal(
      'monitor.toml:2:12: probe.a.interval is 5; expected a time from "200ms" to "1d", in quotes; did you mean "5s"?',
    );
    expect(wrong('"5 sec"')).to.contain('did you mean "5s"?');
    expect(wrong('"2m"')).to.contain('did you mean "2min"?');
    expect(wrong('"0s"')).to.match(/expected a time from "200ms" to "1d", in quotes$/);
  });

  it('reports all errors at once, in the order of the file', () => {
    const lines = errorsOf(`paralel = 5
[zone."example.test"]
servers = ["ns1.example.test"]
action = "jugde"
[probe.web]
status = ["200", "2yy"]
interval = "5"
`);
    expect(lines.map((line) => line.split(';')[0])).to.deep.equal([
      'monitor.toml:1:1: unknown setting paralel',
      'monitor.toml:3:12: zone."example.test".servers[0] is "ns1.example.test"',
      'monitor.toml:4:10: zone."example.test".action is "jugde"',
      'monitor.toml:6:18: probe.web.status[1] is "2yy"',
      'monitor.toml:7:12: probe.web.interval is "5"',
    ]);
    expect(lines[0]).to.contain('did you mean parallel?');
  });

  it('refuses options of another kind of probe, where they are written', () => {
    expect(errorsOf('[probe.a]\nkind = "tcp"\nport = 25\npath = "/x"\nca = "x.pem"')).to.deep.equal([
      'monitor.toml:4:8: probe.a.path is for probes of kind http or https, and this one is tcp',
      'monitor.toml:5:6: probe.a.ca is for probes of kind https or tls, and this one is tcp',
    ]);
  });

  it('refuses probes that lack what their kind needs', () => {
    expect(errorsOf('[probe.a]\nkind = "tcp"')[0]).to.contain('has no port');
    expect(errorsOf('[probe.a]\nkind = "dns"')[0]).to.contain('has no name to ask for');
    expect(errorsOf('[probe.a]\nkind = "exec"')[0]).to.contain('has no command');
    expect(errorsOf('[probe.a]\nwindow = 2')[0]).to.contain('threshold is 3, more than window, which is 2');
    expect(errorsOf('[probe.a]\ninterval = "1s"\nfast = "2s"')[0]).to.contain(
      'fast is 2s, longer than interval',
    );
    expect(() => readMonitorConfig('[probe.a]\ninterval = "200ms"', 'm')).not.to.throw();
  });

  it('finds zones, keys and probes that names refer to', () => {
    const lines = errorsOf(`${ZONE}
[name."www.example.test"]
probes = ["wep"]
[name."www.other.test"]
probes = ["web"]
[zone."sub.example.test"]
servers = ["192.0.2.53"]
key = "mon."
action = "judge"
[name."a.sub.example.test"]
`);
    expect(lines).to.deep.equal([
      'monitor.toml:7:11: name."www.example.test".probes[0] is "wep", and there is no [probe.wep]; did you mean "web"?',
      'monitor.toml:8:2: name "www.other.test" is in no zone of this file; write a table [zone."…"] that it ends in',
      'monitor.toml:12:7: zone."sub.example.test".key is "mon.", and there is no [keys."mon."]; waypost key mon. makes one',
      'monitor.toml:14:2: name "a.sub.example.test" has no probes, nor has its zone "sub.example.test"; name some of [probe]',
    ]);
  });

  it('refuses a judge without a key, automatic names without transfer, and two tables of one name', () => {
    expect(errorsOf('[zone."a.test"]\nservers = ["192.0.2.1"]\naction = "judge"')[0]).to.contain(
      'and no key',
    );
    expect(errorsOf(`${ZONE}\n[zone."b.test"]\nservers = ["192.0.2.1"]\nauto = ["**"]\n`).join()).to.match(
      /needs learn = "axfr".*has auto and no probes/,
    );
    expect(errorsOf(`${ZONE}[name."a.example.test"]\n[name."A.Example.Test."]`)[0]).to.contain(
      'are the same',
    );
    expect(errorsOf('[zone."a.test"]')[0]).to.contain('has no servers');
  });

  it('reads members in any form, and what is other about them', () => {
    const config = readMonitorConfig(
      `${ZONE}[name."www.example.test"]\nmembers = ["192.0.2.1", "2001:DB8:0::1"]\nmember."2001:db8::1" = { port = 81 }`,
      'm',
    );
    const name = config.name['www.example.test'];
    expect(name?.members).to.deep.equal(['192.0.2.1', '2001:db8::1']);
    expect(name?.member['2001:db8::1']?.port).to.equal(81);
    const wrong = (lines: string) => errorsOf(`${ZONE}[name."www.example.test"]\n${lines}`)[0];
    expect(wrong('members = ["site1.example.test"]')).to.contain('did you mean "site1.example.test."?');
    expect(wrong('members = ["192.0.2.1"]\nmember."192.0.2.11" = { port = 81 }')).to.contain(
      'is not among the members of this name; did you mean "192.0.2.1"?',
    );
    expect(wrong('member.web1 = { port = 81 }')).to.contain('is no member');
  });

  it('refuses weights where there are no steered names', () => {
    const load = '[load.l]\nurl = "http://{address}/"';
    expect(errorsOf(`${ZONE}[name."www.example.test"]\nload = "l"\n${load}`)[0]).to.contain(
      'needs a zone with action',
    );
    expect(errorsOf('[load.l]')[0]).to.contain('has no url');
    expect(errorsOf('[load.l]\nurl = "http://{address}/"\nidle = 5.5\nfull = 5.5')[0]).to.contain(
      'must differ',
    );
  });

  it('refuses hooks with two ways or none, and never shows their headers', () => {
    expect(errorsOf('[hook.h]')[0]).to.contain('neither command nor url');
    expect(errorsOf('[hook.h]\nurl = "ftp://a.test/"')[0]).to.contain('begins with http:// or https://');
    expect(errorsOf('[hook.h]\nurl = "http://a.test/"\nheaders = { Authorization = 7 }')[0]).to.contain(
      'not shown',
    );
  });

  it('tells a monitor.toml from a waypost.toml', () => {
    expect(isMonitorToml(ZONE, 'x.toml')).to.equal(true);
    expect(isMonitorToml('zones = "."\n', 'monitor.toml')).to.equal(false);
    expect(isMonitorToml('', '/etc/waypost/monitor.toml')).to.equal(true);
    expect(isMonitorToml('', 'waypost.toml')).to.equal(false);
    expect(isMonitorToml('= [', 'bj-monitor.toml')).to.equal(true);
  });
});
