import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';
import { ExchangeError } from '../../client/errors.ts';
import { ServerList } from '../../client/server-list.ts';
import { type DomainName, showName } from '../../wire/name.ts';
import { Alarms } from './alarms.ts';
import type { Change } from './change-step.ts';
import type { KnownName } from './known-name.ts';
import { type LearnedZone, Learner } from './learner.ts';
import type { SendOutcome } from './outcome.ts';
import { Pace } from './pace.ts';
import {
  nextMessage,
  nextRenewal,
  type PlanContext,
  type PlannedMessage,
  planName,
  type Want,
} from './plan.ts';
import { Sender } from './sender.ts';
import { showUpdate } from './update-message.ts';
import type { UpdaterTools } from './updater-tools.ts';
import { WantedZone } from './wanted-zone.ts';
import { signerOf, type UpdatedZone } from './watched.ts';
import { ZonePicture } from './zone-picture.ts';

/**
 * Keeps one zone as it is wanted. One message is under way at a time; what comes meanwhile goes into the next.
 *
 * ```text
 *              ┌──────────── prerequisites fail, serial is another's, no reply ───────────┐
 *              ▼                                                                          │
 *   unknown ─► learning ─► known ── something to do ─► sending ── NOERROR ─► known …      │
 *              │ ▲           │                            ├── stale, failed ──────────────┘
 *       fails  ▼ │           └─ nothing: until wanted,    └── refused: one by one, then the member rests;
 *             pause             renewal or poll               of the whole zone: pause
 * ```
 *
 * Law: nothing is sent while it is not known what the server has.
 */
export class ZoneUpdater {
  readonly zone: UpdatedZone;
  readonly alarms: Alarms;
  readonly #tools: UpdaterTools;
  readonly #learner: Learner;
  readonly #sender: Sender;
  readonly #picture: ZonePicture;
  readonly #wanted: WantedZone;
  readonly #pace: Pace;
  readonly #abort = new AbortController();
  #isKnown = false;
  /** Where it was learned. */
  #server: Endpoint | undefined;
  #serial = 0;
  /** Messages of ours since the serial was learned. */
  #ownMessages = 0;
  #polls = 0;
  /** By the timers' clock. */
  #pollAtMs = 0;
  /** Changes in a message, when it is not to be as many as go in. */
  #most: number | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;

  constructor(zone: UpdatedZone, tools: UpdaterTools) {
    const { effects, timers, exchanger, transfers, timeoutMs, events, pullFile } = tools;
    this.zone = zone;
    this.#tools = tools;
    this.alarms = new Alarms(
      effects.log,
      () => effects.nowMs(),
      () => events?.onAlarms?.(zone.apex),
    );
    const servers = new ServerList(zone.servers, () => timers.nowMs());
    this.#learner = new Learner({ zone, exchanger, transfers, servers, timers, timeoutMs });
    this.#sender = new Sender({ exchanger, timers, servers, key: zone.key, timeoutMs });
    this.#picture = new ZonePicture(zone, pullFile);
    this.#wanted = new WantedZone(timers);
    this.#pace = new Pace(timers, effects, () => this.#wake());
  }

  /** Begins to learn; until then wants are only kept. */
  start(): void {
    this.#wake();
  }

  /** Says where a member shall be. Until it is said, the member is left as it is. */
  want(name: DomainName, member: string, wanted: Want['wanted'], reason: string): void {
    if (this.#wanted.want(name, member, { wanted, reason })) this.#wake();
  }

  /** Says what `weight=` the line of a member shall have. */
  weigh(name: DomainName, member: string, weight: number): void {
    if (this.#wanted.weigh(name, member, weight)) this.#wake();
  }

  /** The names whose state is known, as they are now. */
  known(): readonly KnownName[] {
    return this.#isKnown ? this.#picture.known(this.#nowS) : [];
  }

  /** Resolves when nothing is under way: all is as wanted, or an alarm says why not. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Gives up what is under way, and does nothing more. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#pace.clear();
    await this.settled();
    this.#pace.clear();
  }

  // --- one after the other ---

  #wake(): void {
    this.#isWoken = true;
    if (this.#pace.isPaused || this.#running !== undefined || this.#abort.signal.aborted) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWoken) this.#wake();
    });
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // wants of the same moment go into one message
    this.#pace.clear();
    try {
      while (!this.#pace.isPaused && !this.#abort.signal.aborted) {
        this.#isWoken = false;
        if (!this.#isKnown) await this.#learn();
        else if (this.#tools.timers.nowMs() >= this.#pollAtMs) await this.#poll();
        else {
          const message = this.#plan();
          if (message === undefined) break;
          await this.#send(message);
        }
      }
    } catch (error) {
      this.#takeError(error);
    }
    if (!this.#pace.isPaused && !this.#abort.signal.aborted) this.#waitForMore();
  }

  /** Whatever was thrown: the server is asked anew after a pause, and people are told. */
  #takeError(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    if (!(error instanceof WaypostError)) {
      const stack = error instanceof Error ? error.stack : undefined;
      const fields = { zone: showName(this.zone.apex), error: stack ?? messageOf(error) };
      this.#tools.effects.log.error('updater: a fault of this program', fields);
    }
    this.#isKnown = false;
    this.#pauseFor(messageOf(error), error instanceof ExchangeError ? error.skewS : undefined);
  }

  // --- learning ---

  async #learn(): Promise<void> {
    const learned = await this.#learner.learn(this.#abort.signal);
    this.#take(learned);
    this.#tools.effects.log.debug('updater: learned', {
      zone: showName(this.zone.apex),
      server: showEndpoint(learned.server),
      serial: learned.serial,
    });
  }

  #take({ server, serial, names }: LearnedZone): void {
    for (const name of names) {
      const about = `name ${showName(name.watched.name)}`;
      if (name.kind === 'hidden') this.alarms.raise(about, name.reason);
      else this.alarms.clear(about);
    }
    this.#picture.take(names);
    this.#picture.forgetReturned(this.#nowS);
    this.#server = server;
    this.#serial = serial;
    this.#ownMessages = 0;
    this.#polls = 0;
    this.#setPoll();
    this.#isKnown = true;
    for (const known of this.known()) this.#tools.events?.onKnown?.(this.zone.apex, known);
  }

  /** Asks for the serial; learns anew when somebody else has changed the zone, or another server answers. */
  async #poll(): Promise<void> {
    this.#setPoll();
    this.#polls++;
    const { server, serial } = await this.#learner.serial(this.#abort.signal);
    const isOurs = serial === this.#serial || serial === (this.#serial + this.#ownMessages) >>> 0;
    const isSame = isOurs && server === this.#server && !this.#picture.hasHidden;
    if (!isSame || this.#polls >= POLLS_UNTIL_LEARNED) this.#isKnown = false;
    this.#serial = serial;
    this.#ownMessages = 0;
  }

  // --- planning ---

  #plan(): PlannedMessage | undefined {
    const context = this.#context();
    const plans = this.known().map((known) => {
      const { name } = known.watched;
      return planName(known, this.#picture.filedAt(name), this.#wanted.of(name), context);
    });
    for (const { known, kept } of plans) this.#tellKept(known, kept);
    const due = plans.filter(({ changes }) => changes.length > 0);
    const message = nextMessage(due, context, this.#most);
    if (message === undefined) {
      this.#most = undefined;
      this.#pace.succeed();
      this.alarms.clear(this.#aboutZone);
    }
    return message;
  }

  #context(): PlanContext {
    return {
      zone: this.zone,
      signer: signerOf(this.zone.key),
      nowS: this.#nowS,
      isBlocked: (name, member) => this.#wanted.isResting(name, member),
    };
  }

  #tellKept({ watched }: KnownName, kept: readonly string[]): void {
    const about = `keep ${showName(watched.name)}`;
    if (kept.length === 0) {
      this.alarms.clear(about);
      return;
    }
    const keep = watched.keep ?? this.zone.keep ?? 1;
    const reason = `${kept.join(', ')} should be out and stays in: no more than keep = ${keep} would be left`;
    this.alarms.raise(about, reason);
  }

  // --- sending ---

  async #send(message: PlannedMessage): Promise<void> {
    if (this.#tools.dryRun === true) {
      this.#tools.events?.onPlanned?.(showUpdate(message));
      this.#picture.replace(message.after(undefined));
      return;
    }
    this.#picture.notePulls(message.changes, this.#nowS);
    const outcome = await this.#sender.send(message, this.#abort.signal);
    switch (outcome.kind) {
      case 'done':
        this.#takeDone(message, outcome);
        break;
      case 'stale':
        if (!outcome.mayBeOurs) this.#picture.withdrawPulls(message.changes);
        this.#loseSight(message);
        // Once is a race; again and again is something that learning does not see.
        if (this.#pace.fail() > STALE_IN_A_ROW) {
          const where = `${showEndpoint(outcome.server)} does not have in ${showName(this.zone.apex)} what it answers`;
          this.#pauseFor(
            `${where}: is there a wildcard (then learn = "axfr" helps), or another view for questions?`,
          );
        }
        break;
      case 'refused':
        this.#picture.withdrawPulls(message.changes);
        this.#takeRefusal(message, outcome);
        break;
      case 'failed':
        this.#loseSight(message);
        this.#pauseFor(outcome.reason);
        break;
      case 'closed':
        break;
      default:
        outcome satisfies never;
    }
  }

  #takeDone(message: PlannedMessage, { leaseS, server }: SendOutcome & { readonly kind: 'done' }): void {
    const { changes } = message;
    const { effects, events } = this.#tools;
    this.#ownMessages++;
    this.#pace.succeed();
    this.alarms.clear(this.#aboutZone);
    this.#picture.replace(message.after(leaseS));
    this.#picture.forgetRestored(changes);
    for (const change of changes) {
      const { name, member, kind, reason } = change;
      this.#wanted.resume(name, member.text);
      this.alarms.clear(aboutMember(change));
      const fields = { name: showName(name), member: member.text, reason, server: showEndpoint(server) };
      if (kind === 'renew' || kind === 'tidy') effects.log.debug(`updater: ${SAID[kind]}`, fields);
      else effects.log.info(`updater: ${SAID[kind]}`, fields);
      events?.onChange?.(this.zone.apex, change);
    }
    const touched = this.#picture.knownOf(
      changes.map(({ name }) => name),
      this.#nowS,
    );
    for (const known of touched) events?.onKnown?.(this.zone.apex, known);
    if (server !== this.#server) this.#isKnown = false; // it may have other records
  }

  #takeRefusal({ changes }: PlannedMessage, refusal: SendOutcome & { readonly kind: 'refused' }): void {
    const { scope, reason, skewS } = refusal;
    const [change] = changes;
    if (scope === 'zone' || change === undefined) {
      this.#pauseFor(reason, skewS);
    } else if (changes.length > 1) {
      this.#most = 1; // which one is it?
    } else {
      this.#wanted.rest(change.name, change.member.text, REST_MS);
      this.alarms.raise(aboutMember(change), reason);
    }
  }

  /** What the server has is not known any more. */
  #loseSight({ changes }: PlannedMessage): void {
    this.#isKnown = false;
    this.#picture.forgetStatements(changes);
  }

  // --- waiting ---

  /** Tries again after a while. */
  #pauseFor(reason: string, skewS?: number): void {
    this.alarms.raise(this.#aboutZone, reason, skewS);
    this.#pace.pause();
  }

  /** Wakes for the next poll, lease or end of a rest. */
  #waitForMore(): void {
    this.#pace.goAfter(this.#pollAtMs - this.#tools.timers.nowMs());
    const renewalS = nextRenewal(this.known(), { zone: this.zone });
    if (renewalS !== undefined) this.#pace.goAfter((renewalS - this.#nowS) * 1000);
    const restMs = this.#wanted.nextMs();
    if (restMs !== undefined) this.#pace.goAfter(restMs);
  }

  #setPoll(): void {
    this.#pollAtMs = this.#tools.timers.nowMs() + (this.zone.pollMs ?? POLL_MS);
  }

  // --- small things ---

  get #nowS(): number {
    return Math.floor(this.#tools.effects.nowMs() / 1000);
  }

  get #aboutZone(): string {
    return `zone ${showName(this.zone.apex)}`;
  }
}

// --- helpers ---

const POLL_MS = 30_000;
/** Learned anew at every so many-th poll, whatever the serial says. */
const POLLS_UNTIL_LEARNED = 20;
/** How long a member is left alone that the server refuses. */
const REST_MS = 60_000;
const STALE_IN_A_ROW = 5;

const SAID: Readonly<Record<Change['kind'], string>> = {
  pull: 'pulled',
  renew: 'renewed the verdict',
  restore: 'put back',
  tidy: 'removed a mark',
  weigh: 'set the weight',
};

function aboutMember({ name, member }: Change): string {
  return `member ${showName(name)} ${member.text}`;
}
