import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, parentName } from '../wire/name.ts';
import { occluderAbove, occluderAt } from '../zone/owner.ts';
import type { ZoneView } from '../zone/view.ts';

/** The zones that are served. */
export interface HostedViews {
  /** The apex of the deepest hosted zone that holds `name`. */
  zoneAbove(name: DomainName): DomainName | undefined;
  /** The zone hosted at `apex`. */
  view(apex: DomainName): ZoneView;
}

/**
 * The hosted zone that answers a question of `type` about `name`: the deepest one that holds it; but DS at an apex is
 * the parent zone's, when that is hosted and delegates (RFC 4035 §3.1.4.1).
 */
export function answeringZone(hosted: HostedViews, name: DomainName, type: number): ZoneView | undefined {
  const nearest = deepestZone(hosted, name);
  if (type !== RRType.DS || nearest === undefined || !equalNames(nearest.apex, name)) return nearest;
  const above = parentName(name);
  const parent = above === undefined ? undefined : deepestZone(hosted, above);
  return parent !== undefined && delegates(parent, name) ? parent : nearest;
}

function deepestZone(hosted: HostedViews, name: DomainName): ZoneView | undefined {
  const apex = hosted.zoneAbove(name);
  return apex === undefined ? undefined : hosted.view(apex);
}

/** Whether `name` is the highest zone cut on the way to it. */
function delegates(parent: ZoneView, name: DomainName): boolean {
  const occluder = occluderAt(parent.apex, parent.get(name));
  return occluder?.kind === 'cut' && occluderAbove(parent, name) === undefined;
}
