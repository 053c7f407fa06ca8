// One check of a zone against one of its primaries: is there something newer, and if so, here with it.
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { ExchangeError } from '../client/errors.ts';
import type { Exchanger } from '../client/exchange.ts';
import type { TransferClient } from '../client/transfer-client.ts';
import { makeQuery } from '../message/message.ts';
import type { TsigKey } from '../message/tsig-key.ts';
import type { ZoneDatabase } from '../store/database.ts';
import { ChangeMismatchError } from '../store/errors.ts';
import { PackedRecords } from '../store/packed-records.ts';
import type { Received, ZoneReceiver } from '../store/zone-receiver.ts';
import { TransferReader } from '../transfer/incoming.ts';
import { IncomingTransferError } from '../transfer/incoming-error.ts';
import type { IncomingTransfer } from '../transfer/incoming-records.ts';
import { Rcode, RRClass, RRType, showRcode } from '../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';
import { apexSoa } from '../zone/owner.ts';
import type { RR } from '../zone/record.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';

/** A server that a zone is fetched from. */
export interface Primary {
  readonly endpoint: Endpoint;
  readonly key: TsigKey | undefined;
}

/** What checks are made with. */
export interface FetchTools {
  readonly exchanger: Pick<Exchanger, 'ask'>;
  readonly client: Pick<TransferClient, 'fetch'>;
  readonly receiver: Pick<ZoneReceiver, 'takeWhole' | 'takeSteps'>;
  readonly database: ZoneDatabase;
  /** Octets of one transfer. */
  readonly maxOctets: number;
}

/** What a check found. */
export type FetchOutcome =
  /** Nothing newer; `serial` is the primary's, which may be behind ours. */
  | { readonly kind: 'current'; readonly serial: number }
  | { readonly kind: 'taken'; readonly received: Received };

/** One check. */
export interface ZoneCheck {
  readonly apex: DomainName;
  readonly primary: Primary;
  /** Fetches the whole zone, whatever its serial. */
  readonly isFull: boolean;
  readonly signal: AbortSignal;
  /** Records of a transfer so far. */
  onProgress(records: number): Promise<void>;
  /** Says why the whole zone is fetched although differences were asked for. */
  onFallback(reason: string): void;
}

/** The SOA of a stored zone; `undefined` when the zone is not here. */
export function storedSoa(database: ZoneDatabase, apex: DomainName): RR | undefined {
  return database.zone(apex) === undefined ? undefined : apexSoa(database.view(apex));
}

/** Makes one check. Throws {@link ExchangeError}, {@link IncomingTransferError}, and what the receiver throws. */
export async function fetchZone(check: ZoneCheck, tools: FetchTools): Promise<FetchOutcome> {
  return await new Fetch(check, tools).run();
}

class Fetch {
  readonly #check: ZoneCheck;
  readonly #tools: FetchTools;

  constructor(check: ZoneCheck, tools: FetchTools) {
    this.#check = check;
    this.#tools = tools;
  }

  async run(): Promise<FetchOutcome> {
    const { apex, isFull } = this.#check;
    const here = storedSoa(this.#tools.database, apex);
    if (here === undefined || isFull) return await this.#fetch(undefined);
    const known = (await this.#askDifferences(here)) ?? (await this.#askSerial(here));
    if (known !== undefined) return known;
    try {
      return await this.#fetch(here);
    } catch (error) {
      if (!isWorthWhole(error)) throw error;
      this.#check.onFallback(error.message);
      return await this.#fetch(undefined);
    }
  }

  /**
   * IXFR over UDP (RFC 1995 §2): one question and often the whole answer. Only where both sign: zone data that anybody
   * could have sent is not taken. `undefined`: that did not say it.
   */
  async #askDifferences(here: RR): Promise<FetchOutcome | undefined> {
    const { apex, primary, signal } = this.#check;
    const { key, endpoint } = primary;
    if (key === undefined) return undefined;
    const question = { name: apex, type: RRType.IXFR, class: RRClass.IN };
    const query = makeQuery(0, question, {
      authorities: [{ ...here, class: RRClass.IN }],
      edns: { udpPayloadSize: PAYLOAD, version: 0, dnssecOk: false, options: [] },
    });
    const message = await this.#tools.exchanger.ask(query, endpoint, { key, signal });
    if (message.rcode !== Rcode.NOERROR || message.answers.length === 0) return undefined;
    const records = new PackedRecords(apex, 0);
    const reader = new TransferReader({
      apex,
      serial: soaSerial(here.rdata),
      id: message.id,
      maxOctets: this.#tools.maxOctets,
      verifier: undefined, // it is verified
      onRecord: (rr) => records.add(rr),
    });
    try {
      reader.takeMessage(message, 0);
      return reader.result === undefined ? undefined : await this.#take(reader.result, records);
    } catch (error) {
      if (isWorthWhole(error)) return undefined; // TCP will say it again, or better
      throw error;
    }
  }

  /** Asks for the SOA. `undefined`: there is something newer. */
  async #askSerial(here: RR): Promise<FetchOutcome | undefined> {
    const { apex, primary, signal } = this.#check;
    const { key, endpoint } = primary;
    const query = makeQuery(0, { name: apex, type: RRType.SOA, class: RRClass.IN });
    const message = await this.#tools.exchanger.ask(query, endpoint, { key, signal });
    const where = showEndpoint(endpoint);
    if (message.rcode !== Rcode.NOERROR) {
      throw new IncomingTransferError('refused', `${where} answers SOA with ${showRcode(message.rcode)}`);
    }
    const soa = message.answers.find(
      ({ type, owner, class: rrClass }) =>
        type === RRType.SOA && rrClass === RRClass.IN && equalNames(owner, apex),
    );
    if (soa === undefined || !message.flags.aa) {
      const what = soa === undefined ? 'has no SOA of' : 'is not authoritative for';
      throw new IncomingTransferError('refused', `${where} ${what} ${showName(apex)}: is the zone there?`);
    }
    const serial = soaSerial(soa.rdata);
    return isSerialAhead(serial, soaSerial(here.rdata)) ? undefined : { kind: 'current', serial };
  }

  async #fetch(soa: RR | undefined): Promise<FetchOutcome> {
    const { apex, primary, signal, onProgress } = this.#check;
    const { client, maxOctets } = this.#tools;
    const records = new PackedRecords(apex, 0);
    const transfer = await client.fetch({
      apex,
      from: primary.endpoint,
      key: primary.key,
      soa,
      maxOctets,
      onRecord: (rr) => records.add(rr),
      onMessage: onProgress,
      signal,
    });
    return await this.#take(transfer, records);
  }

  async #take(transfer: IncomingTransfer, records: PackedRecords): Promise<FetchOutcome> {
    const { apex, primary } = this.#check;
    const { receiver } = this.#tools;
    const from = showEndpoint(primary.endpoint);
    switch (transfer.kind) {
      case 'current':
        return { kind: 'current', serial: soaSerial(transfer.soa.rdata) };
      case 'whole':
        return { kind: 'taken', received: await receiver.takeWhole(records, from) };
      case 'steps':
        return { kind: 'taken', received: await receiver.takeSteps(apex, transfer.steps, from) };
      default:
        return transfer satisfies never;
    }
  }
}

// --- helpers ---

/** What passes every path without fragments. */
const PAYLOAD = 1232;

/** Whether the whole zone may be had where the differences could not. */
function isWorthWhole(error: unknown): error is Error {
  if (error instanceof IncomingTransferError) return error.flaw !== 'signature';
  if (error instanceof ExchangeError) return error.failure === 'unreachable' || error.failure === 'malformed';
  return error instanceof ChangeMismatchError;
}
