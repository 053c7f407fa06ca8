import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { GeoLinesError } from '../../src/geo/errors.ts';
import { Chance, locationOf, tablesOf } from '../support/geo.ts';

const HEAD =
  '# Location Database Export\n# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n# Vendor:    IPFire Project\n#\n';

describe("the text files of Debian's tor-geoipdb", () => {
  const tables = tablesOf({
    '/usr/share/tor/geoip': `${HEAD}3221225984,3221226111,DE\n3221226112,3221226239,??\n3325256704,4294967295,CN\n`,
    '/usr/share/tor/geoip6': `${HEAD}2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,FR\n2001:db8:1::,2001:db8:1::ff,GB\n2001:db8:1::100,2001:db8:1:2:ffff:ffff:ffff:ffff,US\n`,
  });
  const country = (text: string) => locationOf(tables, scanAddress(text) ?? new Uint8Array(4)).country;

  it('say which country; ?? is unknown', () => {
    expect(country('192.0.2.0')).to.equal('DE');
    expect(country('192.0.2.127')).to.equal('DE');
    expect(country('192.0.2.128')).to.equal(undefined);
    expect(country('192.0.1.255')).to.equal(undefined);
    expect(country('198.51.100.0')).to.equal('CN');
    expect(country('255.255.255.255')).to.equal('CN');
    expect(country('2001:db8::1')).to.equal('FR');
    expect(country('2001:db7::1')).to.equal(undefined);
    expect(country('2001:db8:2::')).to.equal(undefined);
  });

  it('a /64 that two ranges share is that of the first', () => {
    expect(country('2001:db8:1::ffff')).to.equal('GB');
    expect(country('2001:db8:1:1::')).to.equal('US');
    expect(country('2001:db8:1:2:ffff::')).to.equal('US');
    expect(country('2001:db8:1:3::')).to.equal(undefined);
  });

  it('say when they were made and by whom', () => {
    expect(tables.sources[0]).to.include({ kind: 'country ranges', built: 1_782_362_039 });
    expect(tables.sources[0]?.attribution).to.include('IPFire');
  });

  it('bad lines are reported all at once', () => {
    const text = '1,2,DE\nx,2,DE\n5,3,DE\n2,9,DE\n10,11\n4294967295,4294967296,DE\n::1,::2:zz,DE\n';
    expect(() => tablesOf({ 'geo/geoip': text }))
      .to.throw(GeoLinesError)
      .with.property(
        'message',
        [
          "geo/geoip:2:1: 'x,2' are not numbers of IPv4 addresses",
          'geo/geoip:3:1: the range from 5 is not in order',
          'geo/geoip:4:1: the range from 2 is not in order',
          "geo/geoip:5:1: '10,11' is not FIRST,LAST,CC with the two letters of a country",
          "geo/geoip:6:1: '4294967295,4294967296' are not numbers of IPv4 addresses",
          "geo/geoip:7:1: '::1,::2:zz' are not IPv6 addresses",
        ].join('\n'),
      );
  });

  it('random files: as a search through the lines says', () => {
    const chance = new Chance(4);
    const ranges: { from: number; to: number; code: string }[] = [];
    for (let at = 0; at < 0xf000_0000; ) {
      const from = at + chance.below(3) * chance.below(1 << 20);
      const to = from + chance.below(1 << 24);
      ranges.push({ from, to, code: ['DE', 'FR', '??', 'CN'][chance.below(4)] ?? '' });
      at = to + 1;
    }
    const random = tablesOf({
      geoip: ranges.map(({ from, to, code }) => `${from},${to},${code}`).join('\n'),
    });
    for (let i = 0; i < 5000; i++) {
      const { from, to } = ranges[chance.below(ranges.length)] ?? { from: 0, to: 0 };
      const address = [from, to, Math.max(0, from - 1), to + 1, chance.word()][i % 5] ?? 0;
      const said = ranges.find((range) => range.from <= address && address <= range.to)?.code;
      expect(random.describe(random.ipv4Location(address)).country).to.equal(
        said === '??' ? undefined : said,
      );
    }
  });
});
