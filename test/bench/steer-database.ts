// `node steer-database.js OUTPUT [FILE…]`: the city database of the part "steer", in MaxMind's schema and with the sites' own addresses
// in it. Without files: a made-up one of the size of GeoLite2 City. A process of its own, since it needs a gigabyte for a while.
import { readFileSync, writeFileSync } from 'node:fs';
import { makeCityDatabase } from '../support/city-database.ts';
import { addNetworks, toCitySchema } from './city-schema.ts';
import { SITES } from './steer-sites.ts';

const [output = '', ...files] = process.argv.slice(2);
const added = SITES.map((site) => ({ ...site, network: `${site.address}/32` }));
const made =
  files.length > 0
    ? toCitySchema(
        files.map((name) => ({ name, octets: readFileSync(name) })),
        added,
      )
    : makeCityDatabase({ records: 286_000, ipv4Networks: 3_400_000, ipv6Networks: 700_000 }, (writer) =>
        addNetworks(writer, added),
      );
writeFileSync(output, made);
