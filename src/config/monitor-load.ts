import { parse } from 'smol-toml';
import { isTable } from './kinds.ts';
import { ConfigError, type Problem, readSettings } from './load.ts';
import { monitorConflicts } from './monitor-rules.ts';
import { MONITOR_SETTINGS, type MonitorConfig } from './monitor-settings.ts';
import { configuredZones } from './monitor-zones.ts';
import { locateToml, type TomlPath } from './positions.ts';

/**
 * Reads the text of a `monitor.toml`. `file` is its path: for the messages, and because paths in it are relative to its
 * directory. Reads no file itself. Throws {@link ConfigError} with all that is wrong.
 */
export function readMonitorConfig(text: string, file: string): MonitorConfig {
  const config = readSettings(MONITOR_SETTINGS, text, file);
  const document = parse(text);
  const conflicts = [
    ...monitorConflicts(config, (path) => isWrittenIn(document, path)),
    ...configuredZones(config).problems,
  ];
  if (conflicts.length === 0) return config;
  const positions = locateToml(text);
  const problems = conflicts.map(({ path, message }): Problem => ({ ...positions.valueAt(path), message }));
  throw new ConfigError(
    file,
    problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
  );
}

/** Whether a file is rather a `monitor.toml` than a `waypost.toml`, by its tables; by its name when it has none. */
export function isMonitorToml(text: string, file: string): boolean {
  let tables: readonly string[] = [];
  try {
    tables = Object.keys(parse(text));
  } catch {
    return isMonitorName(file); // what is wrong with it, its reader will say
  }
  const own = new Set(MONITOR_SETTINGS.map(({ key }) => key.split('.')[0] ?? ''));
  const shared = new Set(['keys', 'log', 'zone']);
  if (tables.some((table) => own.has(table) && !shared.has(table))) return true;
  return tables.every((table) => shared.has(table)) && isMonitorName(file);
}

function isMonitorName(file: string): boolean {
  return /monitor[^/]*\.toml$/.test(file);
}

function isWrittenIn(document: Readonly<Record<string, unknown>>, path: TomlPath): boolean {
  let value: unknown = document;
  for (const part of path) {
    if (!isTable(value) || !Object.hasOwn(value, String(part))) return false;
    value = value[String(part)];
  }
  return true;
}
