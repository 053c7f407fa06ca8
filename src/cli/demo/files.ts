// What `waypost demo` writes for the server and the monitor that it starts: one directory, private, gone at the end.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';

/** The name that is answered with the addresses of the web servers. */
export const DEMO_NAME = 'www.demo.test.';

/** A web server as the monitor sees it. */
export interface DemoMember {
  /** The address in the zone. */
  readonly address: string;
  /** Where it listens. */
  readonly at: Endpoint;
}

/** Writes what the server needs: its configuration, the zone, and the key with which the monitor may judge. */
export function writeServerFiles(directory: string, addresses: readonly string[]): void {
  mkdirSync(join(directory, 'zones'));
  writePrivate(directory, 'monitor.secret', `${randomBytes(32).toString('base64')}\n`);
  writePrivate(directory, 'zones/demo.test.zone', zoneText(addresses));
  writePrivate(directory, 'waypost.toml', SERVER_SETTINGS);
}

/** Writes what the monitor needs. `report`: where it is to tell how it is. */
export function writeMonitorFile(
  directory: string,
  members: readonly DemoMember[],
  server: Endpoint,
  report: Endpoint,
): void {
  writePrivate(directory, 'monitor.toml', monitorText(members, server, report));
}

// --- helpers ---

function writePrivate(directory: string, name: string, text: string): void {
  writeFileSync(join(directory, name), text, { mode: 0o600 });
}

function zoneText(addresses: readonly string[]): string {
  const records = addresses.map((address) => `www         2    A    ${address}\n`).join('');
  return `; made by waypost demo
$TTL 300
@                SOA  ns1 hostmaster 1 7200 900 1209600 2
@                NS   ns1
ns1              A    127.0.0.1

; Three web servers, in turn. The policy line makes the name a steered one: a monitor that judges marks a member as
; down beside its record, which stays.
${records}_steer.www  2    TXT  "order=rotate ttl=2"
`;
}

const SERVER_SETTINGS = `# made by waypost demo
listen  = ["127.0.0.1:0"]        # a port that is free
zones   = "zones"
data    = "data"
threads = 1
geo.databases = []               # nothing here depends on where a client is

[keys."monitor."]
secret-file = "monitor.secret"

[zone."demo.test"]
update   = [ { key = "monitor.", names = ["www"], action = "judge" } ]
transfer = [ { key = "monitor.", view = "raw" } ]
`;

function monitorText(members: readonly DemoMember[], server: Endpoint, report: Endpoint): string {
  const listed = members.map(({ address }) => `"${address}"`).join(', ');
  const probed = members
    .map(({ address, at }) => `member."${address}" = { address = "${at.address}", port = ${at.port} }\n`)
    .join('');
  return `# made by waypost demo
report.listen = "${showEndpoint(report)}"

[keys."monitor."]
secret-file = "monitor.secret"

[zone."demo.test"]
servers = ["${showEndpoint(server)}"]
key     = "monitor."
action  = "judge"                # a failed host is marked as down; its record stays
lease   = "1min"                 # what this monitor says ends by itself when the monitor dies
probes  = ["web"]
keep    = 1                      # one is answered, whatever happens

[probe.web]
kind      = "http"
interval  = "1s"
timeout   = "500ms"
fast      = "200ms"              # after a first failure it looks again so soon
window    = 3                    # healthy when of the last 3 results
threshold = 2                    # at least 2 passed

[name."${DEMO_NAME.slice(0, -1)}"]
members = [${listed}]
${probed}
# When more than half begins to fail at once: is it them, or the monitor's own network?
[reference.nameserver]
address = "${server.address}"
port    = ${server.port}
probe   = "nameserver"

[probe.nameserver]
kind      = "dns"
name      = "demo.test"
type      = "SOA"
interval  = "1s"
timeout   = "500ms"
window    = 3
threshold = 2

# A web server that is stopped again and again is held down for a while; here not for long.
[damping]
half-life = "20s"
max-hold  = "15s"
`;
}
