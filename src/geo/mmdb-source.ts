import { GeoSourceError } from './errors.ts';
import { type Facts, FactWriter, type NameTable } from './facts.ts';
import type { Source } from './layer.ts';
import { MmdbData, MmdbFormatError, type Scalar, type Wanted } from './mmdb-data.ts';
import { openMmdb } from './mmdb-file.ts';
import { walkTree } from './mmdb-tree.ts';
import { NumberMap } from './number-map.ts';
import type { RowSet } from './row-set.ts';

/** A file as it was read, and its place among the sources. */
export interface SourceFile {
  /** Its path, for people. */
  readonly name: string;
  readonly octets: Uint8Array;
  /** 1 to 15. */
  readonly number: number;
}

/**
 * Reads an MMDB file: the schemas of MaxMind (City, Country, ASN, ISP, Enterprise) and the flat one of the `@ip-location-db`
 * packages, which are told apart by the fields of the records, not by the name of the database.
 * Throws {@link GeoSourceError} for a broken file, and for one of none of these fields: then with the fields found.
 */
export function readMmdb({ name, octets, number }: SourceFile, names: NameTable): Source {
  try {
    const file = openMmdb(octets);
    const records = new Records(new MmdbData(file.data, file.steps), new FactWriter(number, names));
    const layer = { ...walkTree(file, (offset) => records.factsAt(offset)), facts: records.facts };
    if (layer.facts.count === 1) throw new MmdbFormatError(nothingUseful(file.databaseType, records.found));
    const { databaseType, built } = file;
    const attribution = /db-?ip/i.test(`${databaseType} ${name}`) ? DB_IP : undefined;
    return { note: { name, kind: databaseType, built, attribution }, layer };
  } catch (error) {
    if (error instanceof MmdbFormatError) throw new GeoSourceError(name, error.message, error);
    throw error;
  }
}

/** CC BY 4.0 wants it, with a link, wherever results are shown. */
const DB_IP = 'IP Geolocation by DB-IP (https://db-ip.com)';

/** Every record is read once, however many networks share it. */
class Records {
  /** Names of fields at the top of the records. */
  readonly found = new Set<string>();
  readonly #data: MmdbData;
  readonly #writer: FactWriter;
  readonly #factsOf = new NumberMap(1 << 18);
  #count = 0;
  readonly #slots: Scalar[] = new Array(Slot.COUNT).fill(undefined);

  constructor(data: MmdbData, writer: FactWriter) {
    this.#data = data;
    this.#writer = writer;
  }

  get facts(): RowSet {
    return this.#writer.facts;
  }

  factsAt(offset: number): number {
    const known = this.#factsOf.get(offset);
    if (known >= 0) return known;
    const facts = this.#read(offset);
    this.#factsOf.add(offset, facts);
    return facts;
  }

  #read(offset: number): number {
    const slots = this.#slots.fill(undefined);
    const isSample = this.#count++ < SAMPLE && this.found.size < MAX_FIELDS;
    this.#data.fields(offset, WANTED, slots, isSample ? this.found : undefined);
    return this.#writer.add(factsIn(slots));
  }
}

/** Records whose fields are noted, for the message about a database that is not understood. */
const SAMPLE = 1000;
const MAX_FIELDS = 40;

function nothingUseful(databaseType: string, found: ReadonlySet<string>): string {
  const fields = [...found].sort().join(', ') || 'none';
  return `its records (${databaseType || 'of an unnamed type'}) say nothing of places and operators that is understood; fields found: ${fields}; understood: ${UNDERSTOOD}`;
}

const UNDERSTOOD =
  "MaxMind's City, Country, ASN and ISP (country, continent, location, autonomous_system_number, isp, …) and flat records (country_code, latitude, longitude, …)";

// --- fields ---

const Slot = {
  COUNTRY: 0,
  REGISTERED: 1,
  REPRESENTED: 2,
  CONTINENT: 3,
  LATITUDE: 4,
  LONGITUDE: 5,
  RADIUS: 6,
  ASN: 7,
  ISP: 8,
  AS_ORGANIZATION: 9,
  ORGANIZATION: 10,
  COUNT: 11,
} as const;

const OPERATOR: readonly (readonly [string, number])[] = [
  ['autonomous_system_number', Slot.ASN],
  ['autonomous_system_organization', Slot.AS_ORGANIZATION],
  ['isp', Slot.ISP],
  ['organization', Slot.ORGANIZATION],
];

const WANTED: Wanted = new Map<string, number | Wanted>([
  // MaxMind
  ['country', new Map([['iso_code', Slot.COUNTRY]])],
  ['registered_country', new Map([['iso_code', Slot.REGISTERED]])],
  ['represented_country', new Map([['iso_code', Slot.REPRESENTED]])],
  ['continent', new Map([['code', Slot.CONTINENT]])],
  [
    'location',
    new Map([
      ['latitude', Slot.LATITUDE],
      ['longitude', Slot.LONGITUDE],
      ['accuracy_radius', Slot.RADIUS],
    ]),
  ],
  ['traits', new Map(OPERATOR)],
  ...OPERATOR,
  // flat
  ['country_code', Slot.COUNTRY],
  ['latitude', Slot.LATITUDE],
  ['longitude', Slot.LONGITUDE],
]);

function factsIn(slots: readonly Scalar[]): Facts {
  return {
    latitude: numberIn(slots[Slot.LATITUDE]),
    longitude: numberIn(slots[Slot.LONGITUDE]),
    accuracyRadius: numberIn(slots[Slot.RADIUS]),
    country: textIn(slots[Slot.COUNTRY] ?? slots[Slot.REGISTERED] ?? slots[Slot.REPRESENTED]),
    continent: textIn(slots[Slot.CONTINENT]),
    asn: numberIn(slots[Slot.ASN]),
    isp: textIn(slots[Slot.ISP] ?? slots[Slot.AS_ORGANIZATION] ?? slots[Slot.ORGANIZATION]),
  };
}

function textIn(value: Scalar): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Flat databases may write their numbers as texts. */
function numberIn(value: Scalar): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
