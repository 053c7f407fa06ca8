import { showDuration } from './duration.ts';
import { KINDS_OF_OPTION } from './monitor-probe-settings.ts';
import type { MonitorConfig } from './monitor-settings.ts';
import { missingTable } from './monitor-zones.ts';
import { showPath, type TomlPath } from './positions.ts';
import type { Conflict } from './settings.ts';

/** What does not go together in the tables besides `[zone]` and `[name]`. `isWritten`: whether the file says a setting. */
export function monitorConflicts(
  config: MonitorConfig,
  isWritten: (path: TomlPath) => boolean,
): readonly Conflict[] {
  const { damping } = config;
  const conflicts = [
    ...Object.keys(config.probe).flatMap((name) => probeConflicts(config, name, isWritten)),
    ...Object.keys(config.reference).flatMap((name) => referenceConflicts(config, name)),
    ...Object.keys(config.load).flatMap((name) => loadConflicts(config, name)),
    ...Object.keys(config.hook).flatMap((name) => hookConflicts(config, name)),
  ];
  if (damping.reuse > damping.suppress) {
    const message = `damping.reuse is ${damping.reuse}, more than damping.suppress, which is ${damping.suppress}; lower the one or raise the other`;
    conflicts.push({ path: ['damping', 'reuse'], message });
  }
  return conflicts;
}

function probeConflicts(
  { probe }: MonitorConfig,
  name: string,
  isWritten: (path: TomlPath) => boolean,
): readonly Conflict[] {
  const settings = probe[name];
  if (settings === undefined) return [];
  const { kind, window, threshold, interval, fast, port, command, body, method } = settings;
  const conflicts: Conflict[] = [];
  const say = (key: string, message: string): void => {
    conflicts.push({ path: ['probe', name, key], message });
  };
  for (const [key, kinds] of KINDS_OF_OPTION) {
    if (kinds.includes(kind) || !isWritten(['probe', name, key])) continue;
    say(
      key,
      `${showPath(['probe', name, key])} is for probes of kind ${listed(kinds)}, and this one is ${kind}`,
    );
  }
  if (threshold > window) {
    const at = isWritten(['probe', name, 'threshold']) ? 'threshold' : 'window';
    say(at, `probe "${name}": threshold is ${threshold}, more than window, which is ${window}`);
  }
  if (fast > interval && isWritten(['probe', name, 'fast'])) {
    say(
      'fast',
      `probe "${name}": fast is ${showDuration(fast)}, longer than interval, which is ${showDuration(interval)}`,
    );
  }
  if (kind === 'tcp' && port === 0)
    say('kind', `probe "${name}" of kind tcp has no port; say port = 25, or which it is`);
  if (kind === 'dns' && settings.name === '')
    say('kind', `probe "${name}" of kind dns has no name to ask for; say name = "…"`);
  if (kind === 'exec' && command.length === 0) {
    say(
      'kind',
      `probe "${name}" of kind exec has no command; say command = ["/path/of/plugin", "-H", "{address}"]`,
    );
  }
  if (body !== '' && method !== 'POST')
    say('body', `probe "${name}" has a body, which goes with method = "POST" only`);
  return conflicts;
}

function referenceConflicts({ reference, probe }: MonitorConfig, name: string): readonly Conflict[] {
  const path = ['reference', name];
  const { address = '', probe: used = '' } = reference[name] ?? {};
  const conflicts: Conflict[] = [];
  if (address === '') conflicts.push({ path, message: `reference "${name}" has no address` });
  if (used === '') conflicts.push({ path, message: `reference "${name}" has no probe; name one of [probe]` });
  else if (probe[used] === undefined) conflicts.push(missingTable([...path, 'probe'], 'probe', used, probe));
  return conflicts;
}

function loadConflicts({ load }: MonitorConfig, name: string): readonly Conflict[] {
  const settings = load[name];
  if (settings === undefined) return [];
  const { kind, url, command, oid, idle, full, least, most } = settings;
  const path = ['load', name];
  const conflicts: Conflict[] = [];
  const isWeb = kind === 'http' || kind === 'stub-status';
  if (isWeb && !URL.canParse(url.replaceAll('{address}', '192.0.2.1'))) {
    const what = url === '' ? 'has no url' : `has the url "${url}", which is none`;
    conflicts.push({ path, message: `load "${name}" ${what}; one is "http://{address}:8080/load"` });
  }
  if (kind === 'exec' && command.length === 0)
    conflicts.push({ path, message: `load "${name}" of kind exec has no command` });
  if (kind === 'snmp' && oid === '')
    conflicts.push({ path, message: `load "${name}" of kind snmp has no oid` });
  if (idle === full)
    conflicts.push({ path, message: `load "${name}": idle and full are both ${idle}; they must differ` });
  if (least > most)
    conflicts.push({ path, message: `load "${name}": least is ${least}, more than most, which is ${most}` });
  return conflicts;
}

function hookConflicts({ hook }: MonitorConfig, name: string): readonly Conflict[] {
  const settings = hook[name];
  if (settings === undefined) return [];
  const { command, url, headers } = settings;
  const path = ['hook', name];
  if (command.length > 0 === (url !== '')) {
    const has = url === '' ? 'neither command nor url' : 'both command and url';
    return [{ path, message: `hook "${name}" has ${has}; it needs one of them` }];
  }
  if (url !== '' && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    return [
      {
        path: [...path, 'url'],
        message: `hook.${name}.url is "${url}"; expected a URL that begins with http:// or https://`,
      },
    ];
  }
  if (url === '' && Object.keys(headers).length > 0) {
    return [{ path: [...path, 'headers'], message: `hook "${name}" has headers, which go with url only` }];
  }
  return [];
}

function listed(kinds: readonly string[]): string {
  return kinds.length === 1 ? `${kinds[0]}` : `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`;
}
