import { expect } from 'chai';
import fc from 'fast-check';
import { MalformedMessageError, PresentationError } from '../../src/wire/errors.ts';
import {
  compareNames,
  equalNames,
  foldName,
  isSubdomain,
  labelCount,
  parentName,
  parseName,
  ROOT,
  scanName,
  showName,
  showRelativeName,
} from '../../src/wire/name.ts';
import { WireReader } from '../../src/wire/reader.ts';
import { hexOf } from '../support/rdata.ts';
import { octets, wireName } from '../support/rdata-arbitraries.ts';

const RUNS = { numRuns: 2000 };
const anyName = () => wireName().map((name) => parseName(new WireReader(name)));

describe('laws: names', () => {
  it('scan∘show and parse are identities', () => {
    fc.assert(
      fc.property(anyName(), (name) => {
        expect(hexOf(scanName(showName(name), undefined))).to.equal(hexOf(name));
        expect(hexOf(parseName(new WireReader(name)))).to.equal(hexOf(name));
      }),
      RUNS,
    );
  });

  it('a name shown relative to an origin and read back is the same name', () => {
    fc.assert(
      fc.property(anyName(), fc.nat(4), (name, up) => {
        let origin = name;
        for (let i = 0; i < up; i++) origin = parentName(origin) ?? origin;
        expect(isSubdomain(name, origin)).to.equal(true);
        expect(hexOf(scanName(showRelativeName(name, origin), origin))).to.equal(hexOf(name));
      }),
      RUNS,
    );
  });

  it('octets at random are a name of at most 255 octets or a MalformedMessageError', () => {
    const small = fc.array(fc.oneof(fc.nat(5), fc.constantFrom(0xc0, 0xc1), fc.nat(255)), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.oneof(
          small.map((all) => Uint8Array.from(all)),
          octets(0, 600),
        ),
        fc.nat(600),
        (all, at) => {
          const reader = new WireReader(all, Math.min(at, all.length));
          try {
            const name = parseName(reader);
            expect(name.length).to.be.at.most(255);
            expect(reader.offset).to.be.at.most(all.length);
            expect(hexOf(parseName(new WireReader(name)))).to.equal(hexOf(name));
            expect(hexOf(scanName(showName(name), undefined))).to.equal(hexOf(name));
          } catch (error) {
            expect(error).to.be.instanceOf(MalformedMessageError);
          }
        },
      ),
      RUNS,
    );
  });

  it('text at random is a name or a PresentationError', () => {
    const part = fc.oneof(
      fc.constantFrom('.', '\\', '\\.', '\\097', '\\256', '@', 'a'.repeat(62)),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), anyName(), (parts, origin) => {
        try {
          const name = scanName(parts.join(''), origin);
          expect(hexOf(parseName(new WireReader(name)))).to.equal(hexOf(name));
        } catch (error) {
          expect(error).to.be.instanceOf(PresentationError);
        }
      }),
      RUNS,
    );
  });

  it('canonical order is an order, blind to case, with parents before children', () => {
    fc.assert(
      fc.property(anyName(), anyName(), anyName(), (a, b, c) => {
        expect(Math.sign(compareNames(a, b))).to.equal(0 - Math.sign(compareNames(b, a)));
        expect(compareNames(a, b) === 0).to.equal(equalNames(a, b));
        expect(compareNames(a, foldName(a))).to.equal(0);
        const [x, y, z] = [a, b, c].sort(compareNames);
        if (x && y && z) expect(compareNames(x, z)).to.be.at.most(0);
        const parent = parentName(a);
        if (parent !== undefined) expect(compareNames(parent, a)).to.be.below(0);
      }),
      RUNS,
    );
  });

  it('parents lose one label, down to the root, of which all are subdomains', () => {
    fc.assert(
      fc.property(anyName(), (name) => {
        const parent = parentName(name);
        if (parent === undefined) expect(hexOf(name)).to.equal(hexOf(ROOT));
        else expect(labelCount(parent)).to.equal(labelCount(name) - 1);
        expect(isSubdomain(name, ROOT)).to.equal(true);
      }),
      RUNS,
    );
  });
});
