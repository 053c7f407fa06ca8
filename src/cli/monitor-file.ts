import { readFileSync } from 'node:fs';
import { SILENT_LOG } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { configuredMonitor } from '../config/configured-monitor.ts';
import { ConfigError, type Problem } from '../config/load.ts';
import { readMonitorConfig } from '../config/monitor-load.ts';
import type { MonitorConfig } from '../config/monitor-settings.ts';
import { locateToml, type TomlPath } from '../config/positions.ts';
import { aimProbe } from '../monitor/aim.ts';
import type { MonitorPlan } from '../monitor/monitor-plan.ts';
import { ProbeOptionsError, ProbeUnavailableError } from '../monitor/probes/errors.ts';
import { makeProbe } from '../monitor/probes/make-probe.ts';
import { ProbeTools } from '../monitor/probes/probe-tools.ts';
import { SYSTEM_TIMERS } from '../serve/timers.ts';
import { readConfigText } from './config-file.ts';
import { realEffects } from './effects.ts';
import { loadKeyRing } from './key-ring.ts';

/** The monitor's configuration file when none is named. */
export const DEFAULT_MONITOR_FILE = 'monitor.toml';

/** A configuration of the monitor that is right, and what should be better. */
export interface LoadedMonitor {
  readonly config: MonitorConfig;
  readonly plan: MonitorPlan;
  readonly file: string;
  /** Lines that begin with their place: `monitor.toml:7:1: …`. None shows a secret. */
  readonly warnings: readonly string[];
}

/**
 * Reads a `monitor.toml` and all that it names, and tries whether its probes can be made. Throws `ConfigFileError`, or
 * {@link ConfigError} with all that is wrong.
 */
export function loadMonitorFile(file: string = DEFAULT_MONITOR_FILE): LoadedMonitor {
  const text = readConfigText(file);
  const config = readMonitorConfig(text, file);
  const { ring, warnings } = loadKeyRing({ config, file, text });
  const positions = locateToml(text);
  const problems: Problem[] = [];
  const say = (path: TomlPath, message: string): void => {
    problems.push({ ...positions.valueAt(path), message });
  };
  const configured = configuredMonitor(config, ring, (path, setting) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      say(setting, `cannot read ${path}: ${messageOf(error)}`);
      return '';
    }
  });
  for (const { path, message } of problems.length === 0 ? probeFaults(configured.plan) : [])
    say(path, message);
  if (problems.length > 0) throw new ConfigError(file, problems);
  const shown = configured.warnings.map(({ path, message }) => {
    const { line, column } = positions.valueAt(path);
    return `${file}:${line}:${column}: ${message}`;
  });
  return { config, plan: configured.plan, file, warnings: [...warnings, ...shown] };
}

/** Probes that cannot be made: a pattern that is none, a certificate that is none, a kind that this system does not permit. */
function probeFaults(plan: MonitorPlan): readonly { readonly path: TomlPath; readonly message: string }[] {
  const effects = { ...realEffects({ level: 'error', format: 'text' }), log: SILENT_LOG };
  const tools = new ProbeTools({ effects, timers: SYSTEM_TIMERS });
  const planned = [
    ...plan.zones.flatMap(({ names, found }) => [...names.values(), found].flatMap(({ probes }) => probes)),
    ...plan.references.map(({ probe }) => probe),
  ];
  const faults: { path: TomlPath; message: string }[] = [];
  for (const { name, options } of new Set(planned)) {
    try {
      makeProbe(aimProbe(options, { member: '192.0.2.1', owner: undefined, aim: {} }), tools);
    } catch (error) {
      if (!(error instanceof ProbeOptionsError || error instanceof ProbeUnavailableError)) throw error;
      faults.push({ path: ['probe', name], message: `probe "${name}": ${error.message}` });
    }
  }
  tools.close();
  return faults;
}
