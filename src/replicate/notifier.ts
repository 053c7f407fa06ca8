import { type DomainName, showName } from '../wire/name.ts';
import {
  NothingToWaitForError,
  NotifiedZone,
  type NotifyingOptions,
  type NotifyRules,
  type WaitReport,
} from './notified-zone.ts';
import type { SecondaryReport } from './tracked-secondary.ts';

/** How a notifier is joined with the rest of the program, and what it is to do. */
export interface NotifierOptions extends NotifyingOptions {
  readonly zones: readonly NotifyRules[];
}

/** Tells secondaries of new serials (NOTIFY, RFC 1996) and keeps track of what they have. */
export class Notifier {
  /** By apex in presentation format. */
  readonly #zones = new Map<string, NotifiedZone>();
  readonly #options: NotifyingOptions;
  #isStarted = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.configure(options.zones);
  }

  /** Takes over other rules: what is known of secondaries that stay is kept, new ones are told at once. */
  configure(zones: readonly NotifyRules[]): void {
    const wanted = new Map(zones.map((rules) => [showName(rules.apex), rules]));
    for (const [apex, zone] of this.#zones) {
      if (wanted.has(apex)) continue;
      zone.stop();
      this.#zones.delete(apex);
    }
    for (const [apex, rules] of wanted) {
      const known = this.#zones.get(apex);
      known?.configure(rules);
      if (known !== undefined) continue;
      const zone = new NotifiedZone(rules, this.#options);
      this.#zones.set(apex, zone);
      if (this.#isStarted) zone.announce(0);
    }
  }

  /** Begins: every zone is announced, spread over some time. What changed before is not told by itself. */
  start(): void {
    this.#isStarted = true;
    const withinMs = Math.min(this.#zones.size * ANNOUNCE_EACH_MS, MOST_ANNOUNCE_MS);
    for (const zone of this.#zones.values()) zone.announce(withinMs);
  }

  /** The zone has a new serial, and answers show it. Cheap: it may be called for every update. */
  changed(apex: DomainName): void {
    if (this.#isStarted && this.#zones.size > 0) this.#zones.get(showName(apex))?.changed();
  }

  /** The zone was sent to this address by AXFR or IXFR: those who are told there are asked what they have now. */
  noteTransfer(apex: DomainName, address: string): void {
    this.#zones.get(showName(apex))?.noteTransfer(address);
  }

  /** What is known of all secondaries, zones in the order of the configuration. */
  secondaries(): readonly SecondaryReport[] {
    return [...this.#zones.values()].flatMap((zone) => zone.reports());
  }

  /**
   * Resolves when all secondaries of the zone (presentation format, lower case) have `serial`, by default the zone's own as
   * it is now; at the latest after `timeoutMs`. They are asked often meanwhile. Rejects with
   * {@link NothingToWaitForError}.
   */
  async wait(zone: string, serial: number | undefined, timeoutMs: number): Promise<WaitReport> {
    const notified = this.#zones.get(zone);
    if (notified !== undefined) return notified.wait(serial, timeoutMs);
    const message = `nobody is told of ${zone}: name its secondaries in notify, in its table of the configuration`;
    throw new NothingToWaitForError(message);
  }

  /** Tells nobody any more, and lets those go who wait. */
  stop(): void {
    this.#isStarted = false;
    for (const zone of this.#zones.values()) zone.stop();
  }
}

const ANNOUNCE_EACH_MS = 20;
const MOST_ANNOUNCE_MS = 30_000;
