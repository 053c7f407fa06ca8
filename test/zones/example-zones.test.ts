import { expect } from 'chai';
import { scanType } from '../../src/rdata/table.ts';
import { checkSteering } from '../../src/steer/check.ts';
import { lintSteering } from '../../src/steer/lint.ts';
import { showName } from '../../src/wire/name.ts';
import { checkZone } from '../../src/zone/check.ts';
import { checkTtls } from '../../src/zone/check-ttl.ts';
import { readZoneFile } from '../support/memory-zone.ts';
import { NOW_SECONDS } from '../support/updating.ts';

describe('example zones', () => {
  for (const file of ['zones/highperfweb.test.zone', 'zones/example.test.zone']) {
    it(`pass the check without a warning: ${file}`, () => {
      const zone = readZoneFile(file);
      const found = [
        ...checkZone(zone),
        ...checkTtls(zone.records),
        ...checkSteering(zone.owners()),
        ...lintSteering(zone, zone.owners(), {
          nowSeconds: NOW_SECONDS,
          geo: () => undefined,
          liveSecondaries: [],
        }),
      ];
      expect(found.map(({ rule, owner }) => `${rule} ${showName(owner)}`)).to.deep.equal([]);
    });
  }

  it('show every type that is known by its name, and one that is not', () => {
    const types = new Set(readZoneFile('zones/example.test.zone').records.map(({ type }) => type));
    const missing = TYPES.split(' ').filter((mnemonic) => !types.has(scanType(mnemonic) ?? 0));
    expect(missing).to.deep.equal([]);
  });
});

const TYPES =
  'A AAAA NS CNAME DNAME SOA PTR MX TXT SPF SRV CAA NAPTR HINFO LOC RP AFSDB SSHFP TLSA SMIMEA OPENPGPKEY URI SVCB ' +
  'HTTPS DS CDS DNSKEY CDNSKEY RRSIG NSEC NSEC3 NSEC3PARAM ZONEMD CERT TYPE65280';
