import { duration } from './duration.ts';
import { integer, text } from './kinds.ts';
import type { Setting } from './setting.ts';

const EXAMPLE_PING = '[probe.ping]\nkind = "icmp"\n';

/** The tables `[blind]`, `[reference.NAME]` and `[damping]` of `monitor.toml`: what keeps it from making things worse. */
export const MONITOR_GUARD_SETTINGS = [
  {
    key: 'blind.percent',
    kind: integer(1, 100, 'percent'),
    fallback: 50,
    about:
      'When more than this share of all targets begins to fail at once, the monitor no longer believes its eyes: it pulls nobody, says so in the log, and ' +
      'looks at the references. 100 switches that off.',
    example: 30,
  },
  {
    key: 'blind.fresh',
    kind: duration('1s', '1h'),
    fallback: '1min',
    about: '"At once": failures that began within this time.',
    example: '30s',
  },
  {
    key: 'blind.calm',
    kind: duration('0s', '1h'),
    fallback: '10s',
    about: 'How long the share must have been below before the monitor believes its eyes again.',
    example: '30s',
  },
  {
    key: 'reference.*.address',
    kind: text(255),
    fallback: '',
    about:
      'A target that fails only when the network of the monitor itself has failed: the gateway of the provider, a large public site. It must be there. While much fails at once, the ' +
      'hosts are pulled if more than half of the references pass, and left alone if not. Three that have nothing to do with each other are a good number.',
    example: '192.0.2.254',
    exampleName: 'gateway',
    exampleNeeds: EXAMPLE_PING,
    exampleBeside: 'probe = "ping"\n',
  },
  {
    key: 'reference.*.probe',
    kind: text(63),
    fallback: '',
    about: 'How it is probed: one of `[probe]`. It must be there.',
    example: 'ping',
    exampleName: 'gateway',
    exampleNeeds: EXAMPLE_PING,
    exampleBeside: 'address = "192.0.2.254"\n',
  },
  {
    key: 'reference.*.port',
    kind: integer(0, 65_535, ''),
    fallback: 0,
    about: "The port. 0: the probe's.",
    example: 8080,
    exampleName: 'gateway',
    exampleNeeds: '[probe.web]\n',
    exampleBeside: 'address = "192.0.2.254"\nprobe = "web"\n',
  },
  {
    key: 'damping.half-life',
    kind: duration('1s', '1d'),
    fallback: '5min',
    about:
      'Damping holds a member down that goes up and down all the time. Each pull costs it 1000 points, and in this time half of its points are forgotten.',
    example: '10min',
  },
  {
    key: 'damping.suppress',
    kind: integer(1, 1_000_000, 'points'),
    fallback: 2500,
    about:
      'With more points than this a member is held down after it has recovered. 2500 are three pulls within some two minutes. 1000000 switches damping off.',
    example: 4500,
  },
  {
    key: 'damping.reuse',
    kind: integer(1, 1_000_000, 'points'),
    fallback: 1000,
    about: 'It is put back when its points have come down to this. Not more than `suppress`.',
    example: 500,
  },
  {
    key: 'damping.max-hold',
    kind: duration('1s', '7d'),
    fallback: '30min',
    about: 'Nobody is held longer than this after its last pull.',
    example: '10min',
  },
] as const satisfies readonly Setting[];
