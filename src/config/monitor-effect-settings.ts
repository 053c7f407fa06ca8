import { STUB_STATUS_VALUES } from '../monitor/load/stub-status.ts';
import { duration } from './duration.ts';
import { choice, integer, text } from './kinds.ts';
import { choices, decimal, texts } from './monitor-kinds.ts';
import type { Setting } from './setting.ts';

const URL = 'url = "http://{address}:8080/load"\n';
const SNMP = 'kind = "snmp"\noid = "1.3.6.1.4.1.2021.10.1.3.1"\n';
const WEBHOOK = 'url = "http://127.0.0.1:9000/waypost"\n';

/** The tables `[load.NAME]` and `[hook.NAME]` of `monitor.toml`: weights that follow load, and who is told what happens. */
export const MONITOR_EFFECT_SETTINGS = [
  {
    key: 'load.*.kind',
    kind: choice(['http', 'stub-status', 'exec', 'snmp']),
    fallback: 'http',
    about:
      'Where the load of a member is read. `http`: a number on a page, or at a place in its JSON. `stub-status`: the page of nginx. `exec`: a program that writes a ' +
      'number. `snmp`: one object of an SNMP agent (needs the package `net-snmp`).',
    example: 'exec',
    exampleName: 'requests',
    exampleBeside: 'command = ["/usr/local/bin/load-of", "{address}"]\n',
  },
  {
    key: 'load.*.url',
    kind: text(2048),
    fallback: '',
    about:
      'http, stub-status: the page; `{address}` becomes the address at which the member is probed. It must be there.',
    example: 'http://{address}:8080/load',
    exampleName: 'requests',
  },
  {
    key: 'load.*.field',
    kind: text(255),
    fallback: '',
    about:
      'http: where in the JSON the number is, such as `stats.load.0`. Empty: the first number in the text.',
    example: 'stats.load.0',
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.value',
    kind: choice(STUB_STATUS_VALUES),
    fallback: 'active',
    about:
      'stub-status: which number: connections that are open (`active`), or in one of their phases; `busy`, those that are read from or written to; `rate`, requests in a second.',
    example: 'rate',
    exampleName: 'requests',
    exampleBeside: `kind = "stub-status"\n${URL}`,
  },
  {
    key: 'load.*.command',
    kind: texts(4096, 100),
    fallback: [],
    about:
      'exec: the program and its arguments, without a shell; `{address}` becomes that of the member. It must be there.',
    example: ['/usr/local/bin/load-of', '{address}'],
    exampleName: 'requests',
    exampleBeside: 'kind = "exec"\n',
  },
  {
    key: 'load.*.oid',
    kind: text(255),
    fallback: '',
    about:
      'snmp: the object that is read, such as `1.3.6.1.4.1.2021.10.1.3.1`, the load average of the last minute. It must be there.',
    example: '1.3.6.1.4.1.2021.10.1.3.1',
    exampleName: 'requests',
    exampleBeside: 'kind = "snmp"\n',
  },
  {
    key: 'load.*.community',
    kind: { ...text(255), isSecret: true },
    fallback: 'public',
    about: 'snmp: the community.',
    example: 'monitoring',
    exampleName: 'requests',
    exampleBeside: SNMP,
  },
  {
    key: 'load.*.version',
    kind: choice(['1', '2c']),
    fallback: '2c',
    about: 'snmp: the version of the protocol.',
    example: '1',
    exampleName: 'requests',
    exampleBeside: SNMP,
  },
  {
    key: 'load.*.port',
    kind: integer(1, 65_535, ''),
    fallback: 161,
    about: 'snmp: the port of the agent.',
    example: 1161,
    exampleName: 'requests',
    exampleBeside: SNMP,
  },
  {
    key: 'load.*.interval',
    kind: duration('1s', '1h'),
    fallback: '10s',
    about: 'How often the load is read.',
    example: '5s',
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.timeout',
    kind: duration('10ms', '5min'),
    fallback: '2s',
    about: 'How long one reading may take.',
    example: '500ms',
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.half-life',
    kind: duration('0s', '1h'),
    fallback: '30s',
    about:
      'The load is smoothed: after this time a jump of the reading has been followed by half. `"0s"`: it is taken as it is read.',
    example: '10s',
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.idle',
    kind: decimal(-1e12, 1e12),
    fallback: 0,
    about: 'The load at which a member has the weight `most`.',
    example: 10,
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.full',
    kind: decimal(-1e12, 1e12),
    fallback: 100,
    about:
      'The load at which it has the weight `least`; in between it goes in a straight line. It may be below `idle`, for numbers that say how much is free.',
    example: 500,
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.least',
    kind: integer(0, 65_535, ''),
    fallback: 10,
    about: 'The lowest weight.',
    example: 1,
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.most',
    kind: integer(1, 65_535, ''),
    fallback: 100,
    about: 'The highest weight. Not less than `least`.',
    example: 50,
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.dead-band',
    kind: integer(0, 100, 'percent'),
    fallback: 10,
    about:
      'A weight is changed only when it would be another by more than this share of `most` less `least`.',
    example: 20,
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'load.*.min-interval',
    kind: duration('0s', '1d'),
    fallback: '30s',
    about: 'A weight is changed at most once in this time.',
    example: '5min',
    exampleName: 'requests',
    exampleBeside: URL,
  },
  {
    key: 'hook.*.command',
    kind: texts(4096, 100),
    fallback: [],
    about:
      'A program that is run when something happens: what has happened is its standard input, as JSON; `WAYPOST_KIND`, `WAYPOST_NAME` and `WAYPOST_MEMBER` are in its environment. ' +
      'A hook has either this or `url`.',
    example: ['/usr/local/bin/page-me'],
    exampleName: 'pager',
  },
  {
    key: 'hook.*.url',
    kind: text(2048),
    fallback: '',
    about: 'A web server to which what has happened is posted as JSON. Any status 2xx says that it has come.',
    example: 'http://127.0.0.1:9000/waypost',
    exampleName: 'pager',
  },
  {
    key: 'hook.*.headers.*',
    kind: { ...text(4096), isSecret: true },
    fallback: '',
    about: 'With `url`: a header field of this name.',
    example: 'Bearer not-a-secret',
    exampleName: ['pager', 'Authorization'],
    exampleNeeds: `[hook.pager]\n${WEBHOOK}`,
  },
  {
    key: 'hook.*.on',
    kind: choices(['state', 'decision', 'warning', 'weight', 'sight', 'update', 'update-failed', 'server']),
    fallback: ['state', 'decision', 'sight', 'update-failed'],
    about:
      'What it is told: `state`: a member stands otherwise; `decision`: what is wanted of it is other; `sight`: how far the monitor believes its eyes; `update`, `update-failed`: a server has ' +
      'taken a change, or not; `server`: whether it is known what a server holds; `warning`: a certificate expires soon, and the like; `weight`: a weight is set.',
    example: ['decision', 'sight'],
    exampleName: 'pager',
    exampleBeside: WEBHOOK,
  },
  {
    key: 'hook.*.timeout',
    kind: duration('100ms', '5min'),
    fallback: '5s',
    about: 'How long one try may take; then the program is ended, or the connection closed.',
    example: '1s',
    exampleName: 'pager',
    exampleBeside: WEBHOOK,
  },
  {
    key: 'hook.*.tries',
    kind: integer(1, 100, 'tries'),
    fallback: 5,
    about: 'How often it is tried, with growing pauses.',
    example: 10,
    exampleName: 'pager',
    exampleBeside: WEBHOOK,
  },
  {
    key: 'hook.*.queue',
    kind: integer(1, 100_000, 'happenings'),
    fallback: 1000,
    about: 'How much may wait for a hook that is slow; then the oldest gives way, and the log says so.',
    example: 100,
    exampleName: 'pager',
    exampleBeside: WEBHOOK,
  },
] as const satisfies readonly Setting[];
