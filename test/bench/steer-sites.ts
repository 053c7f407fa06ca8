import { COUNTRIES } from '../../src/geo/countries.ts';
import { distanceMetres, type UnitVector, unitVector } from '../../src/geo/distance.ts';
import { ORIGIN } from './zone.ts';

/** One of the places that answers send clients to. */
export interface Site {
  /** A word for configurations. */
  readonly name: string;
  readonly city: string;
  /** ISO 3166-1. */
  readonly country: string;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Of 198.18.0.0/15, as all addresses here. */
  readonly address: string;
}

/** The name that is answered by place. */
export const STEERED_NAME = `cdn.${ORIGIN}`;

/** A dozen sites around the world. */
export const SITES: readonly Site[] = (
  [
    ['beijing', 'Beijing', 'CN', 39.904, 116.407],
    ['shanghai', 'Shanghai', 'CN', 31.23, 121.474],
    ['guangzhou', 'Guangzhou', 'CN', 23.129, 113.264],
    ['tokyo', 'Tokyo', 'JP', 35.69, 139.692],
    ['singapore', 'Singapore', 'SG', 1.29, 103.852],
    ['sydney', 'Sydney', 'AU', -33.868, 151.207],
    ['london', 'London', 'GB', 51.507, -0.128],
    ['frankfurt', 'Frankfurt am Main', 'DE', 50.11, 8.682],
    ['newyork', 'New York', 'US', 40.713, -74.006],
    ['losangeles', 'Los Angeles', 'US', 34.052, -118.244],
    ['saopaulo', 'São Paulo', 'BR', -23.55, -46.633],
    ['johannesburg', 'Johannesburg', 'ZA', -26.204, 28.047],
  ] as const
).map(([name, city, country, latitude, longitude], i) => {
  return { name, city, country, latitude, longitude, address: `198.19.200.${i + 1}` };
});

/** Sites whose own city is asked for before anything is measured. */
export const CHECKED_SITES: readonly Site[] = SITES.filter(({ name }) =>
  ['beijing', 'tokyo', 'sydney', 'london', 'newyork', 'saopaulo'].includes(name),
);

/** Metres from a place (degrees) to each of {@link SITES}, in their order. */
export function metresToSites(latitude: number, longitude: number): readonly number[] {
  const place = unitVector(latitude, longitude);
  return VECTORS.map((site) => distanceMetres(place, site));
}

/** The site nearest to a place. */
export function nearestSite(latitude: number, longitude: number): Site {
  const metres = metresToSites(latitude, longitude);
  const site = SITES[metres.indexOf(Math.min(...metres))];
  if (site === undefined) throw new Error('there are no sites');
  return site;
}

/** For servers that know no distances: each country, and the site nearest to where its people live. */
export function siteByCountry(): ReadonlyMap<string, Site> {
  return new Map(
    [...COUNTRIES.values()].map(({ code, latitude, longitude }) => [code, nearestSite(latitude, longitude)]),
  );
}

const VECTORS: readonly UnitVector[] = SITES.map(({ latitude, longitude }) =>
  unitVector(latitude, longitude),
);
