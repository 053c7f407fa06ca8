import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { Chooser } from '../../src/steer/chooser.ts';
import { parseChoosing } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { planOwner } from '../../src/steer/plan.ts';
import { RRType } from '../../src/wire/iana.ts';
import { memoryZone } from './memory-zone.ts';
import type { Tiers } from './plain-steering.ts';
import { name } from './rr.ts';

/** The parts that serve, joined for one RRset: lines, plan, choosing and chooser. */
export class CompiledSteering {
  readonly chooser: Chooser;
  readonly #tables: GeoTables;
  readonly #place = new ClientPlace();

  /** `records`: the data of an RRset of A, AAAA or CNAME; `lines`: all that is at `_steer`; `now`: seconds since 1970. */
  constructor(
    records: readonly string[],
    lines: readonly string[],
    tables: GeoTables,
    { now = 0, room = SHARED_ROOM }: { readonly now?: number; readonly room?: NumberRoom } = {},
  ) {
    const type = memberType(records[0] ?? '');
    const zone = memoryZone('example.test', records.map((data) => `www ${type} ${data}`).join('\n'));
    const owner = zone.get(name('www.example.test'));
    const scanned = scanSteeringLines(lines);
    if (owner === undefined || scanned.faults.length > 0) {
      throw new Error(`not steered: ${JSON.stringify(scanned.faults)}`);
    }
    const served = planOwner(owner, scanned, { now, changedAt: Number.NEGATIVE_INFINITY });
    const plan = served.rrsets.find((rrset) => rrset.type === RRType[type])?.plan;
    if (plan === undefined) throw new Error('there is no plan');
    this.#tables = tables;
    this.chooser = new Chooser(parseChoosing(plan.choosing), tables, room, room, 1);
  }

  /** The tiers that a client gets. */
  takenOf(address: Uint8Array): Tiers {
    this.#place.read(address, 0, address.length);
    return this.chooser.tiersAt(this.chooser.choiceAt(this.#place)).map((tier) => this.#names(tier));
  }

  /** All members in tiers, whatever their health. */
  tiersOf(address: Uint8Array): Tiers {
    this.#place.set(this.#tables, address, 0, address.length);
    const { ranking } = this.chooser;
    const { segments } = ranking;
    ranking.rank(segments.kindOf(this.#place, segments.segmentOf(this.#place)), this.#place.location);
    const tiers: string[][] = [];
    for (let tier = 0, from = 0; tier < ranking.tierCount; tier++) {
      const end = ranking.ends[tier] ?? 0;
      tiers.push(this.#names(ranking.order.subarray(from, end)));
      from = end;
    }
    return tiers;
  }

  /** The scope that a client is told, by what has been looked through so far. */
  scopeOf(address: Uint8Array): number {
    this.#place.read(address, 0, address.length);
    return this.chooser.scopeAt(this.#place);
  }

  #names(numbers: Iterable<number>): string[] {
    const { members } = this.chooser.choosing;
    const names = Array.from(numbers, (number) => members[number]?.member ?? '');
    return names.length > 1 ? names.sort() : names;
  }
}

const SHARED_ROOM = new NumberRoom(128 * 2 ** 20);

/** The type of a record by its data. */
export function memberType(data: string): 'A' | 'AAAA' | 'CNAME' {
  if (data.includes(':')) return 'AAAA';
  return /^[\d.]+$/.test(data) ? 'A' : 'CNAME';
}
