import { showAddress, showIPv4 } from '../../base/ip.ts';
import { showNetwork } from '../../base/network.ts';
import type { SourceNote } from '../../geo/layer.ts';
import { ipv4In, ipv4Within, locate } from '../../geo/locate.ts';
import { rangeOf } from '../../geo/range-of.ts';
import type { GeoTables, Location } from '../../geo/tables.ts';
import type { ExplainedAddress, ExplainedFact, ExplainedPlace } from './explanation.ts';

/** What the tables know of an address of 4 or 16 octets, each fact with its file. */
export function explainAddress(tables: GeoTables, address: Uint8Array): ExplainedAddress {
  const location = tables.describe(locate(tables, address, 0, address.length));
  const { country, continent, asn, isp, from } = location;
  return {
    address: showAddress(address),
    ipv4: heldIPv4(address),
    network: tables.sources.length === 0 ? undefined : showNetwork(rangeOf(tables, address).network),
    place: placeOf(location),
    country: factOf(country, from.country),
    continent: factOf(continent, from.country),
    asn: factOf(asn, from.asn),
    isp: factOf(isp, from.isp),
  };
}

/** The position of a location; `undefined` when it is not known. */
export function placeOf(location: Location): ExplainedPlace | undefined {
  const { latitude, longitude, isCountryCentre, passedOver, from } = location;
  if (latitude === undefined || longitude === undefined) return undefined;
  return { latitude, longitude, source: from.position?.name, isCountryCentre, passedOver };
}

/** What the sources of the tables want to be shown beside results. */
export function attributionsOf(tables: GeoTables): readonly string[] {
  return [...new Set(tables.sources.flatMap(({ attribution }) => attribution ?? []))];
}

/** The IPv4 address that an IPv6 address holds; `undefined` when it holds none. */
function heldIPv4(address: Uint8Array): string | undefined {
  if (address.length === 4 || ipv4Within(address, 0) === 0) return undefined;
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, ipv4In(address, 0));
  return showIPv4(octets);
}

function factOf<T>(value: T | undefined, note: SourceNote | undefined): ExplainedFact<T> | undefined {
  return value === undefined ? undefined : { value, source: note?.name };
}
