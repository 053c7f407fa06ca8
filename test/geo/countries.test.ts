import { expect } from 'chai';
import { CONTINENT_CODES, COUNTRIES, continentOf } from '../../src/geo/countries.ts';
import { distanceMetres, unitVector } from '../../src/geo/distance.ts';
import { SHOWN_CONTINENTS } from '../support/continents.ts';
import { embeddedGeo } from '../support/geo.ts';

describe('the centres of countries', () => {
  it('are there for every country of ISO 3166-1, and XK, with their continents', () => {
    expect(COUNTRIES.size).to.equal(250);
    for (const [continent, codes] of Object.entries(SHOWN_CONTINENTS)) {
      for (const code of codes.split(' ')) expect(continentOf(code), code).to.equal(continent);
    }
    for (const { code, continent, latitude, longitude } of COUNTRIES.values()) {
      expect(CONTINENT_CODES, code).to.include(continent);
      expect(Math.abs(latitude), code).to.be.at.most(90);
      expect(Math.abs(longitude), code).to.be.at.most(180);
    }
    expect(continentOf('ZZ')).to.equal(undefined);
  });

  it('are where the people live, not in the middle of the land', () => {
    const km = (code: string, latitude: number, longitude: number) => {
      const centre = COUNTRIES.get(code);
      return (
        distanceMetres(
          unitVector(centre?.latitude ?? 0, centre?.longitude ?? 0),
          unitVector(latitude, longitude),
        ) / 1000
      );
    };
    // The geometric middles: Evenkia, Nunavut, the red centre.
    expect(km('RU', 61.5, 96)).to.be.greaterThan(1000);
    expect(km('CA', 60, -96)).to.be.greaterThan(1000);
    expect(km('AU', -25.6, 134.4)).to.be.greaterThan(1000);
    // Small ones are where they are.
    expect(km('SG', 1.35, 103.82)).to.be.lessThan(20);
    expect(km('NL', 52.1, 4.9)).to.be.lessThan(60);
    expect(km('JP', 35.7, 138.7)).to.be.lessThan(150);
    expect(km('FJ', -18, 178)).to.be.lessThan(150);
  });

  it('cover the countries that the embedded database knows', () => {
    const { tables } = embeddedGeo();
    for (let location = 2; location < tables.locationCount; location++) {
      const { country = '' } = tables.describe(location);
      expect(COUNTRIES.has(country), `'${country}'`).to.equal(true);
    }
  });
});
