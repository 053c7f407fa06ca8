import type { Endpoint } from '../base/endpoint.ts';
import type { TsigKey } from '../message/tsig-key.ts';
import { IncomingTransferError } from '../transfer/incoming-error.ts';
import type { DomainName } from '../wire/name.ts';
import type { RR } from '../zone/record.ts';
import { soaSerial } from '../zone/serial.ts';
import type { TransferClient } from './transfer-client.ts';

/** A zone to be read, and what of it is wanted. */
export interface WantedZone {
  readonly apex: DomainName;
  readonly from: Endpoint;
  /** Signs the request; then each message of the answer must be signed with it. */
  readonly key?: TsigKey | undefined;
  readonly signal: AbortSignal;
  /** Whether a record is kept; the others are forgotten as they come. */
  isWanted(rr: RR): boolean;
  /** Records that are kept at most; default 100,000. */
  readonly maxRecords?: number;
  /** Octets of the whole transfer; default 1 GiB. */
  readonly maxOctets?: number;
}

/** What of a zone was wanted, at one serial. */
export interface ReadZone {
  readonly serial: number;
  readonly records: readonly RR[];
}

/** Reads a zone by AXFR (RFC 5936). Rejects with `ExchangeError`, {@link IncomingTransferError}. */
export async function readZone(client: Pick<TransferClient, 'fetch'>, wanted: WantedZone): Promise<ReadZone> {
  const { maxRecords = MAX_RECORDS, maxOctets = MAX_OCTETS } = wanted;
  const records: RR[] = [];
  const { soa } = await client.fetch({
    apex: wanted.apex,
    from: wanted.from,
    key: wanted.key,
    soa: undefined,
    maxOctets,
    onRecord(rr) {
      if (!wanted.isWanted(rr)) return;
      if (records.length >= maxRecords) {
        throw new IncomingTransferError('too-large', `over ${maxRecords} records of the zone are wanted`);
      }
      records.push(rr);
    },
    signal: wanted.signal,
  });
  return { serial: soaSerial(soa.rdata), records };
}

const MAX_RECORDS = 100_000;
const MAX_OCTETS = 2 ** 30;
