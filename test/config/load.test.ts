import { expect } from 'chai';
import * as fc from 'fast-check';
import { directory, integer, text } from '../../src/config/kinds.ts';
import { ConfigError, defaultConfig, readConfig, readSettings } from '../../src/config/load.ts';

/** The lines of the error that `toml` causes. */
function errorsOf(toml: string): readonly string[] {
  try {
    readConfig(toml, 'waypost.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('config/load', () => {
  it('gives every setting its default when the file is empty', () => {
    expect(defaultConfig('/srv/dns')).to.deep.equal({
      listen: [
        { address: '127.0.0.1', port: 5300 },
        { address: '::1', port: 5300 },
      ],
      zones: '/srv/dns/zones',
      data: '/srv/dns/data',
      threads: 0,
      portable: false,
      log: { level: 'info', format: 'text' },
      identity: { version: 'waypost', hostname: '', nsid: '' },
      transfers: { max: 20 },
      udp: { maxPayload: 1232 },
      tcp: { idleTimeout: 10, maxConnections: 1000, maxConnectionsPerClient: 50 },
      journal: { maxEntries: 10_000, maxRecords: 1_000_000 },
      secondary: { parallel: 4, maxSize: 1024 },
      geo: { databases: ['embedded'], networks: '' },
      keys: {},
      zone: {},
    });
  });

  it('reads what is written, with paths relative to the file', () => {
    const config = readConfig(
      'listen = ["0.0.0.0:53"]\nzones = "../zones"\ndata = "/var/lib/waypost"\n[log]\nlevel = "debug"\n',
      '/etc/waypost/waypost.toml',
    );
    expect(config.listen).to.deep.equal([{ address: '0.0.0.0', port: 53 }]);
    expect(config.zones).to.equal('/etc/zones');
    expect(config.data).to.equal('/var/lib/waypost');
    expect(config.log).to.deep.equal({ level: 'debug', format: 'text' });
  });

  it('reads where networks are from files relative to its own, and from the embedded database', () => {
    const text = '[geo]\ndatabases = ["geo/city.mmdb", "embedded", "/a/b.mmdb"]\nnetworks = "n.csv"\n';
    expect(readConfig(text, '/etc/waypost.toml').geo).to.deep.equal({
      databases: ['/etc/geo/city.mmdb', 'embedded', '/a/b.mmdb'],
      networks: '/etc/n.csv',
    });
    expect(readConfig('geo = { databases = [] }', '/w.toml').geo.databases).to.deep.equal([]);
    expect(errorsOf('[geo]\ndatabases = ["a.mmdb", "./a.mmdb"]')[0]).to.match(
      /every database once, but .*a\.mmdb/,
    );
    expect(errorsOf('[geo]\ndatabases = "a.mmdb"')[0]).to.contain('a list of paths of databases');
  });

  it('gives values their types', () => {
    const { udp, log, listen } = defaultConfig('/');
    const payload: number = udp.maxPayload;
    const level: 'error' | 'warn' | 'info' | 'debug' = log.level;
    const ports: readonly number[] = listen.map(({ port }) => port);
    expect([payload, level, ports]).to.deep.equal([1232, 'info', [5300, 5300]]);
  });

  it('freezes the result to the bottom', () => {
    const config = defaultConfig('/');
    for (const part of [config, config.listen, config.listen[0], config.tcp]) {
      expect(Object.isFrozen(part)).to.equal(true);
    }
  });

  it('reports all errors at once, in the order of the file, with line and column', () => {
    const lines = errorsOf(`listen = [ "127.0.0.1:5300", "::1:5300" ]
thread = 4
zones = 7

[udp]
max-payload = 70_000 # too much
max-paylod = 1232

[log]
level = "verbose"
`);
    expect(lines).to.deep.equal([
      'waypost.toml:1:30: listen[1] is "::1:5300"; expected ADDR:PORT such as "192.0.2.53:53" or "[2001:db8::53]:53"; did you mean "[::1]:5300"?',
      'waypost.toml:2:1: unknown setting thread; did you mean threads?',
      'waypost.toml:3:9: zones is 7; expected the path of a directory, in quotes',
      'waypost.toml:6:15: udp.max-payload is 70000; expected an integer from 512 to 4096 octets',
      'waypost.toml:7:1: unknown setting udp.max-paylod; did you mean udp.max-payload?',
      'waypost.toml:10:9: log.level is "verbose"; expected one of "error", "warn", "info", "debug"',
    ]);
  });

  it('tells of a setting that slid into a table, or out of it', () => {
    expect(errorsOf('[tcp]\nlisten = ["127.0.0.1:53"]\n')).to.deep.equal([
      'waypost.toml:2:1: unknown setting tcp.listen; did you mean listen? it belongs above the first [table] of the file',
    ]);
    expect(errorsOf('idle-timeout = 3\n')).to.deep.equal([
      'waypost.toml:1:1: unknown setting idle-timeout; did you mean tcp.idle-timeout? it belongs below a line [tcp]',
    ]);
  });

  it('lists what is known where nothing is near', () => {
    expect(errorsOf('[udp]\nfrobnicate = 1\n')).to.deep.equal([
      'waypost.toml:2:1: unknown setting udp.frobnicate; known here: max-payload',
    ]);
  });

  it('names a table that is unknown, or that is not a table', () => {
    expect(errorsOf('[tpc]\nidle-timeout = 3\n')).to.deep.equal([
      'waypost.toml:1:2: unknown setting tpc; did you mean tcp?',
    ]);
    expect(errorsOf('tcp = 5\n')).to.deep.equal([
      'waypost.toml:1:7: tcp is 5; expected a table: a line [tcp] with its settings below it',
    ]);
  });

  for (const [toml, message] of [
    ['threads = 2.5', '1:11: threads is 2.5; expected an integer from 0 to 64 threads'],
    ['threads = "2"', '1:11: threads is "2"; expected an integer from 0 to 64 threads'],
    ['portable = "yes"', '1:12: portable is "yes"; expected true or false (without quotes)'],
    ['listen = []', '1:10: listen is an empty list; expected at least one address'],
    ['zones = ""', '1:9: zones is ""; expected the path of a directory, in quotes'],
    ['zones = 2026-11-23', '1:9: zones is a date; expected the path of a directory, in quotes'],
    [
      'identity.nsid = []',
      '1:17: identity.nsid is an empty list; expected text of at most 128 octets, in quotes',
    ],
  ] as const) {
    it(`refuses ${toml}`, () => {
      expect(errorsOf(toml)).to.deep.equal([`waypost.toml:${message}`]);
    });
  }

  it('says what to write for an address without a port, and for a host name', () => {
    expect(errorsOf('listen = ["192.0.2.1"]')[0]).to.match(/; did you mean "192\.0\.2\.1:53"\?$/);
    expect(errorsOf('listen = ["2001:db8:1:2:3:4:5:6:53"]')[0]).to.match(
      /; did you mean "\[2001:db8:1:2:3:4:5:6\]:53"\?$/,
    );
    expect(errorsOf('listen = ["localhost:53"]')[0]).to.match(/ \(an IP address, not a host name\)$/);
  });

  it('refuses the same address twice, in whatever form; but port 0 is another each time', () => {
    expect(errorsOf('listen = ["[::1]:53", "[0:0::1]:53"]')[0]).to.match(/\[::1\]:53 stands there twice$/);
    expect(readConfig('listen = ["127.0.0.1:0", "127.0.0.1:0"]', '/w').listen).to.have.length(2);
  });

  it('says where text is not TOML', () => {
    expect(errorsOf('threads = 2\nlisten = [ "a" "b" ]\n')[0]).to.match(
      /^waypost\.toml:2:16: not valid TOML: expected comma/,
    );
    expect(errorsOf('threads = 2\nthreads = 3\n')[0]).to.match(
      /^waypost\.toml:2:1: not valid TOML: .*redefine/,
    );
  });

  it('refuses limits that contradict each other', () => {
    expect(errorsOf('[tcp]\nmax-connections = 10\nmax-connections-per-client = 20\n')).to.deep.equal([
      'waypost.toml:3:30: tcp.max-connections-per-client is 20, more than tcp.max-connections, which is 10; lower the one or raise the other',
    ]);
    expect(errorsOf('[tcp]\nmax-connections = 10\n')).to.have.length(1);
  });

  it('law: nothing but ConfigError escapes, whatever the text', () => {
    const words = [
      '[',
      ']',
      '[[',
      '{',
      '}',
      '=',
      '.',
      ',',
      '"',
      "'",
      '\n',
      '#',
      ' ',
      '\\',
      '1',
      '-',
      '2026-11-23',
      'true',
    ];
    const names = [
      'listen',
      'tcp',
      'udp.max-payload',
      'idle-timeout',
      '"127.0.0.1:53"',
      '__proto__',
      '\u0000',
      '"""',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, ...names), { maxLength: 14 }), (parts) => {
        try {
          readConfig(parts.join(''), 'w');
        } catch (error) {
          expect(error).to.be.instanceOf(ConfigError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never takes a key of Object for a setting', () => {
    expect(errorsOf('__proto__ = 1\nconstructor = 2\n')).to.have.length(2);
  });

  describe('tables whose keys people choose', () => {
    const rows = [
      { key: 'keys.*.algorithm', kind: text(20), fallback: 'hmac-sha256' },
      { key: 'keys.*.secret-file', kind: directory(), fallback: 'secret' },
      { key: 'keys.*.fudge', kind: integer(1, 300, 'seconds'), fallback: 300 },
    ] as const;

    it('are read by the rows with an asterisk, the names kept as written', () => {
      const { keys } = readSettings(
        rows,
        '[keys."mon-bj."]\nsecret-file = "a"\n[keys."b.c."]\nfudge = 5\n',
        '/etc/w',
      );
      const fudge: number | undefined = keys['b.c.']?.fudge;
      expect(fudge).to.equal(5);
      expect(keys).to.deep.equal({
        'mon-bj.': { algorithm: 'hmac-sha256', secretFile: '/etc/a', fudge: 300 },
        'b.c.': { algorithm: 'hmac-sha256', secretFile: '/etc/secret', fudge: 5 },
      });
    });

    it('say where they are wrong', () => {
      expect(() => readSettings(rows, '[keys."a.b."]\nfugde = 5\n', 'w')).to.throw(
        'w:2:1: unknown setting keys."a.b.".fugde; did you mean keys."a.b.".fudge?',
      );
    });
  });
});
