import { KEY_SETTINGS } from './key-settings.ts';
import { choice, file, integer } from './kinds.ts';
import { MONITOR_EFFECT_SETTINGS } from './monitor-effect-settings.ts';
import { MONITOR_GUARD_SETTINGS } from './monitor-guard-settings.ts';
import { listenAddress } from './monitor-kinds.ts';
import { MONITOR_PROBE_SETTINGS } from './monitor-probe-settings.ts';
import { MONITOR_ZONE_SETTINGS } from './monitor-zone-settings.ts';
import type { Setting } from './setting.ts';
import type { SettingsTree } from './tree.ts';

/** Every setting of `monitor.toml`, in the order of the reference page; those without a table first. */
export const MONITOR_SETTINGS = [
  {
    key: 'parallel',
    kind: integer(1, 10_000, 'probes'),
    fallback: 256,
    about: 'How many probes are under way at the same time; others wait for their turn.',
    example: 1000,
  },
  {
    key: 'programs',
    kind: integer(1, 1000, 'programs'),
    fallback: 16,
    about:
      'How many programs (exec, and `ping` where icmp needs it) run at the same time; others wait for their turn.',
    example: 4,
  },
  {
    key: 'state',
    kind: file(),
    fallback: 'monitor.state',
    about:
      'The file in which pulls are remembered for zones with `memory = "file"`; made when it is needed. Without such zones nothing is written.',
    example: '/var/lib/waypost-monitor/state',
  },
  {
    key: 'log.level',
    kind: choice(['error', 'warn', 'info', 'debug']),
    fallback: 'info',
    about:
      'The least important lines that are written to the log (standard error). Single probes are not logged; each decision is, with what it was made on.',
    example: 'warn',
  },
  {
    key: 'log.format',
    kind: choice(['text', 'json']),
    fallback: 'text',
    about:
      'How a line of the log is written: `text` for people, `json` (one object per line) for collectors.',
    example: 'json',
  },
  {
    key: 'report.listen',
    kind: listenAddress(),
    fallback: '127.0.0.1:8054',
    about:
      'Where the running monitor tells how things are, over HTTP: `/status` (JSON) and `/metrics` (Prometheus); `waypost monitor --status` asks there. It answers whoever asks, so ' +
      'keep it to this machine. Empty: nowhere.',
    example: '[::1]:8054',
  },
  ...MONITOR_ZONE_SETTINGS,
  ...MONITOR_PROBE_SETTINGS,
  ...MONITOR_GUARD_SETTINGS,
  ...MONITOR_EFFECT_SETTINGS,
  ...KEY_SETTINGS,
] as const satisfies readonly Setting[];

/** What `monitor.toml` says: every setting with its value, nested as in the file, names in camel case. Deeply frozen. */
export type MonitorConfig = SettingsTree<(typeof MONITOR_SETTINGS)[number]>;
