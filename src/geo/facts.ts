import { continentOf } from './countries.ts';
import { isDefaultPoint } from './default-points.ts';
import { RowSet } from './row-set.ts';

/** What one record of a source says of a network; absent where it says nothing. */
export interface Facts {
  /** Degrees. */
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  /** Kilometres. */
  readonly accuracyRadius: number | undefined;
  /** ISO 3166-1, two capitals. */
  readonly country: string | undefined;
  /** Two capitals: AF AN AS EU NA OC SA. */
  readonly continent: string | undefined;
  readonly asn: number | undefined;
  readonly isp: string | undefined;
}

/** The words of a row of facts. The compiled tables hold locations in the same form. */
export const FactWord = {
  /** 1/10,000 degree. */
  LATITUDE: 0,
  LONGITUDE: 1,
  /** Country (two letters in the low 16 bits), continent (two letters in the high 16 bits). */
  COUNTRY: 2,
  /** 0: unknown. */
  ASN: 3,
  /** Number in the table of names; 0: unknown. */
  ISP: 4,
  /** {@link FactFlag} in the low 8 bits; above them, 4 bits each, which source said it: position, country, ASN, ISP. */
  ORIGIN: 5,
} as const;
export const FACT_WORDS = 6;

export const FactFlag = {
  /** There is a position. */
  POSITION: 1,
  /** The position is the country's centre of population, since no source says more. */
  COUNTRY_CENTRE: 2,
  /** A database had a position with an accuracy radius of {@link WIDE_RADIUS_KM} or more, which does not count. */
  WIDE_RADIUS: 4,
  /** A database had the point that it gives to all of the country, which does not count. */
  DEFAULT_POINT: 8,
  /** No location: addresses that are looked up as the IPv4 address they hold. */
  IPV4_WITHIN: 16,
} as const;

/** Where in {@link FactWord.ORIGIN} the number of the source of a field is. */
export const OriginShift = { POSITION: 8, COUNTRY: 12, ASN: 16, ISP: 20 } as const;

/** A position that is true to so many kilometres only says which country. */
export const WIDE_RADIUS_KM = 1000;
/** Units of a degree in the tables: 11 m and less. */
export const UNITS_PER_DEGREE = 10_000;

/** All the different facts of a layer, numbered; 0 is "nothing known". */
export type FactSet = RowSet;

export function newFactSet(): FactSet {
  const facts = new RowSet(FACT_WORDS);
  facts.add(new Int32Array(FACT_WORDS));
  return facts;
}

/** Names of operators, numbered across all sources of a compilation; 0 is "unknown". */
export class NameTable {
  readonly names: string[] = [''];
  readonly #numbers = new Map<string, number>([['', 0]]);

  add(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/** Makes rows of what records say. `source` is the number of their source, 1 to 15. */
export class FactWriter {
  readonly facts = newFactSet();
  readonly #source: number;
  readonly #names: NameTable;
  readonly #row = new Int32Array(FACT_WORDS);

  constructor(source: number, names: NameTable) {
    this.#source = source;
    this.#names = names;
  }

  /** The number of these facts; 0 when there are none that can be used. */
  add(said: Facts): number {
    const row = this.#row.fill(0);
    let origin = 0;
    const country = packCode(said.country);
    const continent = packCode(said.continent ?? (said.country && continentOf(said.country)));
    if (country !== 0 || continent !== 0) origin |= this.#source << OriginShift.COUNTRY;
    row[FactWord.COUNTRY] = country | (continent << 16);
    const { latitude, longitude } = said;
    if (latitude !== undefined && longitude !== undefined && isPlace(latitude, longitude)) {
      const only = countryOnly(said, latitude, longitude);
      origin |= only;
      if (only === 0) {
        origin |= (this.#source << OriginShift.POSITION) | FactFlag.POSITION;
        row[FactWord.LATITUDE] = Math.round(latitude * UNITS_PER_DEGREE);
        row[FactWord.LONGITUDE] = Math.round(longitude * UNITS_PER_DEGREE);
      }
    }
    if (said.asn !== undefined && said.asn !== 0) {
      origin |= this.#source << OriginShift.ASN;
      row[FactWord.ASN] = said.asn;
    }
    if (said.isp !== undefined && said.isp !== '') {
      origin |= this.#source << OriginShift.ISP;
      row[FactWord.ISP] = this.#names.add(said.isp);
    }
    row[FactWord.ORIGIN] = origin;
    return this.facts.add(row);
  }
}

/** Two capital letters as a number; 0 for anything else. */
export function packCode(code: string | undefined): number {
  if (code === undefined || code.length !== 2) return 0;
  const [first, second] = [code.charCodeAt(0), code.charCodeAt(1)];
  return isCapital(first) && isCapital(second) ? (first << 8) | second : 0;
}

/** The letters of {@link packCode}, or `undefined` for 0. */
export function unpackCode(packed: number): string | undefined {
  return packed === 0 ? undefined : String.fromCharCode(packed >> 8, packed & 0xff);
}

// --- helpers ---

function isPlace(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}

/** Why a position says no more than the country does; 0 when it does. */
function countryOnly(said: Facts, latitude: number, longitude: number): number {
  if ((said.accuracyRadius ?? 0) >= WIDE_RADIUS_KM) return FactFlag.WIDE_RADIUS;
  return isDefaultPoint(said.country, latitude, longitude) ? FactFlag.DEFAULT_POINT : 0;
}

function isCapital(letter: number): boolean {
  return letter >= 65 && letter <= 90;
}
