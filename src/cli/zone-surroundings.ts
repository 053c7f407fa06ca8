import type { LintGeo } from '../steer/lint-geo.ts';
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
