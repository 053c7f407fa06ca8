import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { isInNetwork, type Network, nearestNetwork, showNetwork } from '../../src/base/network.ts';
import { GeoLinesError } from '../../src/geo/errors.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { Chance, locationOf, tablesOf } from '../support/geo.ts';
import { MmdbWriter } from '../support/mmdb-writer.ts';

const where = (tables: GeoTables, text: string) => locationOf(tables, scanAddress(text) ?? new Uint8Array(4));

/** The messages for a file, without its name. */
function complaints(text: string): string[] {
  try {
    tablesOf({ 'n.csv': text });
  } catch (error) {
    expect(error).to.be.instanceOf(GeoLinesError);
    if (error instanceof GeoLinesError) {
      expect(error.message.split('\n')[0]).to.match(/^n\.csv:\d+:\d+: /);
      return error.findings.map(({ line, column, what }) => `${line}:${column}: ${what}`);
    }
  }
  return [];
}

const HEADER = 'prefix,latitude,longitude,country,continent,asn,isp,note';

describe('networks.csv', () => {
  it('says all of a network, and is laid over the databases field by field', () => {
    const database = new MmdbWriter()
      .insert('192.0.2.0/24', {
        country_code: 'CN',
        latitude: 23.13,
        longitude: 113.26,
        autonomous_system_number: 64_496,
      })
      .build();
    const tables = tablesOf({
      'n.csv': `${HEADER}\n192.0.2.0/25,39.90,116.40,cn,as,AS64500,unicom,"Beijing, 1st ring"\n192.0.2.128/26,,,,,,telecom,\n`,
      'city.mmdb': database,
    });
    expect(where(tables, '192.0.2.1')).to.include({
      latitude: 39.9,
      longitude: 116.4,
      country: 'CN',
      continent: 'AS',
      asn: 64_500,
      isp: 'unicom',
    });
    const overlaid = where(tables, '192.0.2.129');
    expect(overlaid).to.include({ latitude: 23.13, country: 'CN', asn: 64_496, isp: 'telecom' });
    expect(overlaid.from.position?.name).to.equal('city.mmdb');
    expect(overlaid.from.isp?.name).to.equal('n.csv');
    expect(where(tables, '192.0.2.200').isp).to.equal(undefined);
  });

  it('columns come in any order, and most may be missing; comments, quotes and CR LF are fine', () => {
    const tables = tablesOf({
      'n.csv': '\ufeff# ours\r\n isp , prefix\r\n\r\n"mobile", 2001:db8::/48\r\nunicom,198.51.100.7\r\n',
    });
    expect(where(tables, '2001:db8::9').isp).to.equal('mobile');
    expect(where(tables, '2001:db8:1::9').isp).to.equal(undefined);
    expect(where(tables, '198.51.100.7').isp).to.equal('unicom');
    expect(where(tables, '198.51.100.8').isp).to.equal(undefined);
  });

  it('reports all bad lines at once, by line and column', () => {
    const text = [
      HEADER,
      '192.0.2.1/24,,,,,,,',
      '192.0.2.0/24,91,10,,,,,',
      '198.51.100.0/24,39.9,,UK,AX,ASx,China Telecom,',
      '203.0.113.0/24,1,2,JP,,,,a,b',
      '192.0.2.0/24,,,,,,unicom,again',
      'here,,,,,,,',
      ',1,2,,,,,',
      '2001:db8::/65,,,,,,,',
      '2002:c000:200::/40,,,,,,,',
      '"192.0.2.0/25,,,,,,,',
      '"192.0.2.0/25"x,,,,,,,',
    ].join('\n');
    expect(complaints(text)).to.deep.equal([
      "2:1: '192.0.2.1/24' has bits set after the prefix: did you mean 192.0.2.0/24?",
      "3:14: '91' is not a number of degrees from -90 to 90, such as 39.90",
      '4:1: there is a latitude and no longitude',
      "4:23: 'UK' is not the two-letter code of a country (ISO 3166-1): did you mean GB?",
      "4:26: 'AX' is not one of AF AN AS EU NA OC SA",
      "4:29: 'ASx' is not an AS number from 1 to 4294967295",
      "4:33: 'China Telecom' has a space or a comma, so that no member line could name it: write 'China_Telecom'",
      "5:28: 'b' is one field more than the first line names (8)",
      '6:1: 192.0.2.0/24 is in line 3 already: make one line of both',
      "7:1: 'here' is not a network such as 192.0.2.0/24 or 2001:db8::/32",
      '8:1: there is no prefix',
      "9:1: '2001:db8::/65' is smaller than a /64, and IPv6 is known by /64 networks: make it shorter",
      "10:1: addresses in '2002:c000:200::/40' are looked up as the IPv4 address they hold: give the IPv4 network",
      '11:1: a double quote that does not end',
      "12:15: 'x' after a double quote; a comma should be there",
    ]);
  });

  it('knows which column was meant', () => {
    expect(complaints('prefix,lattitude,longitude,operator,isp,isp\n')).to.deep.equal([
      "1:8: there is no column 'lattitude': did you mean 'latitude'?",
      `1:28: there is no column 'operator': the columns are ${HEADER.replaceAll(',', ', ')}`,
      "1:41: a second column 'isp'",
    ]);
    expect(complaints('192.0.2.0/24,1,2\n').at(-1)).to.equal(
      `1:1: there is no column 'prefix': the first line names the columns, such as ${HEADER}`,
    );
    expect(complaints('prefix,latitude\n')).to.deep.equal(["1:1: 'latitude' and 'longitude' come together"]);
    expect(complaints('# nothing\n')).to.deep.equal([
      `1:1: there is no line that names the columns: ${HEADER}`,
    ]);
  });

  it('the example is right', () => {
    const tables = tablesOf({ 'geo/networks.csv': readFileSync('geo/networks.csv') });
    const isps = ['telecom', 'unicom', 'mobile'];
    for (const isp of isps) expect(tables.ispNames).to.include(isp);
  });

  it('law: the longest prefix that holds the address says it, whatever the nesting', () => {
    const chance = new Chance(7);
    for (let round = 0; round < 60; round++) {
      const lines = new Map<string, { network: Network; asn: number }>();
      for (let i = 0; i < 40; i++) {
        // Crowded, so that networks lie within each other and end together.
        const isIPv4 = chance.below(2) === 0;
        const address = isIPv4
          ? Uint8Array.from([chance.below(4) === 0 ? 255 : 192, 0, chance.word() & 3, chance.word() & 255])
          : Uint8Array.from([
              0x20,
              1,
              0xd,
              0xb8,
              0,
              0,
              chance.word() & 3,
              chance.word() & 255,
              ...new Uint8Array(8),
            ]);
        if (isIPv4 && address[0] === 255) address.fill(255);
        const prefixLength = isIPv4 ? 16 + chance.below(17) : 40 + chance.below(25);
        const network = nearestNetwork(`${showAddress(address)}/${prefixLength}`);
        if (network !== undefined) lines.set(showNetwork(network), { network, asn: i + 1 });
      }
      const text = [...lines].map(([shown, { asn }]) => `${shown},${asn}`).join('\n');
      const tables = tablesOf({ 'n.csv': `prefix,asn\n${text}\n` });
      const all = [...lines.values()].sort((a, b) => b.network.prefixLength - a.network.prefixLength);
      for (let i = 0; i < 400; i++) {
        const address = Uint8Array.from(all[chance.below(all.length)]?.network.address ?? []);
        const last = address.length === 4 ? 3 : 7;
        address[last] = chance.word() & 255;
        if (chance.below(3) === 0) address[last - 1] = chance.word() & 3;
        const longest = all.find(({ network }) => isInNetwork(network, address));
        expect(locationOf(tables, address).asn, `${showAddress(address)} in\n${text}`).to.equal(longest?.asn);
      }
    }
  });
});
