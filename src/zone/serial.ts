// Serial numbers of zones: RFC 1982 arithmetic over the SERIAL field of the SOA (RFC 1035 §3.3.13).

import { apexSoa } from './owner.ts';
import type { ZoneView } from './view.ts';

/** Whether serial `a` comes after `b` (RFC 1982 §3.2). Two serials exactly 2^31 apart are not ordered: false. */
export function isSerialAhead(a: number, b: number): boolean {
  const distance = (a - b) >>> 0;
  return distance !== 0 && distance < 0x8000_0000;
}

/**
 * The serial a changed zone gets: the wished one when it is ahead of the current one, otherwise the next.
 * Zero is passed over, since some secondaries take it for "no serial".
 */
export function nextSerial(current: number, wished?: number): number {
  if (wished !== undefined && isSerialAhead(wished, current)) return wished;
  return (current + 1) >>> 0 || 1;
}

/** The SERIAL of SOA RDATA. Its five numbers end the RDATA, after two uncompressed names. */
export function soaSerial(rdata: Uint8Array): number {
  const at = rdata.length - NUMBERS;
  return new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength).getUint32(at);
}

/** The serial of a zone; 0 when it has no SOA. */
export function serialOf(view: ZoneView): number {
  const soa = apexSoa(view);
  return soa === undefined ? 0 : soaSerial(soa.rdata);
}

/** A copy of SOA RDATA with another SERIAL. */
export function soaWithSerial(rdata: Uint8Array, serial: number): Uint8Array {
  const copy = new Uint8Array(rdata);
  new DataView(copy.buffer).setUint32(copy.length - NUMBERS, serial);
  return copy;
}

/** What SOA RDATA says of refreshing a secondary zone, in seconds (RFC 1035 §3.3.13). */
export interface SoaNumbers {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
}

/** REFRESH, RETRY and EXPIRE of SOA RDATA. */
export function soaNumbers(rdata: Uint8Array): SoaNumbers {
  const numbers = new DataView(rdata.buffer, rdata.byteOffset + rdata.byteLength - NUMBERS, NUMBERS);
  return { refresh: numbers.getUint32(4), retry: numbers.getUint32(8), expire: numbers.getUint32(12) };
}

/** SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM: four octets each. */
const NUMBERS = 20;
