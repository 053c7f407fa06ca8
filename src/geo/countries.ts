import { COUNTRY_CENTRES } from './country-centres.ts';

/** A country as steering knows it. */
export interface Country {
  /** ISO 3166-1, two capitals. */
  readonly code: string;
  /** AF AN AS EU NA OC SA. */
  readonly continent: string;
  /** Degrees: the mean of where its people live. */
  readonly latitude: number;
  readonly longitude: number;
}

/** All countries, by code. */
export const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  COUNTRY_CENTRES.trim()
    .split('\n')
    .map((line) => {
      const [code = '', continent = '', latitude, longitude] = line.split(' ');
      return [code, { code, continent, latitude: Number(latitude), longitude: Number(longitude) }];
    }),
);

/** The continents' codes. */
export const CONTINENT_CODES = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const;

/** The continent of a country, or `undefined` for a code that is none. */
export function continentOf(country: string): string | undefined {
  return COUNTRIES.get(country)?.continent;
}
