import { showAddress } from '../base/ip.ts';
import { showNetwork } from '../base/network.ts';
import { ipv4In, ipv4Within } from './locate.ts';
import { rangeOf } from './range-of.ts';
import type { GeoLookup } from './report.ts';
import type { GeoTables } from './tables.ts';

/** All that is known of an address of 4 or 16 octets. For people: allocates. */
export function lookUp(tables: GeoTables, address: Uint8Array): GeoLookup {
  const { first, last, network, location } = rangeOf(tables, address);
  const { latitude, longitude, isCountryCentre, passedOver, country, continent, asn, isp, from } =
    tables.describe(location);
  const isPlaced = latitude !== undefined && longitude !== undefined;
  const isWithin = address.length === 16 && ipv4Within(address, 0) !== 0;
  const sources = [from.position, from.country, from.asn, from.isp].flatMap((source) => source ?? []);
  return {
    address: showAddress(address),
    lookedUpAs: isWithin ? showIPv4Number(ipv4In(address, 0)) : undefined,
    range: { first: showAddress(first), last: showAddress(last) },
    network: showNetwork(network),
    position: isPlaced ? { latitude, longitude, isCountryCentre } : undefined,
    passedOver,
    country,
    continent,
    asn,
    isp,
    from: {
      position: isPlaced ? from.position?.name : undefined,
      country: from.country?.name,
      asn: from.asn?.name,
      isp: from.isp?.name,
    },
    attributions: [...new Set(sources.flatMap(({ attribution }) => attribution ?? []))],
  };
}

function showIPv4Number(address: number): string {
  return showAddress(Uint8Array.from([24, 16, 8, 0], (shift) => (address >>> shift) & 0xff));
}
