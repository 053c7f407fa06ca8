import { GeoTables } from '../geo/tables.ts';
import { LintGeo } from '../steer/lint-geo.ts';
import type { ZoneSurroundings } from '../store/zone-lint.ts';
import { keysOfView, type TransferRules } from '../transfer/permission.ts';
import { showName } from '../wire/name.ts';

/** What the configuration knows of a zone, for the warnings about its steering. */
export function surroundingsOf(
  transfers: TransferRules | undefined,
  geo: () => LintGeo | undefined = () => undefined,
): ZoneSurroundings {
  const keys = transfers === undefined ? [] : keysOfView(transfers, 'live');
  return { geo, liveSecondaries: keys.map((key) => `secondaries with key ${showName(key)}`) };
}

/** Opens the location data in use when it is asked for, and other data when that is in use. */
export function lazyGeo(memoryInUse: () => SharedArrayBuffer | undefined): () => LintGeo | undefined {
  let opened: LintGeo | undefined;
  let of: SharedArrayBuffer | undefined;
  return () => {
    const memory = memoryInUse();
    if (memory !== of) opened = memory === undefined ? undefined : new LintGeo(new GeoTables(memory));
    of = memory;
    return opened;
  };
}
