import { duration } from './duration.ts';
import { choice, integer, text } from './kinds.ts';
import { members, orWord, servers, texts } from './monitor-kinds.ts';
import type { Setting } from './setting.ts';

const EXAMPLE_KEY = '[keys."mon-bj."]\nsecret-file = "keys/mon-bj.secret"\n';
const EXAMPLE_PROBE = '[probe.web]\npath = "/health"\n';
const EXAMPLE_ZONE = `${EXAMPLE_KEY}\n${EXAMPLE_PROBE}\n[zone."highperfweb.test"]\nservers = ["192.0.2.53"]\nkey = "mon-bj."\nprobes = ["web"]\n`;
const EXAMPLE_JUDGED = `${EXAMPLE_ZONE}action = "judge"\n`;
const SERVERS = 'servers = ["192.0.2.53"]\n';
const LISTED = 'members = ["192.0.2.1", "192.0.2.2"]\n';
const NAME = 'www.highperfweb.test';

/** The tables `[zone."NAME"]` and `[name."NAME"]` of `monitor.toml`: what is looked after, and where it is said. */
export const MONITOR_ZONE_SETTINGS = [
  {
    key: 'zone.*.servers',
    kind: servers(),
    fallback: [],
    about:
      'The name servers that hold the zone of this name, the primary first; it must be there. They are told of changes, and asked what the zone ' +
      'holds. The others are tried in their order when the first does not answer.',
    example: ['192.0.2.53', '[2001:db8::53]:53'],
    exampleName: 'highperfweb.test',
  },
  {
    key: 'zone.*.key',
    kind: text(255),
    fallback: '',
    about:
      'The key that signs what is sent for the zone, one of `[keys]`; then the answers must be signed with it too. Empty: nothing is signed, and ' +
      'the server must trust the address of this machine.',
    example: 'mon-bj.',
    exampleName: 'highperfweb.test',
    exampleNeeds: EXAMPLE_KEY,
    exampleBeside: SERVERS,
  },
  {
    key: 'zone.*.action',
    kind: choice(['edit', 'judge']),
    fallback: 'edit',
    about:
      '`edit`: a failed host is pulled by deleting its record, and put back by adding it, which every server that takes dynamic updates understands. ' +
      '`judge`: for a Waypost server that grants the key `action = "judge"`: the same deletion becomes a verdict beside the record, and the ' +
      'record itself stays (see [updates.md](updates.md)).',
    example: 'judge',
    exampleName: 'highperfweb.test',
    exampleNeeds: EXAMPLE_KEY,
    exampleBeside: `${SERVERS}key = "mon-bj."\n`,
  },
  {
    key: 'zone.*.lease',
    kind: duration('0s', '7d'),
    fallback: '5min',
    about:
      'With `judge`: a verdict ends by itself after this time, unless it is renewed (RFC 9664). The monitor renews it while the host is down, and so a monitor that ' +
      'dies holds nobody down for ever. `"0s"`: verdicts stay until they are taken back.',
    example: '2min',
    exampleName: 'highperfweb.test',
    exampleNeeds: EXAMPLE_KEY,
    exampleBeside: `${SERVERS}key = "mon-bj."\naction = "judge"\n`,
  },
  {
    key: 'zone.*.memory',
    kind: choice(['zone', 'file']),
    fallback: 'zone',
    about:
      'With `edit`: where the monitor remembers what it has pulled, so that it puts back that and nothing else. `zone`: in a TXT record at ' +
      '`_pulled.NAME`, changed together with the record itself, which survives everything. `file`: in the file of the setting `state`, for keys that may not ' +
      'write TXT records.',
    example: 'file',
    exampleName: 'highperfweb.test',
    exampleBeside: SERVERS,
  },
  {
    key: 'zone.*.learn',
    kind: choice(['query', 'axfr']),
    fallback: 'query',
    about:
      'How the monitor learns what the zone holds: by a question for each name, or by a transfer of the whole zone, which the server must allow to the key. ' +
      '`auto` needs `axfr`.',
    example: 'axfr',
    exampleName: 'highperfweb.test',
    exampleBeside: SERVERS,
  },
  {
    key: 'zone.*.poll',
    kind: duration('1s', '1d'),
    fallback: '30s',
    about:
      "How often the zone's serial is asked for; when it is another one than before, the names are read again. So the monitor follows what people and other programs change.",
    example: '5s',
    exampleName: 'highperfweb.test',
    exampleBeside: SERVERS,
  },
  {
    key: 'zone.*.probes',
    kind: texts(63, 8),
    fallback: [],
    about:
      'The probes, of `[probe]`, that every member of the names of this zone must pass; of several all. A name may say others.',
    example: ['web', 'tls'],
    exampleName: 'highperfweb.test',
    exampleNeeds: `${EXAMPLE_PROBE}\n[probe.tls]\nkind = "tls"\n`,
    exampleBeside: SERVERS,
  },
  {
    key: 'zone.*.auto',
    kind: texts(255, 100),
    fallback: [],
    about:
      'Names that are looked after without being listed, relative to the zone: `*` stands for one label, `**` for any number of them, none included. All ' +
      'A, AAAA and CNAME records of those that are in the zone are their members, followed as they change.',
    example: ['cdn', '**.pool'],
    exampleName: 'highperfweb.test',
    exampleNeeds: EXAMPLE_PROBE,
    exampleBeside: `${SERVERS}learn = "axfr"\nprobes = ["web"]\n`,
  },
  {
    key: 'zone.*.keep',
    kind: integer(0, 1000, 'members'),
    fallback: 1,
    about:
      'No name of the zone is left with fewer members than this: when more fail, those stay that have failed for the shortest time, and the log says so. A name may say another number.',
    example: 2,
    exampleName: 'highperfweb.test',
    exampleBeside: SERVERS,
  },
  {
    key: 'zone.*.ttl',
    kind: integer(0, 604_800, 'seconds'),
    fallback: 0,
    about: 'With `edit`: the TTL of records that are put back. 0: the one that they had.',
    example: 30,
    exampleName: 'highperfweb.test',
    exampleBeside: SERVERS,
  },
  {
    key: 'name.*.members',
    kind: members(),
    fallback: 'auto',
    about:
      'The members of the name that are looked after: data of its A, AAAA or CNAME records. `"auto"`: all that it has in the zone, followed as it changes. ' +
      'The zone is the `[zone]` table with the longest name that the name ends in.',
    example: ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
    exampleName: NAME,
    exampleNeeds: EXAMPLE_ZONE,
  },
  {
    key: 'name.*.probes',
    kind: texts(63, 8),
    fallback: [],
    about: 'The probes, of `[probe]`, that its members must pass; of several all. Empty: those of the zone.',
    example: ['shop'],
    exampleName: NAME,
    exampleNeeds: `${EXAMPLE_ZONE}\n[probe.shop]\npath = "/basket"\n`,
  },
  {
    key: 'name.*.keep',
    kind: orWord(integer(0, 1000, 'members'), 'zone'),
    fallback: 'zone',
    about: 'So many members of this name at least are left in. `"zone"`: as the zone says.',
    example: 2,
    exampleName: NAME,
    exampleNeeds: EXAMPLE_ZONE,
  },
  {
    key: 'name.*.ttl',
    kind: orWord(integer(0, 604_800, 'seconds'), 'zone'),
    fallback: 'zone',
    about: 'The TTL of records of this name that are put back, see above. `"zone"`: as the zone says.',
    example: 20,
    exampleName: NAME,
    exampleNeeds: EXAMPLE_ZONE,
  },
  {
    key: 'name.*.load',
    kind: text(63),
    fallback: '',
    about:
      'The weights of the members follow their load, as this table of `[load]` says. For steered names of a Waypost server whose grant says `load = true`.',
    example: 'requests',
    exampleName: NAME,
    exampleNeeds: `${EXAMPLE_JUDGED}\n[load.requests]\nurl = "http://{address}/load"\n`,
  },
  {
    key: 'name.*.slow-start',
    kind: duration('0s', '1h'),
    fallback: '0s',
    about:
      'A member that is put back gets its weight in ten steps over this time, beginning with a tenth. As `load` it needs a steered name and a grant with `load = true`.',
    example: '2min',
    exampleName: NAME,
    exampleNeeds: EXAMPLE_JUDGED,
  },
  {
    key: 'name.*.weight',
    kind: integer(1, 65_535, ''),
    fallback: 100,
    about:
      'With `slow-start` and without `load`: the whole weight of every member. With `load`, its `most` is what a member has until its load is known.',
    example: 50,
    exampleName: NAME,
    exampleNeeds: EXAMPLE_JUDGED,
    exampleBeside: 'slow-start = "2min"\n',
  },
  {
    key: 'name.*.member.*.address',
    kind: text(255),
    fallback: '',
    about:
      'Where this member is probed, when that is not where clients are sent: an IP address, or a name that the system looks up. Empty: the member itself.',
    example: '10.0.0.11',
    exampleName: [NAME, '192.0.2.1'],
    exampleNeeds: `${EXAMPLE_ZONE}\n[name."${NAME}"]\n${LISTED}`,
  },
  {
    key: 'name.*.member.*.port',
    kind: integer(0, 65_535, ''),
    fallback: 0,
    about: "The port that is probed of this member. 0: the probe's.",
    example: 8081,
    exampleName: [NAME, '192.0.2.1'],
    exampleNeeds: `${EXAMPLE_ZONE}\n[name."${NAME}"]\n${LISTED}`,
  },
  {
    key: 'name.*.member.*.path',
    kind: text(2048),
    fallback: '',
    about: "The path that is asked for of this member (http and https). Empty: the probe's.",
    example: '/health/bj',
    exampleName: [NAME, '192.0.2.1'],
    exampleNeeds: `${EXAMPLE_ZONE}\n[name."${NAME}"]\n${LISTED}`,
  },
  {
    key: 'name.*.member.*.host',
    kind: text(255),
    fallback: '',
    about: "The Host header for this member (http and https). Empty: the probe's.",
    example: 'bj.highperfweb.test',
    exampleName: [NAME, '192.0.2.1'],
    exampleNeeds: `${EXAMPLE_ZONE}\n[name."${NAME}"]\n${LISTED}`,
  },
] as const satisfies readonly Setting[];
