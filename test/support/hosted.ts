import type { HostedViews } from '../../src/answer/answering-zone.ts';
import { parentName } from '../../src/wire/name.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { keyOf } from './memory-zone.ts';

/** These zones, as a server hosts them. */
export function hosting(...zones: readonly ZoneView[]): HostedViews {
  const byApex = new Map(zones.map((zone) => [keyOf(zone.apex), zone]));
  return {
    zoneAbove(name) {
      for (let apex: typeof name | undefined = name; apex !== undefined; apex = parentName(apex)) {
        if (byApex.has(keyOf(apex))) return apex;
      }
      return undefined;
    },
    view(apex) {
      const zone = byApex.get(keyOf(apex));
      if (zone === undefined) throw new Error('asked for a zone that is not hosted');
      return zone;
    },
  };
}
