import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SITES, type Site, STEERED_NAME, siteByCountry } from '../steer-sites.ts';
import { isInstalled, versionOf } from '../workshop.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';
import { waypost } from './waypost.ts';

/** A server that answers {@link STEERED_NAME} by the client's place, and how. */
export interface SteeredKind extends ServerKind {
  /** For the table. */
  readonly how: string;
  /** It knows countries, and no distances. */
  readonly isByCountry: boolean;
}

const TTL = 300;
const LABEL = STEERED_NAME.slice(0, -ORIGIN.length - 1);
const ADDRESSES = SITES.map(({ address }) => address);

/** gdnsd's plugin geoip in its "city auto mode": the map is merged at load into networks with equal lists of sites. */
export function steeredGdnsd(city: string): SteeredKind {
  return {
    name: 'gdnsd',
    how: 'geoip, auto_dc_coords',
    isByCountry: false,
    ignoresZone: false,
    available: () => (isInstalled('gdnsd') ? { version: versionOf(['gdnsd']) } : { reason: 'not installed' }),
    start: async ({ directory, port, zoneFile, launch }) => {
      mkdirSync(join(directory, 'zones'), { recursive: true });
      writeFileSync(
        join(directory, 'zones', ORIGIN),
        `${readFileSync(zoneFile, 'utf8')}${LABEL} ${TTL} DYNA geoip!cdn\n`,
      );
      writeFileSync(
        join(directory, 'config'),
        `options => {
  listen => [ 127.0.0.1:${port} ]
  udp_threads => 1
  tcp_threads => 1
  run_dir => ${directory}/run
  state_dir => ${directory}/state
}
service_types => { }
plugins => { geoip => {
  maps => { sites => {
    geoip2_db => ${city}
    datacenters => [ ${SITES.map(({ name }) => name).join(', ')} ]
    auto_dc_coords => {
${SITES.map((site) => `      ${site.name} => [ ${site.latitude}, ${site.longitude} ]\n`).join('')}    }
  } }
  resources => { cdn => {
    map => sites
    service_types => up
    dcmap => {
${SITES.map((site) => `      ${site.name} => ${site.address}\n`).join('')}    }
  } }
} }
`,
      );
      return launch(['gdnsd', '-c', directory, 'start']);
    },
  };
}

/** Knot's mod-geoip looks countries up; it has no distances, so every country is given its nearest site. */
export function steeredKnotd(city: string): SteeredKind {
  return {
    name: 'knotd',
    how: 'mod-geoip, by country',
    isByCountry: true,
    ignoresZone: false,
    available: () => {
      if (!isInstalled('knotd')) return { reason: 'not installed' };
      const module = libraries('knot/modules-3.2', 'knot/modules-3.3').some((directory) =>
        existsSync(join(directory, 'geoip.so')),
      );
      return module
        ? { version: versionOf(['knotd', '-V']) }
        : { reason: "its mod-geoip is not installed (Debian: 'knot-module-geoip')" };
    },
    start: async ({ directory, port, zoneFile, launch }) => {
      mkdirSync(join(directory, 'db'), { recursive: true });
      const zone = join(directory, `${ORIGIN}.zone`);
      writeFileSync(zone, `${readFileSync(zoneFile, 'utf8')}${LABEL} ${TTL} IN A ${ADDRESSES[0]}\n`);
      const places = [...siteByCountry()].map(
        ([country, { address }]) => `  - geo: "${country}"\n    A: ${address}\n`,
      );
      writeFileSync(join(directory, 'places.conf'), `${STEERED_NAME}:\n${places.join('')}`);
      const configuration = join(directory, 'knot.conf');
      writeFileSync(
        configuration,
        `server:
    rundir: ${directory}
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    edns-client-subnet: on
log:
  - target: stderr
    any: warning
database:
    storage: ${directory}/db
mod-geoip:
  - id: places
    config-file: ${directory}/places.conf
    ttl: ${TTL}
    mode: geodb
    geodb-file: ${city}
    geodb-key: [ country/iso_code ]
zone:
  - domain: ${ORIGIN}
    file: ${zone}
    zonefile-sync: -1
    module: mod-geoip/places
`,
      );
      return launch(['knotd', '-c', configuration]);
    },
  };
}

/** PowerDNS's LUA record with `pickclosest`, which looks the client and all addresses up for every answer. */
export function steeredPdns(city: string): SteeredKind {
  return {
    name: 'pdns_server',
    how: 'LUA, pickclosest',
    isByCountry: false,
    ignoresZone: false,
    available: () => {
      if (!isInstalled('pdns_server')) return { reason: 'not installed' };
      if (pdnsModules() === undefined) {
        return {
          reason:
            "its backends are not installed (Debian: 'pdns-backend-bind' and 'pdns-backend-geoip'; PDNS_MODULES names another directory)",
        };
      }
      return { version: versionOf(['pdns_server', '--version']) };
    },
    start: async ({ directory, port, zoneFile, launch }) => {
      const zone = join(directory, `${ORIGIN}.zone`);
      const list = ADDRESSES.map((address) => `'${address}'`).join(',');
      writeFileSync(
        zone,
        `${readFileSync(zoneFile, 'utf8')}${LABEL} ${TTL} IN LUA A "pickclosest({${list}})"\n`,
      );
      writeFileSync(join(directory, 'geo.yaml'), 'domains: []\n');
      writeFileSync(join(directory, 'named.conf'), `zone "${ORIGIN}" { type native; file "${zone}"; };\n`);
      writeFileSync(
        join(directory, 'pdns.conf'),
        `module-dir=${pdnsModules() ?? ''}
launch=bind,geoip
bind-config=${directory}/named.conf
geoip-zones-file=${directory}/geo.yaml
geoip-database-files=mmdb:${city}
enable-lua-records=yes
edns-subnet-processing=yes
local-address=127.0.0.1
local-port=${port}
receiver-threads=1
distributor-threads=1
socket-dir=${directory}
daemon=no
guardian=no
write-pid=no
disable-syslog=yes
loglevel=3
security-poll-suffix=
`,
      );
      return launch(['pdns_server', `--config-dir=${directory}`]);
    },
  };
}

/** Waypost with `rank=distance`. */
export function steeredWaypost(city: string, threads = 1, name = 'waypost'): SteeredKind {
  return {
    ...waypost(threads, name, [], { lines: () => steeredLines(), settings: geoSettings(city) }),
    how: 'rank=distance',
    isByCountry: false,
  };
}

/** The section of waypost.toml that names the database. */
export function geoSettings(city: string): string {
  return `[geo]\ndatabases = ["${city}"]\n`;
}

/** The lines of a zone that make Waypost steer a name to {@link SITES}, the nearest first. */
export function steeredLines(
  label = LABEL,
  sites: readonly Site[] = SITES,
  policy = 'rank=distance',
): string {
  const members = sites.map(
    ({ address, latitude, longitude }) =>
      `${label} ${TTL} IN A ${address}\n_steer.${label} ${TTL} IN TXT "${address} at=${latitude},${longitude}"\n`,
  );
  return `_steer.${label} ${TTL} IN TXT "${policy}"\n${members.join('')}`;
}

/** The directory that holds both of PowerDNS's backends that this wants; `undefined` when none does. */
function pdnsModules(): string | undefined {
  const candidates = [
    process.env['PDNS_MODULES'] ?? '/usr/lib/pdns',
    '/usr/lib64/pdns',
    ...libraries('pdns'),
  ];
  return candidates.find((directory) =>
    ['libbindbackend.so', 'libgeoipbackend.so'].every((file) => existsSync(join(directory, file))),
  );
}

function libraries(...folders: readonly string[]): readonly string[] {
  return readdirSync('/usr/lib').flatMap((architecture) =>
    folders.map((folder) => `/usr/lib/${architecture}/${folder}`),
  );
}
