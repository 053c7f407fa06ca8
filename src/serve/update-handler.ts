import type { Effects, Log } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { showAddress } from '../base/ip.ts';
import type { Option } from '../message/edns.ts';
import { type Refusal, refuse } from '../message/refusal.ts';
import type { CommitQueue } from '../store/commit-queue.ts';
import {
  ChangeRefusedError,
  NoSuchZoneError,
  QueueClosedError,
  QueueFullError,
  StoreError,
} from '../store/errors.ts';
import type { ChangedBy } from '../store/journal.ts';
import { type AcceptedUpdate, decideUpdate } from '../update/decide.ts';
import { permitZone, type UpdateRules } from '../update/permission.ts';
import { openRequest, type UpdateRequest } from '../update/request.ts';
import { EdnsOption, Rcode, showRcode } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { OpenedRequest, Reply, RequestHandler } from './opened-request.ts';
import { composeReply } from './reply.ts';
import { SparseLog } from './sparse-log.ts';

/** What updates need of the rest of the program. */
export interface UpdateHandlerOptions {
  readonly queue: Pick<CommitQueue, 'submit'>;
  /** The apex of the deepest zone served here that holds a name. */
  zoneAbove(name: DomainName): DomainName | undefined;
  /** Who may change the zone at `apex`. */
  rulesOf(apex: DomainName): UpdateRules;
  /** Zones where a key has rules: for the text of refusals. */
  zonesOf(key: DomainName): readonly DomainName[];
  /** Why nobody may change the zone here; `undefined` where it is ours to change. */
  foreign?(apex: DomainName): string | undefined;
  /** Resolves when every query thread answers with what is committed. */
  published(): Promise<void>;
  readonly effects: Effects;
}

/** Answers UPDATE messages (RFC 2136): decides, commits, and replies when every query thread answers with the result. */
export class UpdateHandler implements RequestHandler {
  readonly #options: UpdateHandlerOptions;
  readonly #log: Log;

  constructor(options: UpdateHandlerOptions) {
    this.#options = options;
    this.#log = new SparseLog(options.effects.log, options.effects.nowMs);
  }

  async handle(request: OpenedRequest, reply: Reply): Promise<void> {
    const { message, room } = request;
    const update = openRequest(message, (name) => this.#options.zoneAbove(name));
    const outcome = update.kind === 'refusal' ? update : await this.#change(request, update);
    if (outcome.kind === 'refusal') {
      const { rcode, reason } = outcome;
      this.#tell(request, update, outcome);
      await reply(composeReply(message, { rcode, why: reason }, room));
      return;
    }
    await reply(
      composeReply(message, { rcode: Rcode.NOERROR, options: leaseOptions(outcome.leaseSeconds) }, room),
    );
  }

  /** Decides when the update's turn has come, and waits until what it changes is durable and visible. */
  async #change({ who }: OpenedRequest, update: UpdateRequest): Promise<Done | Refusal> {
    const { queue, effects } = this.#options;
    const { apex } = update;
    const foreign = this.#options.foreign?.(apex);
    if (foreign !== undefined) return refuse(Rcode.REFUSED, foreign);
    const rules = this.#options.rulesOf(apex);
    const otherZones = who.key === undefined ? [] : this.#options.zonesOf(who.key);
    const unknown = permitZone(rules, who, otherZones); // strangers do not come before the zone's door
    if (unknown !== undefined) return unknown;
    try {
      const outcome = await queue.submit<Done | Refusal>(apex, (view) => {
        const nowSeconds = Math.floor(effects.nowMs() / 1000);
        const decided = decideUpdate(update, view, { who, rules, nowSeconds, otherZones });
        if (decided.kind === 'refusal') return { kind: 'result', result: decided };
        const done: Done = { kind: 'done', leaseSeconds: decided.leaseSeconds };
        if (isEmpty(decided)) return { kind: 'result', result: done };
        const { removed, added } = decided;
        const by: ChangedBy = {
          kind: 'key',
          name: who.key === undefined ? '' : showName(who.key),
          address: who.address === undefined ? undefined : showAddress(who.address),
        };
        return { kind: 'change', change: { removed, added, by }, result: () => done };
      });
      await this.#options.published();
      return outcome;
    } catch (error) {
      return this.#refusalOf(error, apex);
    }
  }

  #refusalOf(error: unknown, apex: DomainName): Refusal {
    if (error instanceof ChangeRefusedError) return refuse(Rcode.REFUSED, error.message);
    if (error instanceof NoSuchZoneError)
      return refuse(Rcode.NOTAUTH, `zone ${showName(apex)} is no longer served here`);
    if (error instanceof QueueClosedError) return refuse(Rcode.SERVFAIL, error.message);
    if (error instanceof QueueFullError) {
      this.#log.warn('update: too many at once', { zone: showName(apex), error: error.message });
      return refuse(Rcode.SERVFAIL, error.message);
    }
    if (!(error instanceof StoreError)) throw error;
    // Where the database is and what ails it is the operator's business.
    this.#log.error('update: not stored', { zone: showName(apex), error: messageOf(error) });
    return refuse(Rcode.SERVFAIL, "the change could not be stored; the server's log says why");
  }

  #tell({ who, port }: OpenedRequest, update: UpdateRequest | Refusal, { rcode, reason }: Refusal): void {
    const fields = {
      key: who.key === undefined ? undefined : showName(who.key),
      client: who.address === undefined ? undefined : `${showAddress(who.address)} port ${port}`,
      zone: update.kind === 'request' ? showName(update.apex) : undefined,
      rcode: showRcode(rcode),
      reason,
    };
    // Prerequisites that do not hold are a result like another.
    if (QUIET.has(rcode)) this.#log.debug('update: prerequisite not met', fields);
    else if (rcode === Rcode.SERVFAIL) this.#log.debug('update: failed', fields);
    else this.#log.warn('update: refused', fields);
  }
}

// --- helpers ---

interface Done {
  readonly kind: 'done';
  readonly leaseSeconds: number | undefined;
}

const QUIET: ReadonlySet<number> = new Set([Rcode.YXDOMAIN, Rcode.YXRRSET, Rcode.NXDOMAIN, Rcode.NXRRSET]);

function isEmpty({ removed, added }: AcceptedUpdate): boolean {
  return removed.length === 0 && added.length === 0;
}

/** RFC 9664 §4: the granted lease. */
function leaseOptions(leaseSeconds: number | undefined): readonly Option[] {
  if (leaseSeconds === undefined) return [];
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, leaseSeconds);
  return [{ code: EdnsOption.UPDATE_LEASE, data }];
}
