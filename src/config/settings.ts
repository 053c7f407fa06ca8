import { grants } from './grants.ts';
import { KEY_SETTINGS } from './key-settings.ts';
import { choice, databases, directory, endpoints, file, flag, integer, text } from './kinds.ts';
import { notifications } from './notify.ts';
import type { TomlPath } from './positions.ts';
import { primaries } from './primaries.ts';
import type { Setting } from './setting.ts';
import { transferGrants } from './transfer-grants.ts';
import type { SettingsTree } from './tree.ts';

/** Every setting of `waypost.toml`, in the order of the reference page; those without a table first. */
export const SETTINGS = [
  {
    key: 'listen',
    kind: endpoints(),
    fallback: ['127.0.0.1:5300', '[::1]:5300'],
    about:
      'The addresses and ports that are answered on, each over UDP and TCP. DNS uses port 53; ports below 1024 need ' +
      'the right to open them (root, or `CAP_NET_BIND_SERVICE`). `0.0.0.0` and `[::]` are all addresses of the ' +
      'machine; the reply leaves from the address that was asked.',
    example: ['192.0.2.53:53', '[2001:db8::53]:53'],
  },
  {
    key: 'zones',
    kind: directory(),
    fallback: 'zones',
    about:
      'The directory of master files. Every `NAME.zone` in it is the zone NAME (`example.com.zone` is `example.com`). ' +
      'The files are read at the start and on SIGHUP, and are never written.',
    example: '/etc/waypost/zones',
  },
  {
    key: 'data',
    kind: directory(),
    fallback: 'data',
    about:
      'The directory of what the server keeps: the zone database with its journal, the cookie secret, the control ' +
      'socket. It is made if it is missing. It must be on a local disk and belong to one running server alone.',
    example: '/var/lib/waypost',
  },
  {
    key: 'threads',
    kind: integer(0, 64, 'threads'),
    fallback: 0,
    about:
      'How many threads answer UDP queries. 0 is one per processor core. More threads than cores bring nothing.',
    example: 2,
  },
  {
    key: 'portable',
    kind: flag(),
    fallback: false,
    about:
      "Use Node's own UDP sockets, in one thread, even where batched system calls are to be had (Linux). It gives " +
      'the same answers at a lower rate, for finding out whether a trouble comes from the system calls. On other ' +
      'systems it is always so.',
    example: true,
  },
  {
    key: 'log.level',
    kind: choice(['error', 'warn', 'info', 'debug']),
    fallback: 'info',
    about:
      'The least important lines that are written to the log (standard error). Single queries are not logged.',
    example: 'warn',
  },
  {
    key: 'log.format',
    kind: choice(['text', 'json']),
    fallback: 'text',
    about:
      'How a line of the log is written: `text` for people, `json` (one object per line, by pino) for collectors.',
    example: 'json',
  },
  {
    key: 'identity.version',
    kind: text(255),
    fallback: 'waypost',
    about:
      'The answer to `CH TXT version.bind` and `version.server`. Empty: such queries are REFUSED, so that nobody ' +
      'learns what runs here.',
    example: '',
  },
  {
    key: 'identity.hostname',
    kind: text(255),
    fallback: '',
    about:
      'The answer to `CH TXT hostname.bind` and `id.server` (RFC 4892): which of several servers behind one address ' +
      'this is. Empty: such queries are REFUSED.',
    example: 'ns1-bj',
  },
  {
    key: 'identity.nsid',
    kind: text(128),
    fallback: '',
    about:
      'The name server identifier that a query with an NSID option gets back (RFC 5001; `dig +nsid`). Empty: the ' +
      'option is not answered.',
    example: 'ns1-bj',
  },
  {
    key: 'udp.max-payload',
    kind: integer(512, 4096, 'octets'),
    fallback: 1232,
    about:
      'The largest response over UDP, whatever the client offers; longer ones are truncated and fetched over TCP. ' +
      '1232 passes every IPv6 path without fragments (DNS Flag Day 2020).',
    example: 1400,
  },
  {
    key: 'tcp.idle-timeout',
    kind: integer(1, 3600, 'seconds'),
    fallback: 10,
    about: 'A TCP connection on which nothing is asked for so long is closed (RFC 7766 §6.2.3).',
    example: 30,
  },
  {
    key: 'tcp.max-connections',
    kind: integer(1, 65_535, 'connections'),
    fallback: 1000,
    about:
      'How many TCP connections are open at most. Each is a file descriptor: the limit of the process (`ulimit -n`) ' +
      'must be higher.',
    example: 10_000,
  },
  {
    key: 'tcp.max-connections-per-client',
    kind: integer(1, 65_535, 'connections'),
    fallback: 50,
    about:
      'How many TCP connections one client address may have open, so that no client uses up `tcp.max-connections` ' +
      'alone. It may not be larger than that.',
    example: 10,
  },
  {
    key: 'journal.max-entries',
    kind: integer(1, 100_000, 'entries'),
    fallback: 10_000,
    about:
      'How many changes of each zone are remembered, at least its newest. They are its history (`waypost zone history`, ' +
      'see [history.md](history.md)) and what secondaries are sent instead of the whole zone (IXFR). When there are ' +
      'more, the oldest go, some at once.',
    example: 1000,
  },
  {
    key: 'journal.max-records',
    kind: integer(1000, 1_000_000_000, 'records'),
    fallback: 1_000_000,
    about:
      'How many records, removed and added, the remembered changes of a zone may hold together; the oldest changes go ' +
      'first. Each takes about 100 octets of disk. A change that is larger than this by itself is kept until the next one.',
    example: 100_000,
  },
  {
    key: 'transfers.max',
    kind: integer(1, 1000, 'transfers'),
    fallback: 20,
    about:
      'How many zone transfers are sent at the same time; see [transfers.md](transfers.md). Who asks for one more is told to ' +
      'come again. Each holds a connection to the zone database until it is done.',
    example: 100,
  },
  {
    key: 'secondary.parallel',
    kind: integer(1, 64, 'transfers'),
    fallback: 4,
    about:
      'How many zones are fetched from their primaries at the same time; the others wait. See [secondary.md](secondary.md).',
    example: 16,
  },
  {
    key: 'secondary.max-size',
    kind: integer(1, 65_536, 'MiB'),
    fallback: 1024,
    about:
      'The largest zone that is fetched, in MiB on the wire. A transfer that grows larger is given up, and the zone stays ' +
      'as it is. While a zone comes in, its records take about as much memory.',
    example: 64,
  },
  {
    key: 'geo.databases',
    kind: databases(),
    fallback: ['embedded'],
    about:
      'The databases that say where clients are, the most specific first: for each field (position, country, AS number, ' +
      'operator) the first that says something wins. MMDB files with the fields of MaxMind or of the `@ip-location-db` ' +
      'packages, and the text files of `tor-geoipdb`, are understood; see [geography.md](geography.md). `waypost geo ' +
      'install` puts a better one in place. A file that is replaced is taken over while the server runs; one that is ' +
      'missing or broken is a warning. `[]`: nothing is known but `geo.networks`.',
    example: ['geo/GeoLite2-City.mmdb', 'geo/GeoLite2-ASN.mmdb', 'embedded'],
  },
  {
    key: 'geo.networks',
    kind: file(),
    fallback: '',
    about:
      "The operator's own network address data, a `networks.csv` (see [geography.md](geography.md)). What it says wins " +
      'over the databases, field by field. It is taken over when it is replaced, as they are.',
    example: 'geo/networks.csv',
  },
  ...KEY_SETTINGS,
  {
    key: 'zone.*.update',
    kind: grants(),
    fallback: [],
    about:
      'Who may change the zone of this name by dynamic update (RFC 2136). `waypost zone may KEY NAME TYPE` answers from ' +
      'these rules. Each table of the list is a rule, counted from 1; it allows something, and what no rule allows is ' +
      'refused. An update without a key is always refused.\n\n' +
      '* `key`: the key that must have signed the update, one of `[keys]`; see [keys.md](keys.md).\n' +
      '* `names`: names relative to the zone, `"@"` for the zone itself. `*` stands for one label, `**` for any ' +
      'number of labels, none included: `"**"` is the whole zone, `"**.lab"` is lab and all below it, ' +
      '`"_acme-challenge.**"` all names that begin so.\n' +
      '* `types`: RR types, `TYPE65280` for one without a name. Left out, all types; with `judge`, A, AAAA and CNAME.\n' +
      '* `action`: `"edit"` may add and delete records. `"judge"` is for monitors: what it deletes at a steered name ' +
      '(one with a policy line, see [zones.md](zones.md)) is marked as down, and what it adds back is up again; it can ' +
      'neither invent nor destroy records.\n' +
      '* `load = true`: a judge may also set `weight=` of members.\n' +
      '* `from`: networks that the update must come from, besides being signed. Left out, from anywhere.',
    example: [
      { key: 'mon-bj.', names: ['www', 'cdn'], action: 'judge' },
      {
        key: 'deploy.',
        names: ['**'],
        types: ['A', 'AAAA', 'CNAME', 'TXT'],
        action: 'edit',
        from: ['192.0.2.0/24'],
      },
    ],
    exampleName: 'highperfweb.test',
    exampleNeeds:
      '[keys."mon-bj."]\nsecret-file = "keys/mon-bj.secret"\n\n[keys."deploy."]\nsecret-file = "keys/deploy.secret"\n',
  },
  {
    key: 'zone.*.transfer',
    kind: transferGrants(),
    fallback: [],
    about:
      'Who may fetch the zone of this name whole (AXFR, IXFR); see [transfers.md](transfers.md). Each table of the list is a ' +
      'rule, counted from 1; the first that is for the key and its address counts. A transfer without a key is always ' +
      'refused. A key that may `edit` the zone needs no rule: it gets the raw view.\n\n' +
      '* `key`: the key that must have signed the request, one of `[keys]`; see [keys.md](keys.md).\n' +
      '* `view`: `"live"` is for servers of other makers: of steered names what is answered now, and no steering lines. ' +
      '`"raw"` is for other Waypost servers, backups and tools: everything as it is stored.\n' +
      '* `from`: networks that the request must come from, besides being signed. Left out, from anywhere.',
    example: [
      { key: 'secondary.' },
      { key: 'ns2-waypost.', view: 'raw', from: ['192.0.2.0/24', '2001:db8::/32'] },
    ],
    exampleName: 'highperfweb.test',
    exampleNeeds:
      '[keys."secondary."]\nsecret-file = "keys/secondary.secret"\n\n[keys."ns2-waypost."]\nsecret-file = "keys/ns2.secret"\n',
  },
  {
    key: 'zone.*.notify',
    kind: notifications(),
    fallback: [],
    about:
      'The secondaries that are told of every change of the zone (NOTIFY, RFC 1996), so that they fetch it at once ' +
      'instead of when their time has come; see [notify.md](notify.md). The server also asks them which serial they have: ' +
      '`waypost status` shows it, and `waypost zone wait` waits for it. `address` is where the secondary answers (port 53 ' +
      'unless said otherwise); `key` signs what is sent, and then only signed replies are believed; `source` is the ' +
      'address of this machine to send from, where it has several and the secondary expects one of them.',
    example: [
      { address: '192.0.2.53', key: 'secondary.' },
      { address: '[2001:db8::53]:5353', source: '2001:db8::1' },
    ],
    exampleName: 'example.com',
    exampleNeeds: '[keys."secondary."]\nsecret-file = "keys/secondary.secret"\n',
  },
  {
    key: 'zone.*.notify-ns',
    kind: flag(),
    fallback: false,
    about:
      'Tell the name servers of the zone too (the NS records at its apex), on port 53 and without a key, but for this ' +
      'server itself. Their addresses are taken from the zones served here: a name server whose name belongs elsewhere is ' +
      'not looked up, since Waypost asks no resolver; put its address into `notify`.',
    example: true,
    exampleName: 'example.com',
  },
  {
    key: 'zone.*.primary',
    kind: primaries(),
    fallback: [],
    about:
      'Makes this server a secondary for the zone: it is fetched from its primary (AXFR, IXFR) and kept fresh by the ' +
      'numbers of its SOA and by NOTIFY; see [secondary.md](secondary.md). There may be no zone file of the same name. A ' +
      'list is tried in order. `address` is where the primary answers (port 53 unless said otherwise), `key` signs what is ' +
      'asked, and then the answers must be signed with it too. One primary needs no list: ' +
      '`primary = { address = "192.0.2.1" }`.',
    example: [
      { address: '192.0.2.1:53', key: 'secondary.' },
      { address: '[2001:db8::1]:53', key: 'secondary.' },
    ],
    exampleName: 'other.test',
    exampleNeeds: '[keys."secondary."]\nsecret-file = "keys/secondary.secret"\n',
  },
  {
    key: 'zone.*.forward-updates',
    kind: flag(),
    fallback: false,
    about:
      'For a zone with a primary: updates (RFC 2136) that come here are sent on to the primary as they are, signature ' +
      'included, and its answer goes back (RFC 2136 §6). Without it they are REFUSED with a text that names the primary.',
    example: true,
    exampleName: 'other.test',
    exampleNeeds: '[zone."other.test".primary]\naddress = "192.0.2.1:53"\n',
  },
] as const satisfies readonly Setting[];

/** The configuration: every setting with its value, nested as in the file, names in camel case. Deeply frozen. */
export type Config = SettingsTree<(typeof SETTINGS)[number]>;

/** What is wrong between settings that are right one by one. */
export interface Conflict {
  /** The setting to point at. */
  readonly path: TomlPath;
  readonly message: string;
}

/** The rules that span several settings. */
export function conflictsOf({ tcp }: Config): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  if (tcp.maxConnectionsPerClient > tcp.maxConnections) {
    conflicts.push({
      path: ['tcp', 'max-connections-per-client'],
      message: `tcp.max-connections-per-client is ${tcp.maxConnectionsPerClient}, more than tcp.max-connections, which is ${tcp.maxConnections}; lower the one or raise the other`,
    });
  }
  return conflicts;
}
