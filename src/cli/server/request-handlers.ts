import type { Effects } from '../../base/effects.ts';
import { showAddress } from '../../base/ip.ts';
import type { Timers } from '../../base/timers.ts';
import type { Config } from '../../config/settings.ts';
import { Dispatcher } from '../../serve/dispatch.ts';
import type { LateAnswerer } from '../../serve/late.ts';
import { NotifyHandler } from '../../serve/notify-handler.ts';
import { QueryHandler } from '../../serve/query-handler.ts';
import { TransferHandler } from '../../serve/transfer-handler.ts';
import { UpdateHandler } from '../../serve/update-handler.ts';
import { transferViewOf } from '../../transfer/permission.ts';
import type { DomainName } from '../../wire/name.ts';
import type { Answering } from './answering.ts';
import type { Permissions } from './permissions.ts';
import type { SecondaryService } from './secondary-service.ts';
import type { ZoneStore } from './zone-store.ts';

/** What the handlers of requests need of the rest of the server. */
export interface RequestHandlersOptions {
  readonly config: Pick<Config, 'transfers' | 'udp'>;
  /** Keys and rules as they are now. */
  permissions(): Permissions;
  readonly store: Pick<ZoneStore, 'queue' | 'snapshots' | 'writer' | 'hasZone' | 'zoneAbove'>;
  readonly secondaries: SecondaryService;
  readonly answering: Pick<Answering, 'responder' | 'rawResponder' | 'published'>;
  /** A client has got a zone by AXFR or IXFR. Must not throw. */
  onTransferred(apex: DomainName, address: string): void;
  readonly effects: Effects;
  readonly timers: Timers;
}

/** What answers requests that are more than a query: one dispatcher, and who answers which kind. */
export interface RequestHandlers {
  readonly dispatcher: LateAnswerer;
  /** Counts transfers, and breaks them off when the server stops. */
  readonly transfers: TransferHandler;
}

/** Makes the handlers of requests and joins them. */
export function makeRequestHandlers(options: RequestHandlersOptions): RequestHandlers {
  const { config, permissions, store, secondaries, effects } = options;
  const transfers = makeTransferHandler(options);
  const dispatcher = new Dispatcher({
    keys: () => permissions().keys,
    query: makeQueryHandler(options),
    transfer: transfers,
    update: makeUpdateHandler(options),
    notify: makeNotifyHandler(options),
    forwarder: secondaries.forwarder,
    withheld: (name) => {
      const apex = store.zoneAbove(name);
      return apex === undefined ? undefined : secondaries.withheld(apex);
    },
    maxPayload: config.udp.maxPayload,
    effects,
  });
  return { dispatcher, transfers };
}

function makeQueryHandler({ permissions, store, answering }: RequestHandlersOptions): QueryHandler {
  return new QueryHandler({
    live: answering.responder,
    raw: answering.rawResponder,
    hosted: {
      zoneAbove: (name) => store.zoneAbove(name),
      view: (apex) => store.writer.shownView(apex),
    },
    rulesOf: (apex) => permissions().updatesOf(apex),
    transferViewOf: (apex, who) => transferViewOf(permissions().transfersOf(apex), who),
    isWithheld: (apex) => store.writer.isWithheld(apex),
  });
}

function makeTransferHandler(options: RequestHandlersOptions): TransferHandler {
  const { config, permissions, store, onTransferred, effects, timers } = options;
  return new TransferHandler({
    snapshots: store.snapshots,
    hasZone: (apex) => store.hasZone(apex),
    rulesOf: (apex) => permissions().transfersOf(apex),
    updateRulesOf: (apex) => permissions().updatesOf(apex),
    zonesOf: (key) => permissions().fetchableBy(key),
    onServed: (apex, address) => onTransferred(apex, showAddress(address)),
    most: config.transfers.max,
    effects,
    timers,
  });
}

function makeUpdateHandler(options: RequestHandlersOptions): UpdateHandler {
  const { permissions, store, secondaries, answering, effects } = options;
  return new UpdateHandler({
    queue: store.queue,
    zoneAbove: (name) => store.zoneAbove(name),
    rulesOf: (apex) => permissions().updatesOf(apex),
    zonesOf: (key) => permissions().zonesOf(key),
    foreign: (apex) => secondaries.foreign(apex),
    published: () => answering.published(),
    effects,
  });
}

function makeNotifyHandler({ store, secondaries, effects }: RequestHandlersOptions): NotifyHandler {
  return new NotifyHandler({
    primariesOf: (apex) => secondaries.notifiersOf(apex),
    isServed: (apex) => store.hasZone(apex),
    notified: (apex, serial, address) => secondaries.notified(apex, serial, address),
    effects,
  });
}
