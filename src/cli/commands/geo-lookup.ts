import { loadGeo } from '../../atlas/load-geo.ts';
import { scanAddress } from '../../base/ip.ts';
import { ControlClient, NoServerError } from '../../control/client.ts';
import { lookUp } from '../../geo/look-up.ts';
import type { GeoLookup } from '../../geo/report.ts';
import { UsageError } from '../arguments.ts';
import { loadConfigFile } from '../config-file.ts';
import { geoPathsOf } from '../geo-files.ts';
import { paint, type Terminal } from '../terminal.ts';

/** How `waypost geo lookup` and `status` are to answer. */
export interface GeoWish {
  /** The configuration file, as it was named. */
  readonly config: string | undefined;
  readonly isJson: boolean;
}

/** `waypost geo lookup IP`: asks the running server; without one, reads the files. 1 when nothing can be known. */
export async function tellLocation(
  text: string | undefined,
  { config: configFile, isJson }: GeoWish,
  terminal: Terminal,
): Promise<number> {
  if (text === undefined) throw new UsageError('geo lookup: an IP address is wanted, such as 203.0.113.7');
  const address = scanAddress(text);
  if (address === undefined) throw new UsageError(`geo lookup: '${text}' is no IP address`);
  const { config } = loadConfigFile(configFile);
  let found: GeoLookup | undefined;
  try {
    found = await new ControlClient(config.data).geoLookup(text);
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    const { tables, warnings } = loadGeo(geoPathsOf(config), Date.now());
    for (const warning of warnings) terminal.err(`${paint(terminal, 'yellow', 'warning')}: ${warning}\n`);
    found = tables === undefined ? undefined : lookUp(tables, address);
  }
  if (found === undefined) {
    terminal.err(
      'the configuration names no location data: [geo] databases is [] and there is no networks\n',
    );
    return 1;
  }
  terminal.out(isJson ? `${JSON.stringify(found, undefined, 2)}\n` : showLookup(found, terminal));
  return 0;
}

// --- what is shown ---

function showLookup(found: GeoLookup, terminal: Terminal): string {
  const { address, lookedUpAs, network, range, position, country, continent, asn, isp, from } = found;
  const rows: (readonly [string, string | undefined, string | undefined])[] = [
    ['place', showPosition(position), from.position],
    ['country', country === undefined ? continent : `${country}, continent ${continent}`, from.country],
    ['AS', asn === undefined ? undefined : `AS${asn}`, from.asn],
    ['operator', isp, from.isp],
  ];
  const width = Math.max(...rows.map(([, value = 'unknown']) => value.length));
  const lines = rows.map(([field, value, source]) =>
    `${field.padEnd(9)} ${(value ?? 'unknown').padEnd(width)}${source === undefined ? '' : `  ${source}`}`.trimEnd(),
  );
  const as = lookedUpAs === undefined ? '' : `, looked up as ${lookedUpAs}`;
  const passed =
    found.passedOver === undefined
      ? []
      : [`          the database's own place did not count: ${found.passedOver}`];
  const [place = '', ...others] = lines;
  return [
    `${paint(terminal, 'bold', address)}${as}`,
    `network   ${network}, of ${range.first} to ${range.last}`,
    place,
    ...passed,
    ...others,
    ...found.attributions,
    '',
  ].join('\n');
}

function showPosition(position: GeoLookup['position']): string | undefined {
  if (position === undefined) return undefined;
  const { latitude, longitude, isCountryCentre } = position;
  return `${latitude.toFixed(4)}, ${longitude.toFixed(4)}${isCountryCentre ? " (the country's centre of population)" : ''}`;
}
