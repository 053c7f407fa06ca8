import { expect } from 'chai';
import { foldName, scanName } from '../../src/wire/name.ts';
import { type ShownOwner, showZone } from '../../src/zonefile/writer.ts';
import { groupRecords, scanZone } from '../support/zone-files.ts';

const apex = foldName(scanName('example.test.', undefined));

/** Scans a zone and shows it. */
function show(file: string): string {
  const { records, errors } = scanZone(file);
  expect(errors).to.deep.equal([]);
  return [...showZone(apex, groupRecords(records))].join('');
}

describe('zonefile/writer', () => {
  it('shows a zone for people: the SOA first and laid out, owners aligned, names relative', () => {
    const file = [
      '@ 3600 NS ns1',
      '@ 3600 SOA ns1 host 7 7200 900 1209600 301',
      '@ 300 A 192.0.2.1',
      '@ 300 A 192.0.2.2',
      'www 300 CNAME @',
      'a.long.name 300 TXT "x y" "\\""',
    ];
    expect(show(file.join('\n'))).to.equal(
      [
        '; zone example.test., serial 7',
        '$ORIGIN example.test.',
        '$TTL 300',
        '',
        '@           3600    SOA     ns1.example.test. host.example.test. (',
        '                            7          ; serial',
        '                            7200       ; refresh, 2h',
        '                            900        ; retry, 15m',
        '                            1209600    ; expire, 2w',
        '                            301        ; minimum',
        '                            )',
        '            3600    NS      ns1.example.test.',
        '                    A       192.0.2.1',
        '                    A       192.0.2.2',
        'www                 CNAME   example.test.',
        'a.long.name         TXT     "x y" "\\""',
        '',
      ].join('\n'),
    );
  });

  it('shows names that look like something else so that they scan back', () => {
    const file =
      '\\@ 1 A 192.0.2.1\n\\$TTL 1 A 192.0.2.2\n\\; 1 A 192.0.2.3\n\\032 1 A 192.0.2.4\n* 1 A 192.0.2.5\nin 1 A 192.0.2.6\n';
    expect(scanZone(show(file)).lines).to.deep.equal(scanZone(file).lines);
  });

  it('shows the root zone', () => {
    const root = foldName(scanName('.', undefined));
    const { records } = scanZone('. 60 NS a.test.\ntest. 60 NS a.test.\n', { origin: '.' });
    const text = [...showZone(root, groupRecords(records))].join('');
    expect(scanZone(text, { origin: '.' }).lines).to.deep.equal(['. 60 NS a.test.', 'test. 60 NS a.test.']);
  });

  it('shows a zone without records', () => {
    expect([...showZone(apex, [])].join('')).to.equal(
      '; zone example.test.\n$ORIGIN example.test.\n$TTL 3600\n\n',
    );
  });

  it('walks the owners once and gives a large zone in chunks', () => {
    const rdatas = [Uint8Array.of(192, 0, 2, 1)];
    function* owners(): Generator<ShownOwner> {
      for (let i = 0; i < 20_000; i++) {
        const name = foldName(scanName(`h${i}`, apex));
        yield { name, rrsets: [{ type: 1, ttl: 300, rdatas }] };
      }
    }
    const chunks = [...showZone(apex, owners())];
    expect(chunks.length).to.be.greaterThan(10);
    expect(chunks.every((chunk) => chunk.endsWith('\n') && chunk.length < 40_000)).to.equal(true);
    expect(scanZone(chunks.join('')).records).to.have.length(20_000);
  });
});
