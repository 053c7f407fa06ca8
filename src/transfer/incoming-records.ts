// The order of records in the answer to AXFR (RFC 5936 §2.2) and IXFR (RFC 1995 §4).
import { canonicalRdata, showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { showName } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import type { RR } from '../zone/record.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';
import { IncomingTransferError } from './incoming-error.ts';

/** What a transfer that came to its end was. */
export type IncomingTransfer =
  /** The primary has nothing newer; `soa` is what it has. */
  | { readonly kind: 'current'; readonly soa: RR }
  /** The whole zone, which `onRecord` got. */
  | { readonly kind: 'whole'; readonly soa: RR; readonly records: number }
  /** Differences from the serial that is here to the one of `soa`, each leading on from the one before. */
  | { readonly kind: 'steps'; readonly soa: RR; readonly steps: readonly ZoneStep[] };

/**
 * Takes the records of a transfer one by one and tells what they add up to.
 *
 * ```text
 *   SOA ─┬─ not ahead of ours (IXFR) ─────────────────────────────────► current
 *        ├─ other record ─► … records … ─► the same SOA ──────────────► whole
 *        └─ our SOA (IXFR) ─► … removed … ─► later SOA ─► … added … ─┬─► the first SOA ─► steps
 *                 ▲                                                  │
 *                 └──────────────── that later SOA ◄─────────────────┘
 * ```
 */
export class RecordReader {
  readonly #serial: number | undefined;
  readonly #onRecord: (rr: RR) => void;
  readonly #misplaced: (what: string) => IncomingTransferError;
  #count = 0;
  #stage: 'begin' | 'second' | 'whole' | 'removing' | 'adding' | 'done' = 'begin';
  #soa: RR | undefined;
  readonly #steps: ZoneStep[] = [];
  #step: StepDraft | undefined;
  #result: IncomingTransfer | undefined;

  /**
   * `serial`: what is here, for IXFR. `onRecord` gets each record of a whole zone, its SOA first and once. `misplaced`
   * makes the error for a message that has a record where none of its kind may be.
   */
  constructor(
    serial: number | undefined,
    onRecord: (rr: RR) => void,
    misplaced: (what: string) => IncomingTransferError,
  ) {
    this.#serial = serial;
    this.#onRecord = onRecord;
    this.#misplaced = misplaced;
  }

  /** What has come, once it is whole. */
  get result(): IncomingTransfer | undefined {
    return this.#result;
  }

  /** Records so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next record. Throws {@link IncomingTransferError}. */
  take(rr: RR): void {
    this.#count++;
    switch (this.#stage) {
      case 'begin':
        this.#begin(rr);
        break;
      case 'second':
        this.#second(rr);
        break;
      case 'whole':
        this.#whole(rr);
        break;
      case 'removing':
        this.#removing(rr);
        break;
      case 'adding':
        this.#adding(rr);
        break;
      case 'done':
        throw this.#misplaced(`has ${show(rr)} after the end of the transfer`);
      default:
        this.#stage satisfies never;
    }
  }

  #begin(rr: RR): void {
    if (rr.type !== RRType.SOA) throw this.#misplaced(`begins with ${show(rr)} instead of the SOA`);
    const serial = this.#serial;
    this.#soa = rr;
    if (serial === undefined) {
      this.#stage = 'whole';
      this.#onRecord(rr);
    } else if (isSerialAhead(soaSerial(rr.rdata), serial)) this.#stage = 'second';
    else this.#finish({ kind: 'current', soa: rr });
  }

  /** RFC 1995 §4: after the first SOA the second record says whether these are differences. */
  #second(rr: RR): void {
    const soa = this.#soa ?? rr;
    if (rr.type === RRType.SOA && soaSerial(rr.rdata) === this.#serial) {
      this.#beginStep(rr);
      return;
    }
    if (rr.type === RRType.SOA && soaSerial(rr.rdata) !== soaSerial(soa.rdata)) {
      const [there, here] = [soaSerial(rr.rdata), this.#serial];
      throw new IncomingTransferError(
        'serial',
        `the differences begin at serial ${there}, and ${here} is here`,
      );
    }
    this.#stage = 'whole';
    this.#onRecord(soa);
    this.#whole(rr);
  }

  #whole(rr: RR): void {
    if (rr.type !== RRType.SOA) this.#onRecord(rr);
    else this.#finish({ kind: 'whole', soa: this.#expectFirst(rr), records: this.#count - 1 });
  }

  // --- differences ---

  #beginStep(rr: RR): void {
    this.#step = { soa: rr, removed: [rr], added: [] };
    this.#stage = 'removing';
  }

  #removing(rr: RR): void {
    const step = this.#openStep();
    if (rr.type !== RRType.SOA) {
      this.#keep(step.removed, rr);
      return;
    }
    const [from, to] = [soaSerial(step.soa.rdata), soaSerial(rr.rdata)];
    if (!isSerialAhead(to, from)) {
      throw new IncomingTransferError(
        'serial',
        `a difference goes from serial ${from} to ${to}, which is not ahead`,
      );
    }
    step.added.push(rr);
    this.#stage = 'adding';
  }

  #adding(rr: RR): void {
    const step = this.#openStep();
    if (rr.type !== RRType.SOA) {
      this.#keep(step.added, rr);
      return;
    }
    const last = step.added[0] ?? rr;
    const [serialFrom, serialTo] = [soaSerial(step.soa.rdata), soaSerial(last.rdata)];
    const [next, newest] = [soaSerial(rr.rdata), soaSerial((this.#soa ?? rr).rdata)];
    if (next !== serialTo) {
      throw new IncomingTransferError(
        'serial',
        `the difference after serial ${serialTo} begins at serial ${next}`,
      );
    }
    this.#steps.push({ serialFrom, serialTo, removed: step.removed, added: step.added });
    if (serialTo !== newest) {
      this.#beginStep(rr);
      return;
    }
    const soa = this.#expectFirst(rr);
    this.#expectFirst(last);
    this.#finish({ kind: 'steps', soa, steps: this.#steps });
  }

  #openStep(): StepDraft {
    if (this.#step === undefined) throw this.#misplaced('has a difference without a beginning');
    return this.#step;
  }

  #keep(list: RR[], rr: RR): void {
    if (this.#count > MAX_STEP_RECORDS) {
      const message = `the differences have more than ${MAX_STEP_RECORDS} records; the whole zone is asked for instead`;
      throw new IncomingTransferError('too-large', message);
    }
    list.push(rr);
  }

  #finish(result: IncomingTransfer): void {
    this.#stage = 'done';
    this.#result = result;
  }

  /** The SOA that the transfer began with, when `rr` is the same. */
  #expectFirst(rr: RR): RR {
    const soa = this.#soa ?? rr;
    if (isSameSoa(soa.rdata, rr.rdata)) return soa;
    const serials = `${soaSerial(soa.rdata)} and ${soaSerial(rr.rdata)}`;
    throw new IncomingTransferError(
      'malformed',
      `the transfer ends with another SOA than it began with (serials ${serials})`,
    );
  }
}

// --- helpers ---

/** Differences are kept in memory as they come: with more records than this, the whole zone is the better answer. */
const MAX_STEP_RECORDS = 500_000;

interface StepDraft {
  readonly soa: RR;
  readonly removed: RR[];
  readonly added: RR[];
}

function show({ owner, type }: RR): string {
  return `${showName(owner)} ${showType(type)}`;
}

/** Of two SOA RDATA, in whose names case does not matter. */
function isSameSoa(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [canonicalRdata(RRType.SOA, a), canonicalRdata(RRType.SOA, b)];
  return one.length === other.length && one.every((octet, i) => octet === other[i]);
}
