import { expect } from 'chai';
import fc from 'fast-check';
import { WaypostError } from '../../src/base/errors.ts';
import { RDATA_ROWS } from '../../src/rdata/rows.ts';
import { canonicalRdata, namesInRdata, parseRdata, scanRdata, showRdata } from '../../src/rdata/table.ts';
import { Words } from '../../src/rdata/words.ts';
import { foldName, parseName, ROOT } from '../../src/wire/name.ts';
import { WireReader } from '../../src/wire/reader.ts';
import { hexOf, wordsOf } from '../support/rdata.ts';
import { joined, octets, validRdata } from '../support/rdata-arbitraries.ts';

const RUNS = { numRuns: 200 };
/** Every row, and one type without a row. */
const TYPES = [...RDATA_ROWS, { type: 65280, mnemonic: 'TYPE65280' }];

const parse = (type: number, rdata: Uint8Array) => parseRdata(type, new WireReader(rdata), rdata.length);
const rescan = (type: number, rdata: Uint8Array) => scanRdata(type, wordsOf(showRdata(type, rdata)), ROOT);

/** What `make` returns; `undefined` when it throws one of our errors. Any other error escapes. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof WaypostError) return undefined;
    throw error;
  }
}

/** What holds of all RDATA that is right. */
function expectSound(type: number, rdata: Uint8Array): void {
  expect(hexOf(parse(type, rdata))).to.equal(hexOf(rdata));
  expect(hexOf(rescan(type, rdata))).to.equal(hexOf(rdata));
  const canonical = canonicalRdata(type, rdata);
  expect(canonicalRdata(type, canonical)).to.equal(canonical);
  expect(canonical.length).to.equal(rdata.length);
  for (const at of namesInRdata(type, rdata)) {
    const [name, lower] = [rdata, canonical].map((whole) => parseName(new WireReader(whole, at)));
    expect(name && hexOf(foldName(name))).to.equal(lower && hexOf(foldName(lower)));
  }
}

describe('laws: rdata', () => {
  for (const { type, mnemonic } of TYPES) {
    it(`${mnemonic}: parse and scan∘show are identities`, () => {
      fc.assert(
        fc.property(validRdata(mnemonic), (rdata) => expectSound(type, rdata)),
        RUNS,
      );
    });

    it(`${mnemonic}: octets at random are refused by our own errors or sound`, () => {
      const damaged = fc
        .tuple(validRdata(mnemonic), fc.nat(), fc.nat(255), fc.boolean())
        .map(([rdata, at, octet, cut]) => {
          const place = rdata.length === 0 ? 0 : at % rdata.length;
          return cut || rdata.length === 0 ? rdata.slice(0, place) : rdata.with(place, octet);
        });
      fc.assert(
        fc.property(fc.oneof(octets(0, 40), damaged), (rdata) => {
          const parsed = attempt(() => parse(type, rdata));
          if (parsed !== undefined) expectSound(type, parsed);
        }),
        RUNS,
      );
    });

    it(`${mnemonic}: words at random are refused by our own errors or sound`, () => {
      const word = fc.oneof(
        fc.constantFrom(
          '0',
          '1',
          '8',
          '255',
          'A',
          'a.b.',
          '@',
          '-',
          'N',
          'E',
          '\\#',
          'alpn=h2',
          'AAAA',
          '00',
          '1h',
        ),
        fc.string({ maxLength: 12 }),
        fc.string({ unit: 'binary', maxLength: 4 }),
      );
      const near = validRdata(mnemonic).chain((rdata) => {
        const { texts } = wordsOf(showRdata(type, rdata));
        return fc.tuple(word, fc.nat(texts.length)).map(([text, at]) => texts.toSpliced(at, 1, text));
      });
      fc.assert(
        fc.property(fc.oneof(fc.array(word, { maxLength: 8 }), near), (texts) => {
          const scanned = attempt(() => scanRdata(type, new Words(texts), ROOT));
          if (scanned !== undefined) expectSound(type, scanned);
        }),
        RUNS,
      );
    });
  }

  it('names compressed by pointers back into the message come out whole', () => {
    fc.assert(
      fc.property(validRdata('NS'), octets(0, 20), (name, before) => {
        const message = joined([before, name, Uint8Array.of(0, 10, 0xc0, before.length)]);
        const reader = new WireReader(message, before.length + name.length);
        expect(hexOf(parseRdata(15, reader, 4))).to.equal(`000A${hexOf(name)}`);
      }),
      RUNS,
    );
  });
});
