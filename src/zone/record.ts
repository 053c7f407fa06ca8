import type { DomainName } from '../wire/name.ts';

/** One resource record of a zone; class IN. RDATA is in uncompressed wire form, case in its names kept. */
export interface RR {
  readonly owner: DomainName;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

/** Records of one owner and type (RFC 9499); they share one TTL (RFC 2181 §5.2) and are never none. */
export interface RRset {
  readonly type: number;
  readonly ttl: number;
  readonly rdatas: readonly Uint8Array[];
}

/** Everything one owner has in one zone, in the order of types. */
export interface Owner {
  readonly name: DomainName;
  readonly rrsets: readonly RRset[];
}
