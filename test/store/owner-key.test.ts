import { expect } from 'chai';
import fc from 'fast-check';
import { composeOwnerKey, keyAfter, keyBelow, parseOwnerKey } from '../../src/store/owner-key.ts';
import { childName, compareNames, type DomainName, equalNames, isSubdomain } from '../../src/wire/name.ts';
import { holds } from '../support/fuzz.ts';
import { name } from '../support/rr.ts';

const APEX = name('example.test');

/** Labels of few different octets, so that they share beginnings and meet the escapes. */
const label = fc
  .uint8Array({ minLength: 1, maxLength: 4 })
  .map((octets) => octets.map((c) => ODD[c % ODD.length] ?? 0));
const ODD = [0, 1, 2, 45, 46, 97, 98, 255];
const owner = fc
  .array(label, { maxLength: 4 })
  .map((labels) => labels.reduce<DomainName>((parent, next) => childName(next, parent), APEX));

describe('store/owner-key', () => {
  it('RFC 4034 §6.1: keys compare as names do in canonical order', () => {
    holds(
      fc.property(owner, owner, (a, b) => {
        const order = Buffer.compare(composeOwnerKey(a, APEX), composeOwnerKey(b, APEX));
        expect(Math.sign(order)).to.equal(Math.sign(compareNames(a, b)));
      }),
    );
  });

  it('a key leads back to its owner', () => {
    holds(
      fc.property(owner, (a) => {
        const key = composeOwnerKey(a, APEX);
        expect(parseOwnerKey(key, 0, key.length, APEX)).to.deep.equal(a);
      }),
    );
  });

  it('what is below a name has the keys from keyBelow up to keyAfter', () => {
    holds(
      fc.property(owner, owner, (a, b) => {
        if (equalNames(a, APEX)) return;
        const key = composeOwnerKey(b, APEX);
        const above = composeOwnerKey(a, APEX);
        const isBetween =
          Buffer.compare(key, keyBelow(above)) > 0 && Buffer.compare(key, keyAfter(above)) < 0;
        expect(isBetween).to.equal(isSubdomain(b, a) && !equalNames(a, b));
      }),
    );
  });

  it('reads like a path', () => {
    expect(Buffer.from(composeOwnerKey(name('a.ent.example.test'), APEX)).toString()).to.equal('ent\0a');
    expect(composeOwnerKey(APEX, APEX)).to.have.length(0);
  });
});
