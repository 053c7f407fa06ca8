import { expect } from 'chai';
import fc from 'fast-check';
import { biasedMetres, distanceMetres, unitVector } from '../../src/geo/distance.ts';

const km = (a: readonly [number, number], b: readonly [number, number]) =>
  distanceMetres(unitVector(...a), unitVector(...b)) / 1000;

const BEIJING = [39.9, 116.4] as const;
const XIAN = [34.26, 108.95] as const;
const LONDON = [51.5, -0.12] as const;
const SYDNEY = [-33.87, 151.21] as const;

/** Haversine, as the books have it. */
function haversine([lat1, lon1]: readonly [number, number], [lat2, lon2]: readonly [number, number]): number {
  const radians = Math.PI / 180;
  const a =
    Math.sin(((lat2 - lat1) * radians) / 2) ** 2 +
    Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin(((lon2 - lon1) * radians) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(a)));
}

describe('distance', () => {
  it('between cities is as the atlas says, to 0.6 %', () => {
    expect(km(BEIJING, XIAN)).to.be.closeTo(911, 6);
    expect(km(LONDON, SYDNEY)).to.be.closeTo(16_990, 100);
  });

  it('is right across the date line, over the pole, to the antipode and to itself', () => {
    expect(km([0, 179.5], [0, -179.5])).to.be.closeTo(111.195, 0.001);
    expect(km([89, 0], [89, 180])).to.be.closeTo(222.39, 0.001);
    expect(km([10, 20], [-10, -160])).to.be.closeTo(20_015.114, 0.001);
    expect(km([10, 20], [-10.001, -160])).to.be.closeTo(20_015.114 - 0.111, 0.001);
    expect(km(BEIJING, BEIJING)).to.equal(0);
    // 60° north: a degree of longitude is half as long.
    expect(km([60, 10], [60, 11])).to.be.closeTo(55.597, 0.01);
  });

  it('law: symmetric, whole metres, and as haversine says, to the metre', () => {
    const place = fc.tuple(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
    );
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [one, other] = [unitVector(...a), unitVector(...b)];
        const metres = distanceMetres(one, other);
        expect(metres).to.equal(distanceMetres(other, one));
        expect(Number.isInteger(metres)).to.equal(true);
        // Haversine itself is not to be trusted near the antipode.
        if (metres < 19_000_000) expect(metres).to.be.closeTo(haversine(a, b), 1);
      }),
      { numRuns: 5000 },
    );
  });

  it('bias: positive d×(1−b/100), negative d÷(1+b/100), whole metres', () => {
    expect(biasedMetres(1_000_000, 0)).to.equal(1_000_000);
    expect(biasedMetres(1_000_000, 99)).to.equal(10_000);
    expect(biasedMetres(1_000_000, 25)).to.equal(750_000);
    expect(biasedMetres(1_000_000, -50)).to.equal(2_000_000);
    expect(biasedMetres(1_000_000, -99)).to.equal(100_000_000);
    expect(biasedMetres(3, 33)).to.equal(2);
  });
});
