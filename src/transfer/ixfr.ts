// Incremental transfers: RFC 1995.
import { RRType } from '../wire/iana.ts';
import type { ZoneStep } from '../zone/history.ts';
import { NetChange } from '../zone/net-change.ts';
import type { RR } from '../zone/record.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';
import type { ZoneView } from '../zone/view.ts';
import { soaOf } from './axfr.ts';
import { liveSteps } from './live-steps.ts';
import type { TransferView } from './permission.ts';

/** A zone and how it came to be as it is; all of it at one serial. */
export interface TransferZone {
  /** The raw view. */
  readonly view: ZoneView;
  readonly serial: number;
  /** How many records it has. */
  readonly records: number;
  /** The steps from that serial, oldest first, each read when its turn comes; `undefined` when that is not known. */
  walkSteps(serialFrom: number): Iterable<ZoneStep> | undefined;
  /** How many records they hold at most; `undefined` when they are not known. */
  stepsSize(serialFrom: number): number | undefined;
}

/** Records in the steps that an answer may be made of: some tens of megabytes. Beyond that the whole zone is sent. */
export const MOST_STEP_RECORDS = 100_000;

/** One difference of the answer (RFC 1995 §4): the SOA before, what goes, the SOA after, what comes. */
export interface IxfrSequence {
  /** The older SOA, then records without SOAs. */
  readonly removed: readonly RR[];
  /** The newer SOA, then records without SOAs. */
  readonly added: readonly RR[];
}

/** How an IXFR request is answered. */
export type IxfrPlan =
  /** The client has it already, or something newer: one SOA (RFC 1995 §2). */
  | { readonly kind: 'current' }
  | { readonly kind: 'steps'; readonly sequences: readonly IxfrSequence[] }
  /** As AXFR would be (RFC 1995 §4): the history does not reach back so far, or the zone is shorter than it. */
  | { readonly kind: 'whole' };

/**
 * Decides how a client that has `serial` gets to the present. Several steps become one where that is shorter (RFC 1995
 * §5). Yields while it works.
 */
export function* planIxfr(zone: TransferZone, view: TransferView, serial: number): Generator<void, IxfrPlan> {
  if (serial === zone.serial || isSerialAhead(serial, zone.serial)) return { kind: 'current' };
  const size = zone.stepsSize(serial);
  if (size === undefined || size > MOST_STEP_RECORDS) return { kind: 'whole' };
  const steps: ZoneStep[] = [];
  for (const step of zone.walkSteps(serial) ?? []) {
    steps.push(step);
    yield;
  }
  const seen = view === 'raw' ? steps : yield* liveSteps(zone.view, steps);
  const sequences: IxfrSequence[] = [];
  let next = serial;
  for (const step of seen) {
    const sequence = sequenceOf(step);
    if (sequence === undefined || step.serialFrom !== next) return { kind: 'whole' };
    next = step.serialTo;
    sequences.push(sequence);
    yield;
  }
  if (next !== zone.serial) return { kind: 'whole' };
  const condensed = sequences.length === 1 ? sequences : [yield* condense(sequences)];
  const shortest = lengthOf(condensed) < lengthOf(sequences) ? condensed : sequences;
  return lengthOf(shortest) < zone.records ? { kind: 'steps', sequences: shortest } : { kind: 'whole' };
}

/** The records of an answer in steps, or of the one SOA that says "current"; `view` as the client sees it. */
export function* ixfrRecords(view: ZoneView, sequences: readonly IxfrSequence[]): Iterable<RR> {
  const soa = soaOf(view);
  yield soa;
  if (sequences.length === 0) return;
  for (const { removed, added } of sequences) {
    yield* removed;
    yield* added;
  }
  yield soa;
}

// --- helpers ---

/** `undefined` when the SOAs are not those of the step: such a history is not to be relied on. */
function sequenceOf({ serialFrom, serialTo, removed, added }: ZoneStep): IxfrSequence | undefined {
  const sequence = { removed: soaFirst(removed), added: soaFirst(added) };
  const isRight = startsAt(sequence.removed, serialFrom) && startsAt(sequence.added, serialTo);
  return isRight ? sequence : undefined;
}

function soaFirst(records: readonly RR[]): readonly RR[] {
  if (records[0]?.type === RRType.SOA) return records;
  const isSoa = ({ type }: RR) => type === RRType.SOA;
  return [...records.filter(isSoa), ...records.filter((rr) => !isSoa(rr))];
}

function startsAt([soa, second]: readonly RR[], serial: number): boolean {
  return soa?.type === RRType.SOA && soaSerial(soa.rdata) === serial && second?.type !== RRType.SOA;
}

/** All sequences as one: what is removed and added again in between is in neither list (RFC 1995 §5). */
function* condense(sequences: readonly IxfrSequence[]): Generator<void, IxfrSequence> {
  const net = new NetChange();
  for (const { removed, added } of sequences) {
    for (const rr of removed) {
      net.remove(rr);
      yield;
    }
    for (const rr of added) {
      net.add(rr);
      yield;
    }
  }
  return net.difference();
}

function lengthOf(sequences: readonly IxfrSequence[]): number {
  return sequences.reduce((sum, { removed, added }) => sum + removed.length + added.length, 0);
}
