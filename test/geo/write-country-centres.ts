// Writes src/geo/country-centres.ts from GeoNames data (CC BY 4.0), after `make build`:
//
//   apt-get download libgeonames0 && dpkg-deb -x libgeonames0_*.deb geonames
//   node dist/test/geo/write-country-centres.js geonames/usr/lib/*/libgeonames.so.0.*
//
// or with https://download.geonames.org/export/dump/cities15000.txt (unpacked) in place of the library, which holds the
// same cities: all of 15,000 inhabitants and more, and capitals.
import { readFileSync, writeFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { SHOWN_CONTINENTS } from '../support/continents.ts';

interface City {
  readonly country: string;
  readonly population: number;
  readonly latitude: number;
  readonly longitude: number;
}

interface Sum {
  x: number;
  y: number;
  z: number;
}

/** What has no city in the data (Debian's copy leaves out what has no regions): its town, station or middle. */
const WITHOUT_CITY: Readonly<Record<string, readonly [number, number]>> = {
  AQ: [-77.85, 166.67],
  AW: [12.52, -70.03],
  BL: [17.9, -62.85],
  BV: [-54.42, 3.36],
  CC: [-12.16, 96.83],
  CW: [12.12, -68.93],
  CX: [-10.42, 105.68],
  EH: [27.15, -13.2],
  FK: [-51.69, -57.86],
  GI: [36.14, -5.35],
  GS: [-54.28, -36.51],
  HM: [-53.1, 73.5],
  IO: [-7.31, 72.42],
  MF: [18.07, -63.08],
  MO: [22.2, 113.55],
  NF: [-29.05, 167.97],
  NU: [-19.06, -169.92],
  PN: [-25.07, -130.1],
  SG: [1.32, 103.84],
  SX: [18.03, -63.05],
  TC: [21.78, -72.2],
  TK: [-9.2, -171.85],
  UM: [19.28, 166.65],
  VA: [41.9, 12.45],
  VG: [18.43, -64.62],
};

const DEGREE = Math.PI / 180;

const [path = ''] = process.argv.slice(2);
const octets = readFileSync(path);
const cities =
  octets.subarray(0, 4).toString('latin1') === '\x7fELF' ? citiesOfLibrary(octets) : citiesOfDump(octets);
const sums = new Map<string, Sum>();
for (const city of cities) {
  // A capital without a number of inhabitants counts as a village.
  const weight = Math.max(city.population, 100);
  const sum = sums.get(city.country) ?? { x: 0, y: 0, z: 0 };
  sum.x += weight * Math.cos(city.latitude * DEGREE) * Math.cos(city.longitude * DEGREE);
  sum.y += weight * Math.cos(city.latitude * DEGREE) * Math.sin(city.longitude * DEGREE);
  sum.z += weight * Math.sin(city.latitude * DEGREE);
  sums.set(city.country, sum);
}

const continentOf = new Map(
  Object.entries(SHOWN_CONTINENTS).flatMap(([continent, codes]) =>
    codes.split(' ').map((code) => [code, continent]),
  ),
);
const lines: string[] = [];
for (const code of [...continentOf.keys()].sort()) {
  const sum = sums.get(code);
  const [latitude, longitude] = sum === undefined ? (WITHOUT_CITY[code] ?? []) : placeOf(sum);
  if (latitude === undefined || longitude === undefined) throw new Error(`nothing known of where ${code} is`);
  lines.push(`${code} ${continentOf.get(code)} ${latitude.toFixed(2)} ${longitude.toFixed(2)}`);
}
for (const code of sums.keys()) {
  if (!continentOf.has(code))
    throw new Error(`${code} has cities and no continent: add it to test/support/continents.ts`);
}
writeFileSync(
  new URL('../../../src/geo/country-centres.ts', import.meta.url),
  `/**
 * Where the people of each country are: code (ISO 3166-1, and XK), continent, latitude and longitude in degrees, the mean of
 * its cities by inhabitants. Written by \`test/geo/write-country-centres.ts\` from GeoNames data (geonames.org, CC BY 4.0).
 */
export const COUNTRY_CENTRES = \`
${lines.join('\n')}
\`;
`,
);
process.stdout.write(`${cities.length} cities, ${lines.length} countries\n`);

function placeOf({ x, y, z }: Sum): [number, number] {
  return [Math.atan2(z, Math.hypot(x, y)) / DEGREE, Math.atan2(y, x) / DEGREE];
}

/** The tab-separated dump: latitude, longitude, country and population are columns 5, 6, 9 and 15. */
function citiesOfDump(file: Buffer): City[] {
  const rows = file.toString('utf8').trimEnd().split('\n');
  return rows.map((row) => {
    const columns = row.split('\t');
    return {
      country: columns[8] ?? '',
      population: Number(columns[14]),
      latitude: Number(columns[4]),
      longitude: Number(columns[5]),
    };
  });
}

/**
 * The library carries them as a compressed GVariant of type `a(sssssssudd)`: id, name, region's code and name, country's
 * code and name, time zone, inhabitants, latitude, longitude. Its last words are where the rows end.
 */
function citiesOfLibrary(file: Buffer): City[] {
  const array = resourceOf(file);
  const rowsEnd = array.readUInt32LE(array.length - 4);
  const cities: City[] = [];
  let start = 0;
  for (let at = rowsEnd; at < array.length; at += 4) {
    const texts: string[] = [];
    let place = start;
    while (texts.length < 7) {
      const end = array.indexOf(0, place);
      texts.push(array.toString('utf8', place, end));
      place = end + 1;
    }
    place = (place + 3) & ~3;
    const population = array.readUInt32LE(place);
    place = (place + 4 + 7) & ~7;
    cities.push({
      country: texts[4] ?? '',
      population,
      latitude: array.readDoubleLE(place),
      longitude: array.readDoubleLE(place + 8),
    });
    start = (array.readUInt32LE(at) + 7) & ~7;
  }
  return cities;
}

/** The first large zlib stream of the file. */
function resourceOf(file: Buffer): Buffer {
  for (let at = file.indexOf(0x78); at !== -1; at = file.indexOf(0x78, at + 1)) {
    if (((0x78 << 8) | (file[at + 1] ?? 0)) % 31 !== 0) continue;
    try {
      const resource = inflateSync(file.subarray(at));
      if (resource.length > 100_000) return resource;
    } catch {
      // these two octets began something else
    }
  }
  throw new Error('no compressed cities in this library');
}
