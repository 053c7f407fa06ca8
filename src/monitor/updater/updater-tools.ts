import type { Effects } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';
import type { Exchanger } from '../../client/exchange.ts';
import type { TransferClient } from '../../client/transfer-client.ts';
import type { DomainName } from '../../wire/name.ts';
import type { Change } from './change-step.ts';
import type { KnownName } from './known-name.ts';
import type { PullFile } from './pull-file.ts';

/** What an updater tells; each may be left out. Must not throw. */
export interface UpdaterEvents {
  /** What is known of a name is new: it was learned, or a change of it was acknowledged. */
  onKnown?(apex: DomainName, known: KnownName): void;
  /** A change was acknowledged by the server. */
  onChange?(apex: DomainName, change: Change): void;
  /** The alarms of a zone are others. */
  onAlarms?(apex: DomainName): void;
  /** With `dryRun`: the lines of nsupdate for the message that would be sent. */
  onPlanned?(lines: readonly string[]): void;
}

/** What zones are updated with. */
export interface UpdaterTools {
  readonly effects: Effects;
  readonly timers: Timers;
  readonly exchanger: Pick<Exchanger, 'ask'>;
  readonly transfers: Pick<TransferClient, 'fetch'>;
  /** For zones with `memory: 'file'`. */
  readonly pullFile?: PullFile | undefined;
  /** Sends nothing: tells what would be sent, and goes on as if it were done. */
  readonly dryRun?: boolean | undefined;
  readonly events?: UpdaterEvents | undefined;
  /** For each try; default 2000. */
  readonly timeoutMs?: number | undefined;
}
