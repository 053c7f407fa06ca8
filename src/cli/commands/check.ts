import { loadGeo } from '../../atlas/load-geo.ts';
import { SILENT_LOG } from '../../base/effects.ts';
import { ConfigError } from '../../config/load.ts';
import { configuredSecondaries } from '../../config/secondary-rules.ts';
import type { Config } from '../../config/settings.ts';
import { configuredTransfers } from '../../config/transfer-rules.ts';
import { LintGeo } from '../../steer/lint-geo.ts';
import type { LoadReport } from '../../store/load-report.ts';
import { type DomainName, showName } from '../../wire/name.ts';
import { readArguments } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { DEFAULT_CONFIG_FILE, loadConfigFile } from '../config-file.ts';
import { realEffects } from '../effects.ts';
import { geoPathsOf } from '../geo-files.ts';
import { loadKeyRing } from '../key-ring.ts';
import { Progress, paint, type Terminal } from '../terminal.ts';
import { surroundingsOf } from '../zone-surroundings.ts';
import { type CheckedFiles, checkZoneFiles } from './check-zones.ts';

/** `waypost check`: everything that would keep `waypost serve` from starting or from serving a zone, told at once. */
export const CHECK: Command = {
  help: `Reads the configuration and the zone files exactly as waypost serve does and tells all errors and warnings at
once, each with its place. With FILEs only those zone files are read, and the configuration only with -c; a file's name
says its zone: example.com.zone.

  -c, --config FILE   the configuration file; default: ${DEFAULT_CONFIG_FILE} in this directory, if there is one
  --json              one JSON object instead of lines

exit code: 0 nothing is wrong (there may be warnings), 1 something is, 2 the command line is
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } },
      allowPositionals: true,
    });
    const findings = new Findings();
    const isOfFiles = positionals.length > 0;
    const config =
      isOfFiles && values.config === undefined ? undefined : checkConfig(values.config, findings);
    if (isOfFiles) {
      const checked = { directory: '.', files: positionals };
      await checkZones({ ...checked, ...surroundingsIn(config, findings) }, findings, terminal);
    } else if (config !== undefined) {
      const names = new Set(configuredSecondaries(config).secondaries.map(({ apex }) => showName(apex)));
      const isSecondary = (apex: DomainName) => names.has(showName(apex));
      const hasSecondaries = () => names.size > 0;
      const checked = { directory: config.zones, isSecondary, hasSecondaries };
      await checkZones({ ...checked, ...surroundingsIn(config, findings) }, findings, terminal);
    }
    terminal.out(values.json === true ? findings.toJson() : findings.toText(terminal));
    return findings.errors.length === 0 ? 0 : 1;
  },
};

/** What was looked at and what was found. */
class Findings {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  /** One line for each thing in which nothing was wrong. */
  readonly fine: string[] = [];

  toJson(): string {
    const { errors, warnings, fine } = this;
    return `${JSON.stringify({ errors, warnings, fine }, undefined, 2)}\n`;
  }

  toText(terminal: Terminal): string {
    const lines = [
      ...byPlace(this.errors),
      ...byPlace(this.warnings).map((warning) => `${warning} ${paint(terminal, 'yellow', '(warning)')}`),
      ...this.fine,
      this.errors.length + this.warnings.length === 0
        ? paint(terminal, 'green', 'nothing is wrong')
        : `${count(this.errors.length, 'error')}, ${count(this.warnings.length, 'warning')}`,
    ];
    return `${lines.join('\n')}\n`;
  }
}

/** In the order of files, lines and columns, where they begin with such a place. */
function byPlace(findings: readonly string[]): string[] {
  const place = (text: string): [string, number, number] => {
    const [, path = text, line = '0', column = '0'] = /^(.*?):(\d+):(?:(\d+):)?/.exec(text) ?? [];
    return [path, Number(line), Number(column)];
  };
  return findings.toSorted((a, b) => {
    const [[pathA, lineA, columnA], [pathB, lineB, columnB]] = [place(a), place(b)];
    if (pathA !== pathB) return pathA < pathB ? -1 : 1;
    return lineA - lineB || columnA - columnB;
  });
}

function checkConfig(named: string | undefined, findings: Findings): Config | undefined {
  try {
    const loaded = loadConfigFile(named);
    const { config, file } = loaded;
    findings.warnings.push(...loadKeyRing(loaded).warnings);
    findings.fine.push(
      file === undefined
        ? `there is no ${DEFAULT_CONFIG_FILE} here, the defaults hold`
        : `${file}: no errors`,
    );
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.errors.push(...error.message.split('\n'));
    return undefined;
  }
}

/** What the configuration knows of zones, the location data included: that takes seconds when it is large and no server has kept its tables. */
function surroundingsIn(config: Config | undefined, findings: Findings): Pick<CheckedFiles, 'surroundings'> {
  if (config === undefined) return {};
  const rules = new Map(configuredTransfers(config).rules.map((rule) => [showName(rule.apex), rule]));
  const { tables, warnings } = loadGeo(geoPathsOf(config), Date.now());
  const geo = tables === undefined ? undefined : new LintGeo(tables);
  findings.warnings.push(...warnings);
  return { surroundings: (apex) => surroundingsOf(rules.get(showName(apex)), () => geo) };
}

async function checkZones(checked: CheckedFiles, findings: Findings, terminal: Terminal): Promise<void> {
  const effects = { ...realEffects({ level: 'error', format: 'text' }), log: SILENT_LOG };
  const progress = new Progress(terminal, 'checking zones', effects.nowMs);
  let report: LoadReport;
  try {
    report = await checkZoneFiles(checked, effects, (records) => progress.update(records));
  } finally {
    progress.end();
  }
  findings.errors.push(...report.errors);
  for (const zone of report.zones) {
    findings.errors.push(...zone.errors);
    findings.warnings.push(...zone.warnings);
    if (zone.errors.length > 0) continue;
    findings.fine.push(
      `${zone.path}: ${showName(zone.apex)} serial ${zone.serial}, ${count(zone.records, 'record')}`,
    );
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
