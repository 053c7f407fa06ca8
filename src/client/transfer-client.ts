import { connect } from 'node:net';
import type { Effects } from '../base/effects.ts';
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { WaypostError } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { composeMessage } from '../message/compose.ts';
import { type MessageRecord, makeQuery } from '../message/message.ts';
import type { TsigKey } from '../message/tsig-key.ts';
import { signRequest } from '../message/tsig-signer.ts';
import { TransferReader } from '../transfer/incoming.ts';
import type { IncomingTransfer } from '../transfer/incoming-records.ts';
import { RRClass, RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import type { RR } from '../zone/record.ts';
import { soaSerial } from '../zone/serial.ts';
import { explain, framed } from './attempt.ts';
import { ExchangeError } from './errors.ts';

/** One transfer to be asked for. */
export interface WantedTransfer {
  readonly apex: DomainName;
  readonly from: Endpoint;
  readonly key: TsigKey | undefined;
  /** The SOA that is here: asks for differences (IXFR). Without it the whole zone is asked for (AXFR). */
  readonly soa: RR | undefined;
  readonly maxOctets: number;
  /** Gets each record of a whole zone. What it got is void when the transfer fails. */
  onRecord(rr: RR): void;
  /** Called after each message, with the records so far; the next one is read when it resolves. */
  onMessage?(records: number): Promise<void>;
  readonly signal: AbortSignal;
}

/** What a client works with. */
export interface TransferClientOptions {
  readonly effects: Pick<Effects, 'nowMs' | 'randomOctets'>;
  readonly timers: Timers;
  readonly timeouts?: Partial<TransferTimeouts>;
}

/** How long is waited, in milliseconds. */
export interface TransferTimeouts {
  /** For the connection. */
  readonly connectMs: number;
  /** For the next octets. */
  readonly idleMs: number;
  /** For all of it. */
  readonly totalMs: number;
}

/**
 * Fetches zones over TCP: reads message by message, each checked before the next is read, so that the primary sends no
 * faster than is taken in.
 */
export class TransferClient {
  readonly #options: TransferClientOptions;
  readonly #timeouts: TransferTimeouts;

  constructor(options: TransferClientOptions) {
    this.#options = options;
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
  }

  /** Resolves with the whole transfer, checked. Rejects with {@link ExchangeError}, `IncomingTransferError`. */
  async fetch(wanted: WantedTransfer): Promise<IncomingTransfer> {
    const { effects, timers } = this.#options;
    const { from, signal, key } = wanted;
    const [high = 0, low = 0] = effects.randomOctets(2);
    const id = (high << 8) | low;
    const query = composeTransferQuery(id, wanted.apex, wanted.soa);
    const signed = key === undefined ? undefined : signRequest(query, key, effects.nowMs() / 1000);
    const reader = new TransferReader({
      apex: wanted.apex,
      serial: wanted.soa === undefined ? undefined : soaSerial(wanted.soa.rdata),
      id,
      maxOctets: wanted.maxOctets,
      verifier: signed?.replies,
      onRecord: (rr) => wanted.onRecord(rr),
    });
    const socket = connect({ host: from.address, port: from.port, noDelay: true });
    const { connectMs, idleMs, totalMs } = this.#timeouts;
    const giveUp = (failure: 'timeout' | 'aborted', what: string): void => {
      socket.destroy(new ExchangeError(failure, `${showEndpoint(from)} ${what}`));
    };
    const abort = (): void => giveUp('aborted', 'was not heard to the end: given up');
    let stopIdle = timers.after(connectMs, () =>
      giveUp('timeout', `took no TCP connection in ${connectMs / 1000} s`),
    );
    const stopTotal = timers.after(totalMs, () =>
      giveUp('timeout', `has not sent the whole zone in ${totalMs / 1000} s`),
    );
    const waitFor = (what: string): void => {
      stopIdle();
      stopIdle = timers.after(idleMs, () => giveUp('timeout', `${what} for ${idleMs / 1000} s`));
    };
    socket.on('connect', () => waitFor('has not answered'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    try {
      socket.write(framed(signed?.octets ?? query));
      const messages = new Unframer();
      for await (const part of socket) {
        stopIdle(); // while what has come is worked on, nobody is waited for
        for (const octets of messages.take(part)) {
          const isLast = reader.take(octets, effects.nowMs() / 1000);
          await wanted.onMessage?.(reader.records);
          if (isLast && reader.result !== undefined) return reader.result;
        }
        waitFor('has sent nothing more');
      }
      const message = `${showEndpoint(from)} ended the transfer after ${reader.records} records, before its end`;
      throw new ExchangeError('unreachable', message);
    } catch (error) {
      throw error instanceof WaypostError ? error : explain(error, from, 'TCP');
    } finally {
      stopIdle();
      stopTotal();
      signal.removeEventListener('abort', abort);
      socket.on('error', () => {}); // it is of no interest any more
      socket.destroy();
    }
  }
}

/** A query for AXFR, or with an SOA for IXFR (RFC 1995 §3). */
function composeTransferQuery(id: number, apex: DomainName, soa: RR | undefined): Uint8Array {
  const type = soa === undefined ? RRType.AXFR : RRType.IXFR;
  const authorities: MessageRecord[] = soa === undefined ? [] : [{ ...soa, class: RRClass.IN }];
  return composeMessage(makeQuery(id, { name: apex, type, class: RRClass.IN }, { authorities }));
}

// --- helpers ---

const TIMEOUTS: TransferTimeouts = { connectMs: 5000, idleMs: 30_000, totalMs: 3_600_000 };

/** Cuts a stream into messages (RFC 1035 §4.2.2). */
class Unframer {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole now. Those before the next call share memory with `part`. */
  *take(part: Buffer): Iterable<Uint8Array> {
    let octets = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    while (octets.length >= 2) {
      const end = 2 + octets.readUInt16BE(0);
      if (octets.length < end) break;
      // A copy: unsigned messages are kept until the next signed one.
      yield new Uint8Array(octets.subarray(2, end));
      octets = octets.subarray(end);
    }
    this.#rest = octets;
  }
}
