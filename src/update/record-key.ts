import { latin1 } from '../base/latin1.ts';
import { canonicalRdata } from '../rdata/table.ts';

/** What RDATA of one owner and type are compared by: their canonical form (RFC 4034 §6.2) as Latin-1 text. */
export function rdataKey(type: number, rdata: Uint8Array): string {
  // Records of classes ANY and NONE may have no data at all, of any type (RFC 2136 §2.5).
  return latin1(rdata.length === 0 ? rdata : canonicalRdata(type, rdata));
}
