import { createHash } from 'node:crypto';
import { showEndpoint } from '../base/endpoint.ts';
import { scanAddress } from '../base/ip.ts';
import type { TsigKeyRing } from '../message/tsig-key.ts';
import type { HookOptions } from '../monitor/hooks.ts';
import type { LoadOptions } from '../monitor/load/readers.ts';
import { DEFAULT_SLOW_START } from '../monitor/load/slow-start.ts';
import type {
  MonitorPlan,
  PlannedLoad,
  PlannedName,
  PlannedProbe,
  PlannedReference,
  PlannedZone,
} from '../monitor/monitor-plan.ts';
import type { UpdatedZone, WatchedName } from '../monitor/updater/watched.ts';
import { memberFromText } from '../monitor/updater/watched.ts';
import { showName } from '../wire/name.ts';
import { probeOptions } from './configured-probe.ts';
import type { MonitorConfig } from './monitor-settings.ts';
import { type ConfiguredName, type ConfiguredZone, configuredZones } from './monitor-zones.ts';
import type { TomlPath } from './positions.ts';
import type { Conflict } from './settings.ts';

/** What a configuration tells the monitor to do, and what is hardly meant so. */
export interface ConfiguredMonitor {
  readonly plan: MonitorPlan;
  readonly warnings: readonly Conflict[];
}

/**
 * Makes the plan of a configuration that is right. `readFile` gives the text of a file that a setting names; what it throws is
 * thrown. The keys are those of `[keys]`, already made.
 */
export function configuredMonitor(
  config: MonitorConfig,
  keys: TsigKeyRing,
  readFile: (path: string, setting: TomlPath) => string,
): ConfiguredMonitor {
  const { zones, warnings } = configuredZones(config);
  const probes = new Map(
    Object.keys(config.probe).map((name) => [name, plannedProbe(config, name, readFile)] as const),
  );
  const named = (names: readonly string[]): readonly PlannedProbe[] =>
    names.flatMap((name) => probes.get(name) ?? []);
  const { percent, fresh: freshMs, calm: calmMs } = config.blind;
  const { halfLife: halfLifeMs, suppress, reuse, maxHold: maxHoldMs } = config.damping;
  return {
    plan: {
      zones: zones.map((zone) => plannedZone(config, zone, keys, named)),
      references: Object.entries(config.reference).flatMap(([name, { address, port, probe }]) =>
        named([probe]).map(
          (each): PlannedReference => ({ name, address, port: port === 0 ? undefined : port, probe: each }),
        ),
      ),
      sight: { percent, freshMs, calmMs },
      damping: { halfLifeMs, suppress, reuse, maxHoldMs },
      hooks: Object.entries(config.hook).map(([name, settings]) => hookOptions(name, settings)),
      parallel: config.parallel,
    },
    warnings: [...warnings, ...furtherWarnings(config, zones)],
  };
}

function plannedZone(
  config: MonitorConfig,
  configured: ConfiguredZone,
  keys: TsigKeyRing,
  named: (names: readonly string[]) => readonly PlannedProbe[],
): PlannedZone {
  const { written, apex, servers, patterns, names } = configured;
  const settings = config.zone[written];
  const key = configured.key === undefined ? undefined : keys.find(configured.key);
  const { action = 'edit', lease = 0, memory, learn, poll, keep = 1, ttl = 0, probes = [] } = settings ?? {};
  const zone: UpdatedZone = {
    apex,
    servers,
    key,
    action,
    names: names.map(watchedName),
    patterns,
    keep,
    ttl: ttl === 0 ? undefined : ttl,
    leaseS: action === 'judge' && lease > 0 ? Math.ceil(lease / 1000) : undefined,
    memory,
    learn,
    pollMs: poll,
  };
  return {
    zone,
    mark: markOf(zone),
    names: new Map(names.map((name) => [showName(name.name), plannedName(config, name, named(name.probes))])),
    found: { probes: named(probes), keep, aims: new Map(), weights: undefined },
  };
}

function watchedName({ name, members, keep, ttl }: ConfiguredName): WatchedName {
  const known = members === 'auto' ? members : members.flatMap((text) => memberFromText(text) ?? []);
  return { name, members: known, keep, ttl };
}

function plannedName(
  config: MonitorConfig,
  { written, keep, aims }: ConfiguredName,
  probes: readonly PlannedProbe[],
): PlannedName {
  const { load: name = '', slowStart = 0, weight = 100 } = config.name[written] ?? {};
  const load = plannedLoad(config, name);
  const weights = {
    base: load?.rules.most ?? weight,
    slowStart: { ...DEFAULT_SLOW_START, durationMs: slowStart },
    load,
  };
  return { probes, keep, aims, weights: load === undefined && slowStart === 0 ? undefined : weights };
}

function plannedLoad(config: MonitorConfig, name: string): PlannedLoad | undefined {
  const settings = config.load[name];
  if (settings === undefined) return undefined;
  const {
    interval: intervalMs,
    halfLife: halfLifeMs,
    idle,
    full,
    least,
    most,
    deadBand,
    minInterval,
  } = settings;
  const rules = { halfLifeMs, idle, full, least, most, deadPercent: deadBand, minIntervalMs: minInterval };
  return { intervalMs, rules, options: loadOptions(settings) };
}

function loadOptions(settings: MonitorConfig['load'][string]): LoadOptions {
  const {
    kind,
    url,
    field,
    value,
    command: argv,
    oid,
    community,
    version,
    port,
    timeout: timeoutMs,
  } = settings;
  switch (kind) {
    case 'http':
      return { kind, url, field: field === '' ? undefined : field, timeoutMs };
    case 'stub-status':
      return { kind, url, value, timeoutMs };
    case 'exec':
      return { kind, argv, timeoutMs };
    case 'snmp':
      return { kind, host: '{address}', port, version, community, oid, timeoutMs };
    default:
      return kind satisfies never;
  }
}

function plannedProbe(
  config: MonitorConfig,
  name: string,
  readFile: (path: string, setting: TomlPath) => string,
): PlannedProbe {
  const settings = config.probe[name];
  const options = probeOptions(config, name, readFile);
  const { window = 5, threshold = 3, interval: intervalMs = 5000, fast = 1000, jitter = 0 } = settings ?? {};
  return {
    name,
    rules: { window, threshold },
    intervalMs,
    fastMs: Math.min(fast, intervalMs),
    jitterMs: Math.floor((intervalMs * jitter) / 100),
    options,
  };
}

function hookOptions(name: string, settings: MonitorConfig['hook'][string]): HookOptions {
  const { command: argv, url, headers, on: kinds, timeout: timeoutMs, tries, queue } = settings;
  const target =
    url === '' ? ({ kind: 'command', argv } as const) : ({ kind: 'webhook', url, headers } as const);
  return { name, kinds, target, timeoutMs, tries, queue };
}

/** All that makes an updater of a zone another one; the secret by what only it can sign. */
function markOf({ apex, key, names, patterns = [], ...rest }: UpdatedZone): string {
  const signed = key === undefined ? '' : Buffer.from(key.digest([Buffer.from('waypost')])).toString('hex');
  const parts = {
    ...rest,
    apex: showName(apex),
    key: key === undefined ? '' : `${key} ${key.algorithm.word} ${signed}`,
    names: names.map(({ name, members, keep, ttl }) => {
      const texts = members === 'auto' ? members : members.map(({ text }) => text);
      return [showName(name), texts, keep, ttl];
    }),
    patterns: patterns.map(({ text }) => text),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** What works and is hardly meant so, beside what the zones say of themselves. */
function furtherWarnings(config: MonitorConfig, zones: readonly ConfiguredZone[]): readonly Conflict[] {
  const warnings: Conflict[] = [];
  if (zones.length === 0) {
    warnings.push({ path: [], message: 'there is no table [zone."NAME"]: nothing is looked after' });
  }
  const used = new Set([
    ...zones.flatMap(({ names }) => names.flatMap(({ probes }) => probes)),
    ...zones.flatMap(({ written }) => config.zone[written]?.probes ?? []),
    ...Object.values(config.reference).map(({ probe }) => probe),
  ]);
  for (const [name, { timeout, interval }] of Object.entries(config.probe)) {
    const path = ['probe', name];
    if (!used.has(name)) warnings.push({ path, message: `probe "${name}" is used nowhere` });
    if (timeout > interval) {
      const message = `probe "${name}": a look may take longer than interval; while it does, rounds are left out`;
      warnings.push({ path: [...path, 'timeout'], message });
    }
  }
  const { listen } = config.report;
  const octets = listen === undefined ? undefined : scanAddress(listen.address);
  const isLoopback = octets?.length === 4 ? octets[0] === 127 : listen?.address === '::1';
  if (listen !== undefined && !isLoopback) {
    const message = `report.listen is ${showEndpoint(listen)}: who reaches that address sees names, members and how they are`;
    warnings.push({ path: ['report', 'listen'], message });
  }
  return warnings;
}
