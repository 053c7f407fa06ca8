import { loadGeo } from '../../atlas/load-geo.ts';
import { reportGeo } from '../../atlas/report.ts';
import { ControlClient, NoServerError } from '../../control/client.ts';
import type { GeoFileReport, GeoReport } from '../../geo/report.ts';
import { loadConfigFile } from '../config-file.ts';
import { geoPathsOf } from '../geo-files.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';
import type { GeoWish } from './geo-lookup.ts';
import { showOctets } from './status-units.ts';

/** `waypost geo status`: asks the running server; without one, reads the files. 1 when files are named and none can be used. */
export async function tellGeoStatus(
  { config: configFile, isJson }: GeoWish,
  terminal: Terminal,
): Promise<number> {
  const { config } = loadConfigFile(configFile);
  let report: GeoReport;
  let isServing = true;
  try {
    report = await new ControlClient(config.data).geo();
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    isServing = false;
    const paths = geoPathsOf(config);
    const nowMs = Date.now();
    report = reportGeo({ ...loadGeo(paths, nowMs), files: paths.files, isCompiling: false }, nowMs);
  }
  terminal.out(
    isJson
      ? `${JSON.stringify({ isServing, ...report }, undefined, 2)}\n`
      : showReport(report, isServing, terminal),
  );
  return report.files.length > 0 && report.files.every(({ use }) => use === 'left out') ? 1 : 0;
}

/** One line about location data, for `waypost status`. */
export function showGeoLine({ files, ipv4Ranges, ipv6Ranges, octets, isCompiling }: GeoReport): string {
  const used = files.filter(({ use }) => use === 'in use' || use === 'earlier').length;
  const what = used === 0 ? 'none' : `${used} of ${files.length} files, ${ipv4Ranges + ipv6Ranges} ranges`;
  return `location data: ${what}, ${showOctets(octets)}${isCompiling ? '; being compiled anew' : ''}`;
}

/** Warnings, a line each. */
export function showWarnings(warnings: readonly string[], terminal: Terminal): string {
  return warnings.map((warning) => `${paint(terminal, 'yellow', 'warning')}: ${warning}\n`).join('');
}

// --- what is shown ---

function showReport(report: GeoReport, isServing: boolean, terminal: Terminal): string {
  if (report.files.length === 0) return 'no location data: [geo] databases is [] and there is no networks\n';
  const columns = [
    { title: 'use' },
    { title: 'kind' },
    { title: 'built' },
    { title: 'days old', align: 'right' as const },
    { title: 'file' },
  ];
  const rows = report.files.map((file) => [
    file.use,
    file.kind ?? '',
    file.built ?? '',
    showAge(file, terminal),
    file.name,
  ]);
  const { ipv4Ranges, ipv6Ranges, locations, octets, compiled, isCompiling } = report;
  const who = isServing ? 'the server answers from' : 'no server is running; it would answer from';
  const tables = `${who} ${ipv4Ranges} ranges of IPv4, ${ipv6Ranges} of IPv6, ${locations} locations; ${showOctets(octets)}`;
  const when = compiled === undefined ? '' : `, compiled ${compiled}`;
  const attributions = [...new Set(report.files.flatMap(({ attribution }) => attribution ?? []))];
  return [
    showTable(columns, rows),
    `${tables}${when}${isCompiling ? '; being compiled anew' : ''}\n`,
    ...attributions.map((line) => `${line}\n`),
    showWarnings(report.warnings, terminal),
  ].join('');
}

function showAge({ ageDays, isOld }: GeoFileReport, terminal: Terminal): string {
  if (ageDays === undefined) return '';
  return isOld ? paint(terminal, 'yellow', String(ageDays)) : String(ageDays);
}
