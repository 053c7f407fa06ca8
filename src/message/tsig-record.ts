// The TSIG record and what of it is signed. RFC 8945 §4.
import { MalformedMessageError } from '../wire/errors.ts';
import { RRClass, RRType } from '../wire/iana.ts';
import { foldName, parseName, type WireName } from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';
import type { SignatureRecord } from './message.ts';

/** A TSIG record taken apart (RFC 8945 §4.2). */
export interface Tsig {
  /** The record's owner. Case is as it was sent. */
  readonly keyName: WireName;
  /** Case is as it was sent. */
  readonly algorithmName: WireName;
  /** Seconds since 1970, 48 bits. */
  readonly timeSigned: number;
  /** Seconds that {@link timeSigned} may be off. */
  readonly fudge: number;
  readonly mac: Uint8Array;
  readonly originalId: number;
  /** See `TsigError`; 0 is none. */
  readonly error: number;
  /** With BADTIME the server's time, otherwise empty. */
  readonly otherData: Uint8Array;
}

/** Takes the record apart. Throws {@link MalformedMessageError}; its offset counts from the message start. */
export function parseTsig(record: SignatureRecord): Tsig {
  if (record.class !== RRClass.ANY || record.ttl !== 0) {
    throw new MalformedMessageError('TSIG record that is not of class ANY and TTL 0', record.offset);
  }
  const reader = new WireReader(record.rdata);
  try {
    const tsig = {
      keyName: record.owner,
      algorithmName: parseName(reader),
      timeSigned: reader.u48(),
      fudge: reader.u16(),
      mac: reader.take(reader.u16()),
      originalId: reader.u16(),
      error: reader.u16(),
      otherData: reader.take(reader.u16()),
    };
    if (reader.remaining === 0) return tsig;
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause;
  }
  throw new MalformedMessageError('TSIG record with broken data', record.offset);
}

/** Octets that the record takes in a message. */
export function tsigLength({ keyName, algorithmName, mac, otherData }: Tsig): number {
  return keyName.length + 10 + algorithmName.length + 16 + mac.length + otherData.length;
}

/**
 * The message `octets` with the record as its last (RFC 8945 §5.1). Throws `NoRoomError` when that is over 65535
 * octets.
 */
export function appendTsig(octets: Uint8Array, tsig: Tsig): Uint8Array {
  const writer = new WireWriter(65_535, octets.length + tsigLength(tsig));
  writer.bytes(octets);
  writer.patchU16(ARCOUNT_AT, additionalCount(octets) + 1);
  writer.bytes(tsig.keyName);
  writer.u16(RRType.TSIG);
  writer.u16(RRClass.ANY);
  writer.u32(0);
  writer.u16(tsig.algorithmName.length + 16 + tsig.mac.length + tsig.otherData.length);
  writer.bytes(tsig.algorithmName);
  writer.u48(tsig.timeSigned);
  writer.u16(tsig.fudge);
  writer.u16(tsig.mac.length);
  writer.bytes(tsig.mac);
  writer.u16(tsig.originalId);
  writer.u16(tsig.error);
  writer.u16(tsig.otherData.length);
  writer.bytes(tsig.otherData);
  return writer.length === writer.buffer.length ? writer.buffer : writer.finish();
}

// --- what is signed ---

/** A MAC that goes before a message: that of the request, or of the message before (RFC 8945 §4.3.1, §5.3.1). */
export function digestedMac(mac: Uint8Array): readonly Uint8Array[] {
  return [Uint8Array.of(mac.length >>> 8, mac.length), mac];
}

/** The message as it was before the TSIG record at `offset` was added, its ID the original one (RFC 8945 §4.3.2). */
export function digestedMessage(
  octets: Uint8Array,
  offset: number,
  originalId: number,
): readonly Uint8Array[] {
  const header = Uint8Array.from(octets.subarray(0, HEADER_LENGTH));
  header[0] = originalId >>> 8;
  header[1] = originalId;
  const count = additionalCount(octets) - 1;
  header[ARCOUNT_AT] = count >>> 8;
  header[ARCOUNT_AT + 1] = count;
  return [header, octets.subarray(HEADER_LENGTH, offset)];
}

/** The record's own part, names in lower case (RFC 8945 §4.3.3). */
export function digestedVariables(tsig: Tsig): Uint8Array {
  const { keyName, algorithmName, otherData } = tsig;
  const length = keyName.length + algorithmName.length + otherData.length + 18;
  const writer = new WireWriter(length, length);
  writer.bytes(foldName(keyName));
  writer.u16(RRClass.ANY);
  writer.u32(0);
  writer.bytes(foldName(algorithmName));
  writer.u48(tsig.timeSigned);
  writer.u16(tsig.fudge);
  writer.u16(tsig.error);
  writer.u16(otherData.length);
  writer.bytes(otherData);
  return writer.buffer; // full
}

/** What stands for the variables from the second message of a stream on (RFC 8945 §5.3.1). */
export function digestedTimers({ timeSigned, fudge }: Tsig): Uint8Array {
  const writer = new WireWriter(8);
  writer.u48(timeSigned);
  writer.u16(fudge);
  return writer.finish();
}

const HEADER_LENGTH = 12;
const ARCOUNT_AT = 10;

function additionalCount(octets: Uint8Array): number {
  return ((octets[ARCOUNT_AT] ?? 0) << 8) | (octets[ARCOUNT_AT + 1] ?? 0);
}
