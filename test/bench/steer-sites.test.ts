import { expect } from 'chai';
import { CHECKED_SITES, nearestSite, SITES, siteByCountry } from './steer-sites.ts';

describe('sites of the part steer', () => {
  it('are nearest to themselves', () => {
    expect(SITES).to.have.length(12);
    for (const site of SITES) expect(nearestSite(site.latitude, site.longitude)).to.equal(site);
    expect(CHECKED_SITES).to.have.length(6);
  });

  it('are given to countries by where the people are', () => {
    const byCountry = siteByCountry();
    expect(byCountry.get('FR')?.name).to.equal('london');
    expect(byCountry.get('KE')?.name).to.equal('johannesburg');
    expect(byCountry.get('AR')?.name).to.equal('saopaulo');
  });
});
