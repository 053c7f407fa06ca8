import type { DomainName } from '../wire/name.ts';
import type { Owner } from './record.ts';

/** A zone as checks, transfers and the image read it: at one serial, all of it, nothing hidden. */
export interface ZoneView {
  readonly apex: DomainName;
  /** What `name` owns in this zone; `undefined` when it owns nothing (an empty non-terminal included). */
  get(name: DomainName): Owner | undefined;
  /** Every owner, in canonical order (RFC 4034 §6.1), so that the apex comes first. */
  owners(): Iterable<Owner>;
  /** Every owner strictly below `name`, in canonical order. */
  ownersBelow(name: DomainName): Iterable<Owner>;
}
