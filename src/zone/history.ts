import type { RR } from './record.ts';

/**
 * One step of a zone's history, from one serial to the next: records that went and records that came, the SOA among
 * both. A changed TTL is a record that went and one that came. This is what IXFR carries (RFC 1995 §4).
 */
export interface ZoneStep {
  readonly serialFrom: number;
  readonly serialTo: number;
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
}
