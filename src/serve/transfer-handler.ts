import type { Effects, Log, LogFields } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { showAddress } from '../base/ip.ts';
import type { Timers } from '../base/timers.ts';
import { composeExtendedError, type Edns } from '../message/edns.ts';
import type { Who } from '../message/key-grant.ts';
import { type Refusal, refuse, showPlace } from '../message/refusal.ts';
import { LiveView } from '../steer/live-view.ts';
import { StoreError, TooManySnapshotsError } from '../store/errors.ts';
import { Slices } from '../store/slices.ts';
import type { SnapshotPool, ZoneSnapshot } from '../store/zone-snapshot.ts';
import { axfrRecords } from '../transfer/axfr.ts';
import { composeStream, type StreamHead, type StreamMessage } from '../transfer/compose-stream.ts';
import { type IxfrPlan, ixfrRecords, planIxfr } from '../transfer/ixfr.ts';
import {
  permitTransfer,
  type TransferPermission,
  type TransferRules,
  type TransferView,
} from '../transfer/permission.ts';
import { openTransfer, type TransferRequest } from '../transfer/request.ts';
import { type UpdateRules, viewOf } from '../update/permission.ts';
import { ExtendedError, Rcode, showRcode } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { ZoneView } from '../zone/view.ts';
import type { OpenedRequest, Reply, RequestHandler } from './opened-request.ts';
import { composeReply } from './reply.ts';
import { SparseLog } from './sparse-log.ts';
import { DEFAULT_TRANSFER_LIMITS, sendStream, type TransferLimits } from './transfer-stream.ts';

/** What transfers need of the rest of the program. */
export interface TransferHandlerOptions {
  readonly snapshots: Pick<SnapshotPool, 'open'>;
  /** Whether a zone of that name is served here. */
  hasZone(apex: DomainName): boolean;
  /** Who may have the zone at `apex`. */
  rulesOf(apex: DomainName): TransferRules;
  /** Who may change it: an `edit` grant is enough for the raw view (STEERING.md §8). */
  updateRulesOf(apex: DomainName): UpdateRules;
  /** Zones where a key has transfer rules: for the text of refusals. */
  zonesOf(key: DomainName): readonly DomainName[];
  /** Called when a client has got the zone whole, or all changes that it lacked. Must not throw. */
  onServed?(apex: DomainName, address: Uint8Array): void;
  /** Transfers under way at the same time, at most. */
  readonly most: number;
  readonly effects: Effects;
  readonly timers: Timers;
  readonly limits?: TransferLimits;
}

/** Transfers since the start. */
export interface TransferCounts {
  /** Now. */
  readonly underWay: number;
  /** Answered to the end, single SOAs included. */
  readonly served: number;
  readonly refused: number;
  /** Broken off: the client went away or was too slow, or something failed here. */
  readonly failed: number;
}

/**
 * Answers AXFR (RFC 5936) and IXFR (RFC 1995): from a snapshot, so that a transfer is of one serial while changes go on,
 * message by message as the client takes them.
 */
export class TransferHandler implements RequestHandler {
  readonly #options: TransferHandlerOptions;
  readonly #limits: TransferLimits;
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();
  #underWay = 0;
  #served = 0;
  #refused = 0;
  #failed = 0;
  #isStopping = false;

  constructor(options: TransferHandlerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_TRANSFER_LIMITS;
    this.#log = new SparseLog(options.effects.log, options.effects.nowMs);
  }

  get counts(): TransferCounts {
    return {
      underWay: this.#underWay,
      served: this.#served,
      refused: this.#refused,
      failed: this.#failed,
    };
  }

  /** Breaks off what is under way, each after its message; resolves when all snapshots are closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  async handle(request: OpenedRequest, reply: Reply): Promise<void> {
    const transfer = openTransfer(request.message);
    if (transfer.kind === 'refusal') {
      await this.#refuse(request, undefined, transfer, reply);
      return;
    }
    const permission = this.#admit(request, transfer);
    if (permission.kind === 'refusal') {
      await this.#refuse(request, transfer, permission, reply);
      return;
    }
    this.#underWay++;
    const run = this.#run(request, transfer, permission.view, reply);
    const ended = run.catch(() => {}); // whoever handles the request is told
    this.#running.add(ended);
    try {
      await run;
    } finally {
      this.#running.delete(ended);
      this.#underWay--;
    }
  }

  #admit(request: OpenedRequest, transfer: TransferRequest): TransferPermission | Refusal {
    const { hasZone, rulesOf, updateRulesOf, zonesOf, most } = this.#options;
    const { who, overTcp } = request;
    const { apex } = transfer;
    const zone = `zone ${showPlace(apex)}`;
    if (!hasZone(apex)) return refuse(Rcode.NOTAUTH, `${zone} is not served here`);
    const mayEdit = viewOf(updateRulesOf(apex), who) === 'raw';
    const otherZones = who.key === undefined ? [] : zonesOf(who.key);
    const permission = permitTransfer(rulesOf(apex), who, mayEdit, otherZones);
    if (permission.kind === 'refusal') return permission;
    if (transfer.kind === 'axfr' && !overTcp) {
      return refuse(Rcode.REFUSED, 'AXFR goes over TCP only (RFC 5936): ask again there');
    }
    if (this.#isStopping) return refuse(Rcode.SERVFAIL, 'the server is stopping');
    if (this.#underWay >= most) {
      return refuse(Rcode.SERVFAIL, `${most} transfers are under way, no more may be: try again later`);
    }
    return permission;
  }

  async #refuse(
    request: OpenedRequest,
    transfer: TransferRequest | undefined,
    { rcode, reason }: Refusal,
    reply: Reply,
  ): Promise<void> {
    this.#refused++;
    const zone = transfer && showName(transfer.apex);
    const fields = { zone, ...showClient(request), rcode: showRcode(rcode), reason };
    this.#log.warn('transfer: refused', fields);
    await reply(composeReply(request.message, { rcode, why: reason }, request.room));
  }

  async #run(
    request: OpenedRequest,
    transfer: TransferRequest,
    view: TransferView,
    reply: Reply,
  ): Promise<void> {
    let snapshot: ZoneSnapshot | undefined;
    const fields: LogFields = {
      zone: showName(transfer.apex),
      type: transfer.kind === 'axfr' ? 'AXFR' : 'IXFR',
      view,
      ...showClient(request),
    };
    try {
      snapshot = this.#options.snapshots.open(transfer.apex);
      if (snapshot === undefined) {
        const reason = `zone ${showPlace(transfer.apex)} is no longer served here`;
        await this.#refuse(request, transfer, refuse(Rcode.NOTAUTH, reason), reply);
        return;
      }
      await this.#answer(request, transfer, snapshot, view, fields, reply);
    } catch (error) {
      if (error instanceof TooManySnapshotsError) {
        await this.#refuse(request, transfer, refuse(Rcode.SERVFAIL, error.message), reply);
        return;
      }
      if (!(error instanceof StoreError)) {
        this.#failed++;
        throw error;
      }
      // Where the database is and what ails it is the operator's business.
      this.#failed++;
      this.#log.error('transfer: the zone cannot be read', { ...fields, error: messageOf(error) });
      const why = "the zone could not be read; the server's log says why";
      await reply(composeReply(request.message, { rcode: Rcode.SERVFAIL, why }, request.room));
    } finally {
      snapshot?.close();
    }
  }

  async #answer(
    request: OpenedRequest,
    transfer: TransferRequest,
    snapshot: ZoneSnapshot,
    view: TransferView,
    fields: LogFields,
    reply: Reply,
  ): Promise<void> {
    const { timers } = this.#options;
    const startedMs = timers.nowMs();
    const seen: ZoneView =
      view === 'raw' ? snapshot.view : new LiveView(snapshot.view, Number.NEGATIVE_INFINITY);
    const slices = new Slices(() => timers.nowMs());
    const plan: IxfrPlan =
      transfer.serial === undefined
        ? { kind: 'whole' }
        : await slices.run(planIxfr(snapshot, view, transfer.serial));
    const told: LogFields = { ...fields, serial: snapshot.serial, from: transfer.serial, form: plan.kind };
    this.#log.debug('transfer: begins', told);
    const messages = this.#messages(request, headOf(request, transfer, view), seen, plan);
    const sent = await sendStream(messages, reply, {
      limits: this.#limits,
      timers,
      isStopping: () => this.#isStopping,
    });
    const { records, octets, messages: count } = sent;
    const all = { ...told, records, octets, messages: count, ms: Math.round(timers.nowMs() - startedMs) };
    if (sent.trouble !== undefined) {
      this.#failed++;
      this.#log.warn(`transfer: broken off, ${sent.trouble}`, all);
      return;
    }
    this.#served++;
    const { address } = request.who;
    if (address !== undefined) this.#options.onServed?.(transfer.apex, address);
    if (plan.kind === 'current') this.#log.debug('transfer: done', all);
    else this.#log.info('transfer: done', all);
  }

  /** Over UDP it is one message; where the answer does not fit, the SOA alone sends the client to TCP (RFC 1995 §2). */
  #messages(
    request: OpenedRequest,
    head: StreamHead,
    seen: ZoneView,
    plan: IxfrPlan,
  ): Iterable<StreamMessage> {
    const { room } = request;
    const records =
      plan.kind === 'whole'
        ? axfrRecords(seen)
        : ixfrRecords(seen, plan.kind === 'steps' ? plan.sequences : []);
    const messages = composeStream(head, records, room);
    if (request.overTcp) return messages;
    const [only, more] = firstTwo(messages);
    if (only !== undefined && more === undefined) return [only];
    return composeStream(head, ixfrRecords(seen, []), room);
  }
}

// --- helpers ---

/** We take small datagrams only, as everywhere. */
const OFFERED_PAYLOAD = 1232;

function headOf({ message }: OpenedRequest, { question }: TransferRequest, view: TransferView): StreamHead {
  const { id, flags, edns } = message;
  return { id, question, recursionDesired: flags.rd, edns: edns && replyEdns(edns, view) };
}

/** STEERING.md §8: a raw answer says so. */
function replyEdns({ dnssecOk }: Edns, view: TransferView): Edns {
  const extraText = 'raw view: desired records and steering lines';
  const options = view === 'raw' ? [composeExtendedError({ infoCode: ExtendedError.OTHER, extraText })] : [];
  return { udpPayloadSize: OFFERED_PAYLOAD, version: 0, dnssecOk, options };
}

function firstTwo<T>(list: Iterable<T>): readonly [T | undefined, T | undefined] {
  const found: T[] = [];
  for (const one of list) if (found.push(one) === 2) break;
  return [found[0], found[1]];
}

function showClient({ who, port }: { readonly who: Who; readonly port: number }): LogFields {
  const { key, address } = who;
  return {
    key: key === undefined ? undefined : showName(key),
    client: address === undefined ? undefined : `${showAddress(address)} port ${port}`,
  };
}
