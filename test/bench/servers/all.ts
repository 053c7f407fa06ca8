import { dns2 } from './dns2.ts';
import { echo } from './echo.ts';
import { gdnsd } from './gdnsd.ts';
import { knotd } from './knotd.ts';
import { named } from './named.ts';
import { nsd } from './nsd.ts';
import { pdnsServer } from './pdns-server.ts';
import type { ServerKind } from './server-kind.ts';
import { waypost } from './waypost.ts';

/** Waypost with one query thread: what every other server is compared with. */
export const WAYPOST = waypost(1, 'waypost');

/** Waypost with two query threads; compared with one, not pinned to one core. */
export const WAYPOST_TWO = waypost(2, 'waypost-2');

/** Waypost whose V8 prints a line for every garbage collection. */
export const WAYPOST_TRACED = waypost(1, 'waypost', ['--trace-gc']);

/** Every server that answers on one core, in the order of their turns. */
export const SERVER_KINDS: readonly ServerKind[] = [
  echo,
  gdnsd,
  knotd,
  nsd,
  named,
  pdnsServer,
  WAYPOST,
  dns2,
];
