// What the tests of transfers are written with.
import { canonicalRdata } from '../../src/rdata/table.ts';
import { type IxfrPlan, planIxfr, type TransferZone } from '../../src/transfer/ixfr.ts';
import type { TransferView } from '../../src/transfer/permission.ts';
import { RRType } from '../../src/wire/iana.ts';
import type { DomainName } from '../../src/wire/name.ts';
import type { ZoneStep } from '../../src/zone/history.ts';
import type { RR } from '../../src/zone/record.ts';
import { nextSerial, soaSerial, soaWithSerial } from '../../src/zone/serial.ts';
import { keyOf, MemoryZone } from './memory-zone.ts';
import { showRecord } from './rr.ts';
import { finish } from './stored-zone.ts';

/** A zone in plain objects that remembers how it came to be as it is. */
export class SteppedZone {
  readonly apex: DomainName;
  readonly steps: ZoneStep[] = [];
  #records: Map<string, RR>;

  constructor(apex: DomainName, records: readonly RR[]) {
    this.apex = apex;
    this.#records = new Map(records.map((rr) => [idOf(rr), rr]));
  }

  get records(): readonly RR[] {
    return [...this.#records.values()];
  }

  get serial(): number {
    return soaSerial(this.#soa.rdata);
  }

  /** Removes and adds as an update does: an added record's TTL becomes the RRset's. Always a step. */
  change(removed: readonly RR[], added: readonly RR[]): void {
    const before = this.#records;
    const after = new Map(before);
    for (const rr of removed) after.delete(idOf(rr));
    for (const rr of added) {
      for (const [id, other] of after) {
        const isBeside = other.type === rr.type && keyOf(other.owner) === keyOf(rr.owner);
        if (isBeside) after.set(id, { ...other, ttl: rr.ttl });
      }
      after.set(idOf(rr), rr);
    }
    const soa = this.#soa;
    const serialFrom = this.serial;
    const serialTo = nextSerial(serialFrom);
    after.delete(idOf(soa));
    const newer = { ...soa, rdata: soaWithSerial(soa.rdata, serialTo) };
    after.set(idOf(newer), newer);
    this.#records = after;
    const isIn = (records: ReadonlyMap<string, RR>) => (rr: RR) =>
      showExactly(records.get(idOf(rr))) === showExactly(rr);
    this.steps.push({
      serialFrom,
      serialTo,
      removed: [...before.values()].filter((rr) => !isIn(after)(rr)),
      added: [...after.values()].filter((rr) => !isIn(before)(rr)),
    });
  }

  /** The zone as it is now, with its history; `records` is what {@link TransferZone} has. */
  snapshot(records = this.#records.size): TransferZone {
    const steps = [...this.steps];
    const stepsFrom = (serialFrom: number) => {
      const first = steps.findIndex((step) => step.serialFrom === serialFrom);
      return first === -1 ? undefined : steps.slice(first);
    };
    return {
      view: new MemoryZone(this.apex, this.records),
      serial: this.serial,
      records,
      walkSteps: stepsFrom,
      stepsSize: (serialFrom) =>
        stepsFrom(serialFrom)?.reduce((sum, { removed, added }) => sum + removed.length + added.length, 0),
    };
  }

  get #soa(): RR {
    for (const rr of this.#records.values()) if (rr.type === RRType.SOA) return rr;
    throw new Error('the zone has no SOA');
  }
}

/** Decides at once. */
export function planned(zone: TransferZone, view: TransferView, serial: number): IxfrPlan {
  return finish(planIxfr(zone, view, serial));
}

/** Records as lines, in some order that is always the same. */
export function showSorted(records: Iterable<RR>): string[] {
  return [...records].map((rr) => showRecord(rr)).sort();
}

/**
 * What a strict client makes of the answer to IXFR (RFC 1995 §4), which must be in steps: each record that goes is there
 * as it is named, each that comes is not there yet. `held` are the lines of {@link showSorted}, the SOA once.
 */
export function applyIxfr(held: readonly string[], answer: readonly string[]): string[] {
  const zone = new Set(held);
  const [first, ...rest] = answer;
  const last = rest.pop();
  if (first === undefined || first !== last) throw new Error('not an answer in steps');
  let isAdding = true;
  for (const line of rest) {
    if (/^\S+ \d+ SOA /.test(line)) isAdding = !isAdding;
    if (isAdding && zone.has(line)) throw new Error(`added and there already: ${line}`);
    if (!isAdding && !zone.has(line)) throw new Error(`removed and not there: ${line}`);
    if (isAdding) zone.add(line);
    else zone.delete(line);
  }
  if (!zone.has(last)) throw new Error('the last step leads to another SOA');
  return [...zone].sort();
}

function idOf({ owner, type, rdata }: RR): string {
  return `${keyOf(owner)} ${type} ${keyOf(canonicalRdata(type, rdata))}`;
}

function showExactly(rr: RR | undefined): string {
  return rr === undefined ? '' : showRecord(rr);
}
