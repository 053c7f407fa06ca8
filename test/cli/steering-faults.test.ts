import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHECK } from '../../src/cli/commands/check.ts';
import { ChildServer } from '../support/child-server.ts';
import { DispatchedZone } from '../support/dispatching.ts';
import { grant, rulesOf, updateMessage } from '../support/updating.ts';
import { capture } from './capture.ts';

/**
 * A line that cannot be read, the word it is because of, and what is said of it: every key of STEERING.md §1, §2 and §7 with a
 * value that it cannot have, and the mistakes that concern whole lines.
 */
const LINES: readonly [line: string, word: number, said: string][] = [
  // the policy line, §1
  [
    'rank=isp,distnace',
    1,
    "'rank=isp,distnace': different words of net isp asn country continent distance with commas between them expected; did you mean 'distance'?",
  ],
  ['order=rotate within=150km', 2, "'within=150km': kilometres from 0 to 20040 expected"],
  [
    'order=wieghted',
    1,
    "'order=wieghted': one of rotate weighted shuffle sticky fixed expected; did you mean 'weighted'?",
  ],
  ['take=0', 1, "'take=0': a number from 1 to 65535 or 'all' expected"],
  ['order=rotate   need=none', 2, "'need=none': a number from 1 to 65535 expected"],
  ['min=120%', 1, "'min=120%': a number from 0 to 65535 or 0% to 100% expected"],
  [
    'ttl=120..15',
    1,
    "'ttl=120..15': seconds, or LOW..HIGH with LOW not over HIGH, up to 2147483647 expected",
  ],
  ['settle=5m', 1, "'settle=5m': seconds up to 2147483647 expected"],
  ['quorum=0', 1, "'quorum=0': a number from 1 to 65535 expected"],
  ['rank=distance ecs=onn', 2, "'ecs=onn': 'on' or 'off' expected; did you mean 'on'?"],
  ['order=sticky prefix=24', 2, "'prefix=24': prefix lengths as V4/V6, up to 32/128 expected"],
  ['order=rotate wihtin=5', 2, "unknown key 'wihtin' in a policy line; did you mean 'within'?"],
  ['order=rotate backup', 2, "'backup' in a policy line: key=value expected"],
  ['need=1 order=fixed need=2', 3, "'need' a second time, after word 1: keep one of them"],
  // member lines, §2
  ['192.0.2.1 at=39.90;116.40', 2, "'at=39.90;116.40': LATITUDE,LONGITUDE in degrees, such as 39.90,116.40"],
  ['192.0.2.1  at=116.40,39.90', 2, "'at=116.40,39.90': LATITUDE,LONGITUDE in degrees, such as 39.90,116.40"],
  ['192.0.2.1 weight=-1', 2, "'weight=-1': a number from 0 to 65535 expected"],
  ['192.0.2.1 backup net=192.0.2.1/24', 3, "'net=192.0.2.1/24': different networks such as 192.0.2.0/24"],
  ['192.0.2.1 isp=', 2, "'isp=': different names with commas between them expected"],
  ['192.0.2.1 asn=unicom', 2, "'asn=unicom': different AS numbers up to 4294967295"],
  ['192.0.2.1 country=CHN', 2, "'country=CHN': different two-letter codes (ISO 3166)"],
  [
    '192.0.2.1 continent=AZ',
    2,
    "'continent=AZ': different codes of AF AN AS EU NA OC SA with commas between them expected; did you mean 'AF'?",
  ],
  ['192.0.2.1 bias=100', 2, "'bias=100': a whole number from -99 to 99 expected"],
  [
    '192.0.2.1 backpu',
    2,
    "'backpu' in a member line: key=value or 'backup' expected; did you mean 'backup'?",
  ],
  ['192.0.2.1 state=outt', 2, "'state=outt': 'out' or 'up' expected; did you mean 'out'?"],
  [
    '192.0.2.1 state=out until=tomorrow',
    3,
    "'until=tomorrow': a time such as 2026-11-22T09:58:41Z (RFC 3339)",
  ],
  ['192.0.2.1 state=out reason=', 3, "'reason=': a word expected"],
  ['192.0.2.1 reason=disk', 2, "'reason=disk' without 'state=out' or 'state=up': add the state"],
  ['192.0.2.1 wieght=2', 2, "unknown key 'wieght' in a member line; did you mean 'weight'?"],
  ['192.0.2.1 by=mon.', 2, "'by=mon.': belongs to a verdict line"],
  ['a.example.net weight=2', 1, 'an absolute name expected at the beginning of a member line, or key=value'],
  // verdict lines, §7
  ['192.0.2.1 down by=mon', 3, "'by=mon': a key's name, with its final dot expected"],
  ['192.0.2.1 down by=mon. since=noon', 4, "'since=noon': a time such as 2026-11-22T09:58:41Z (RFC 3339)"],
  ['192.0.2.1 down by=mon. until=2026-13-01T00:00:00Z', 4, "'until=2026-13-01T00:00:00Z': a time such as"],
  ['192.0.2.1 down by=mon. reason=', 4, "'reason=': a word expected"],
  ['192.0.2.1 down by=mon. weight=2', 4, "unknown key 'weight' in a verdict line"],
  ['192.0.2.1 down reason=disk', 0, "a verdict line without 'by=KEY': say which key it is of"],
];

/** The owner of line i, and what it needs so that nothing but the line is wrong. */
const owner = (i: number) => `w${String(i).padStart(2, '0')}`;
const hasPolicy = (line: string) => /^[a-z]+=/.test(line);
const HEAD = '$TTL 60\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';
const FILE = `${HEAD}${LINES.map(([line], i) => {
  const policy = hasPolicy(line) ? '' : `_steer.${owner(i)} TXT "order=rotate"`;
  return `${policy}\n_steer.${owner(i)} TXT "${line}"\n`;
}).join('')}`;

/** Line and column of the word in {@link FILE}; of the record when the line as a whole is meant. */
function placeOf(i: number): string {
  const [line = '', word = 0] = LINES[i] ?? [];
  const lineNumber = HEAD.split('\n').length - 1 + 2 * i + 2;
  if (word === 0) return `${lineNumber}`;
  const before = [...line.matchAll(/[^ ]+/g)][word - 1]?.index ?? 0;
  return `${lineNumber}:${`_steer.${owner(i)} TXT "`.length + before + 1}`;
}

describe('steering lines that cannot be read (STEERING.md, head)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  after(() => rmSync(directory, { recursive: true }));

  it('waypost check names file, line and column of the word, and what is expected there', async () => {
    const path = join(directory, 'faults.test.zone');
    writeFileSync(path, FILE);
    const terminal = capture();
    expect(await CHECK.run([path], terminal)).to.equal(1);
    const lines = terminal.texts().out.split('\n');
    for (const [i, [line, , said]] of LINES.entries()) {
      const found = lines.find((text) => text.includes(`: _steer.${owner(i)}.`)) ?? '';
      expect(found, line)
        .to.match(/ \[steering-line\]$/)
        .and.to.contain(said);
      expect(found.slice(0, `${path}:${placeOf(i)}: `.length)).to.equal(`${path}:${placeOf(i)}: `);
    }
    expect(lines).to.contain(`${LINES.length} errors, 0 warnings`);
  });

  it('a load refuses the zone and says the same in the log', async () => {
    const server = new ChildServer({ zones: { 'faults.test.zone': FILE }, settings: '' });
    try {
      await server.start();
      for (const [i, [line, , said]] of LINES.entries()) {
        const found = server.log.split('\n').find((text) => text.includes(`: _steer.${owner(i)}.`)) ?? '';
        expect(found, line).to.contain('zones: ').and.to.contain(said);
        expect(found).to.contain(`faults.test.zone:${placeOf(i)}: `);
      }
      expect(server.log).to.contain('faults.test. failed; it is not served');
    } finally {
      await server.remove();
    }
  });

  it('a signed UPDATE is REFUSED, with line and word in its Extended DNS Error and in the log', async () => {
    const records = [
      '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300',
      '@ 300 NS ns1',
      'ns1 300 A 192.0.2.53',
      ...LINES.flatMap(([line], i) => (hasPolicy(line) ? [] : [`_steer.${owner(i)} 60 TXT "order=rotate"`])),
    ];
    const zone = new DispatchedZone(
      'example.test',
      records,
      rulesOf(grant({ key: 'deploy.', names: ['**'], types: ['TXT'] })),
    );
    const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
    for (const [i, [line, word, said]] of LINES.entries()) {
      const at = `_steer.${owner(i)}`;
      const message = updateMessage({ updates: [`${at} 60 TXT "${line}"`], rest: { edns } });
      const { rcode, why } = await zone.ask(message, { key: zone.key });
      expect(rcode, line).to.equal('REFUSED');
      const place = word === 0 ? ': ' : `, word ${word}: `;
      expect(why).to.contain(`${at}.example.test. TXT '${line}'${place}`).and.to.contain(said);
      expect(zone.effects.lines.at(-1)).to.equal('warn update: refused');
      expect(zone.effects.fields.at(-1)).to.include({ key: 'deploy.', rcode: 'REFUSED', reason: why });
      zone.effects.now += 60_000; // the log leaves out what comes too often
    }
    expect(zone.serial).to.equal(5);
    zone.close();
  });
});
