// What the geography tables know, as far as steering lines are compared with it.
import { scanAddress } from '../base/ip.ts';
import { suggestionFor } from '../base/suggest.ts';
import { COUNTRIES } from '../geo/countries.ts';
import { countryReachKm } from '../geo/country-reach.ts';
import { distanceMetres, unitVector } from '../geo/distance.ts';
import { UNITS_PER_DEGREE } from '../geo/facts.ts';
import { locate } from '../geo/locate.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { Coordinates } from './member-line.ts';

/** Where an address is, as the tables say. */
export interface KnownPlace extends Coordinates {
  /** The country, where its centre stands for the place since nothing more is known. */
  readonly centreOf: string | undefined;
}

/** Answers questions about tables; what takes a walk through them is found once. */
export class LintGeo {
  readonly #tables: GeoTables;
  #isps: readonly string[] | undefined;
  #knowsAsns: boolean | undefined;

  constructor(tables: GeoTables) {
    this.#tables = tables;
  }

  /** Where the member's address is; `undefined` when nobody knows, and for names. */
  placeOf(member: string): KnownPlace | undefined {
    const address = scanAddress(member);
    if (address === undefined) return undefined;
    const location = locate(this.#tables, address, 0, address.length);
    const { latitude, longitude, isCountryCentre, country } = this.#tables.describe(location);
    if (latitude === undefined || longitude === undefined) return undefined;
    return { latitude, longitude, centreOf: isCountryCentre ? country : undefined };
  }

  /** Whether the operator of any network is known. */
  get knowsIsps(): boolean {
    return this.#tables.ispNames.some((name) => name !== '');
  }

  /** Whether an operator is known as a member line names it. */
  isIsp(name: string): boolean {
    return this.#tables.ispNumbers(name).length > 0;
  }

  /** The operator that was perhaps meant, as a line would name it. */
  suggestedIsp(name: string): string | undefined {
    this.#isps ??= this.#tables.ispNames
      .filter((known) => known !== '')
      .map((known) => known.replaceAll(/[ ,]+/g, '_'));
    return suggestionFor(name, this.#isps);
  }

  /** Whether any network's AS number is known. */
  get knowsAsns(): boolean {
    this.#knowsAsns ??= this.#hasAnyAsn();
    return this.#knowsAsns;
  }

  #hasAnyAsn(): boolean {
    for (let location = 0; location < this.#tables.locationCount; location++) {
      if (this.#tables.asn(location) !== 0) return true;
    }
    return false;
  }
}

/** Kilometres that a member may be away from where its address is known to be, without anybody's asking. */
export const FAR_KM = 2000;

/**
 * The kilometres between a member and the place of its address, when they are too many: over {@link FAR_KM}, and where
 * the country alone is known, over that and the country's reach from its centre.
 */
export function kmTooFar(at: Coordinates, known: KnownPlace): number | undefined {
  const metres = distanceMetres(
    unitVector(at.latitude, at.longitude),
    unitVector(known.latitude, known.longitude),
  );
  const km = Math.round(metres / 1000);
  const reach = known.centreOf === undefined ? 0 : countryReachKm(known.centreOf);
  return km > FAR_KM + reach ? km : undefined;
}

/** Whether the code is that of a country whose clients can be known. */
export function isCountry(code: string): boolean {
  return COUNTRIES.has(code);
}

/** Two places with the same key are the same place. */
export function placeKey({ latitude, longitude }: Coordinates): string {
  return `${Math.round(latitude * UNITS_PER_DEGREE)},${Math.round(longitude * UNITS_PER_DEGREE)}`;
}
