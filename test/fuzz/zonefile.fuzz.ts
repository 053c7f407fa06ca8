// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is $GENERATE's own syntax
import { expect } from 'chai';
import fc from 'fast-check';
import { WaypostError } from '../../src/base/errors.ts';
import { RRType } from '../../src/wire/iana.ts';
import {
  childName,
  type DomainName,
  foldName,
  LOWER,
  ROOT,
  scanName,
  showName,
  type WireName,
} from '../../src/wire/name.ts';
import { ZoneFileError } from '../../src/zonefile/errors.ts';
import { type ShownOwner, showZone } from '../../src/zonefile/writer.ts';
import { scanZone } from '../support/zone-files.ts';

/** Milliseconds for each law; CI gives more. */
const TIME_LIMIT = Number(process.env['WAYPOST_FUZZ_MS'] ?? 3000);
const forTheTime = { interruptAfterTimeLimit: TIME_LIMIT, numRuns: 1_000_000 };

// --- random files ---

const WORDS = [
  '$ORIGIN',
  '$TTL',
  '$INCLUDE',
  '$GENERATE',
  '1-3',
  '0-4294967296',
  '$',
  '${0,3,x}',
  '${',
  '$$',
  '@',
  '.',
  '..',
  'a',
  'www.',
  '300',
  '1h',
  '1w2d3h4m5s',
  '99999999999',
  'IN',
  'CH',
  'A',
  'AAAA',
  'NS',
  'SOA',
  'MX',
  'TXT',
  'SRV',
  'HTTPS',
  'CAA',
  'TYPE65280',
  'TYPE0',
  'RRSIG',
  'NSEC',
  'LOC',
  '192.0.2.1',
  '2001:db8::1',
  '::',
  '\\#',
  '4',
  '0A000001',
  'zone',
  'f',
  '"',
  '"x y"',
  '\\"',
  '\\',
  '\\065',
  '\\999',
  '(',
  ')',
  ';',
  '\n',
  '\n',
  '\n',
  '\r\n',
  '\t',
  ' ',
  ' ',
  ' ',
  ' ',
  '\n ',
  '\0',
  '\xef\xbb\xbf',
  '\xff',
] as const;

const files = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => words.join(' ')),
  },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => words.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets).toString('latin1')),
  },
);

// --- random zones ---

const apex = foldName(scanName('example.test.', undefined));
const labels = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'a',
      'www',
      '*',
      '_steer',
      'in',
      '300',
      '@',
      '$ttl',
      'x y',
      '"',
      ';',
      '(',
      '\\',
      '.',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 12 }).map((octets) => String.fromCharCode(...octets)),
  },
);
const namesBelow = (parent: WireName, maxLength: number) =>
  fc
    .array(labels, { maxLength })
    .map((texts) => texts.reduce((name, text) => childName(Buffer.from(text, 'latin1'), name), parent));
const owners = namesBelow(apex, 3).map((name) => foldName(Uint8Array.from(name) as WireName));
const names = fc.oneof(namesBelow(apex, 3), namesBelow(ROOT, 3)).map((name) => Uint8Array.from(name));

const numbers = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const joined = (...parts: fc.Arbitrary<Uint8Array>[]) =>
  fc.tuple(...parts).map((octets) => Uint8Array.from(octets.flatMap((part) => [...part])));
const strings = fc
  .array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 3 })
  .map((texts) => Uint8Array.from(texts.flatMap((text) => [text.length, ...text])));

const rdatas: readonly (readonly [type: number, rdata: fc.Arbitrary<Uint8Array>])[] = [
  [RRType.A, numbers(4)],
  [RRType.AAAA, numbers(16)],
  [RRType.NS, names],
  [RRType.CNAME, names],
  [RRType.SOA, joined(names, names, numbers(20))],
  [RRType.MX, joined(numbers(2), names)],
  [RRType.SRV, joined(numbers(6), names)],
  [RRType.TXT, strings],
  [65_280, fc.uint8Array({ maxLength: 20 })],
];
const rrsets = fc.subarray([...rdatas], { minLength: 1, maxLength: 4 }).chain((rows) =>
  fc.tuple(
    ...rows.map(([type, rdata]) =>
      fc.record({
        type: fc.constant(type),
        ttl: fc.oneof(fc.constantFrom(300, 3600), fc.nat(0x7fff_ffff)),
        rdatas: fc.array(rdata, { minLength: 1, maxLength: 3 }),
      }),
    ),
  ),
);
const zones: fc.Arbitrary<readonly ShownOwner[]> = fc.uniqueArray(fc.record({ name: owners, rrsets }), {
  selector: ({ name }) => showName(name),
  maxLength: 12,
});

/** One line for each record, in an order that does not depend on the file. */
function listed(
  records: Iterable<{ owner: DomainName; type: number; ttl: number; rdata: Uint8Array }>,
): string[] {
  return Array.from(
    records,
    ({ owner, type, ttl, rdata }) =>
      `${showName(owner)} ${type} ${ttl} ${Buffer.from(rdata).toString('hex')}`,
  ).sort();
}

describe('laws of zone files', function () {
  this.timeout(TIME_LIMIT + 20_000);

  it('the scanner lets nothing escape but reports errors with a place inside the file', () => {
    const check = (file: string, included: string) => {
      const { errors, warnings, records } = scanZone(file, { files: { f: included }, slice: 3 });
      const sources = new Map([
        ['zone', file],
        ['f', included],
      ]);
      for (const finding of [...errors, ...warnings]) {
        const lines = (sources.get(finding.path) ?? '').split('\n');
        expect(finding.line).to.be.within(1, lines.length);
        expect(finding.column).to.be.within(1, (lines[finding.line - 1] ?? '').length + 1);
      }
      for (const error of errors) expect(error).to.be.instanceOf(ZoneFileError).and.instanceOf(WaypostError);
      for (const { owner } of records) expect(owner.every((octet) => LOWER[octet] === octet)).to.equal(true);
    };
    fc.assert(fc.property(files, files, check), forTheTime);
  });

  it('slices do not change what is read', () => {
    const check = (file: string, slice: number) => {
      const [whole, sliced] = [scanZone(file), scanZone(file, { slice })];
      expect(sliced.lines).to.deep.equal(whole.lines);
      expect(sliced.errors.map(String)).to.deep.equal(whole.errors.map(String));
    };
    fc.assert(fc.property(files, fc.integer({ min: 1, max: 5 }), check), {
      ...forTheTime,
      interruptAfterTimeLimit: TIME_LIMIT / 3,
    });
  });

  it('what the writer shows scans back to the same zone', () => {
    const check = (zone: readonly ShownOwner[]) => {
      const text = [...showZone(apex, zone)].join('');
      const { records, errors } = scanZone(text);
      expect(errors.map(String)).to.deep.equal([]);
      const written = zone.flatMap(({ name, rrsets: sets }) =>
        sets.flatMap(({ type, ttl, rdatas: all }) => all.map((rdata) => ({ owner: name, type, ttl, rdata }))),
      );
      expect(listed(records)).to.deep.equal(listed(written));
    };
    fc.assert(fc.property(zones, check), forTheTime);
  });
});
