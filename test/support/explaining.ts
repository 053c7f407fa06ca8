import { Explainer, type ExplainerOptions } from '../../src/answer/explain/explainer.ts';
import type { ExplainedSteering, Explanation } from '../../src/answer/explain/explanation.ts';
import { scanQuestion } from '../../src/answer/explain/question.ts';
import type { ZoneImageWriter } from '../../src/image/writer.ts';
import { SteeredOwners } from '../../src/store/steered-owners.ts';
import { equalNames } from '../../src/wire/name.ts';
import { imageOf, NOW_MS, OPTIONS } from './answering.ts';
import { tablesOf } from './geo.ts';
import { keyOf, type MemoryZone, memoryZone } from './memory-zone.ts';

/** Four cities, a place without one, and a country. */
export const NETWORKS = `prefix,latitude,longitude,country,continent,asn,isp
198.51.100.0/25,39.90,116.40,CN,AS,64500,unicom
198.51.100.128/25,31.23,121.47,CN,AS,64501,telecom
203.0.113.0/24,51.51,-0.13,GB,EU,64502,britnet
192.0.2.0/24,,,CN,,,
2001:db8:1::/48,48.86,2.35,FR,EU,64503,gaulnet`;

const TABLES = tablesOf({ 'networks.csv': NETWORKS });

/** A zone example.test, and who explains its answers. */
export class ExplainedZone {
  readonly image: ZoneImageWriter;
  #zone: MemoryZone;
  readonly #geo: SharedArrayBuffer | undefined;
  readonly #steered = new SteeredOwners(() => this.nowMs);
  /** What the clock says; milliseconds since 1970. */
  nowMs = NOW_MS;

  /** With the networks above; `{}`: without location data. */
  constructor(text: string, { geo }: { readonly geo?: SharedArrayBuffer } = { geo: TABLES.memory }) {
    const zone = zoneOf(text);
    this.#zone = zone;
    this.image = imageOf([zone], new Map([[keyOf(zone.apex), zone]]), this.#steered);
    this.#geo = geo;
  }

  /** What is answered from now. */
  get options(): ExplainerOptions {
    return {
      from: { kind: 'server', path: 'data' },
      memory: this.image.memory,
      geo: this.#geo,
      options: OPTIONS,
      nowMs: () => this.nowMs,
      view: (apex) => (equalNames(apex, this.#zone.apex) ? this.#zone : undefined),
      changedAt: (apex, owner) => this.#steered.changedAt(apex, owner),
    };
  }

  /** Makes the zone another one, now; owners that are gone stay in the image. */
  change(text: string): void {
    const zone = zoneOf(text);
    this.#zone = zone;
    this.image.apply(zone.apex, this.#steered.served(zone, zone.owners(), 'change'));
  }

  explain(
    name: string,
    client: string,
    { ecs, type = 'A' }: { ecs?: string; type?: string } = {},
  ): Explanation {
    return new Explainer(this.options).explain(scanQuestion({ name, type, client, ecs }));
  }

  /** What is said of the steered RRset at a look-up; that of the only one by default. */
  steering(explanation: Explanation, lookup = 0): ExplainedSteering {
    const rrset = explanation.lookups[lookup]?.rrset;
    if (rrset?.kind !== 'steered') throw new Error('no steered RRset there');
    return rrset;
  }
}

function zoneOf(text: string): MemoryZone {
  return memoryZone('example.test', `@ 300 SOA ns hostmaster 7 7200 900 1209600 300\n@ 300 NS ns\n${text}`);
}
