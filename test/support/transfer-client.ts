import { randomInt } from 'node:crypto';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, type MessageRecord, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { type DomainName, foldName } from '../../src/wire/name.ts';
import { soaSerial } from '../../src/zone/serial.ts';
import { showRecord } from './rr.ts';
import { askOverTcp } from './tcp-exchange.ts';

/** A zone as a secondary holds it: its serial, and its records as sorted lines, the SOA among them. */
export interface TransferredZone {
  readonly serial: number;
  readonly records: readonly string[];
}

/** Fetches a zone whole, every message signed. Throws unless the transfer is complete and well signed. */
export async function axfr(port: number, apex: DomainName, key: TsigKey): Promise<TransferredZone> {
  const records = await transfer(port, key, makeQuery(randomInt(65_536), question(apex, RRType.AXFR)));
  return zoneOf(records.slice(0, -1));
}

/** Makes `zone` what the server has now, by IXFR: a difference, or the whole zone where the server says so. */
export async function ixfr(
  port: number,
  apex: DomainName,
  key: TsigKey,
  zone: TransferredZone & { readonly soa: MessageRecord },
): Promise<TransferredZone> {
  const query = makeQuery(randomInt(65_536), question(apex, RRType.IXFR), { authorities: [zone.soa] });
  const [newest, ...rest] = await transfer(port, key, query);
  if (newest === undefined || rest.length === 0) return { serial: zone.serial, records: zone.records };
  if (rest[0]?.type !== RRType.SOA) return zoneOf([newest, ...rest.slice(0, -1)]);
  const held = new Set(zone.records);
  let isRemoving = false;
  for (const record of rest.slice(0, -1)) {
    if (record.type === RRType.SOA) isRemoving = !isRemoving;
    const line = lineOf(record);
    if (isRemoving && !held.delete(line)) throw new Error(`IXFR removes what is not there: ${line}`);
    if (!isRemoving && held.has(line)) throw new Error(`IXFR adds what is there: ${line}`);
    if (!isRemoving) held.add(line);
  }
  return { serial: soaSerial(newest.rdata), records: [...held].sort() };
}

/** The SOA record that a server answers with. */
export async function soaOf(port: number, apex: DomainName): Promise<MessageRecord> {
  let soa: MessageRecord | undefined;
  await askOverTcp(port, composeMessage(makeQuery(9, question(apex, RRType.SOA))), (octets) => {
    soa = parseMessage(octets).answers[0];
    return true;
  });
  if (soa === undefined) throw new Error('no SOA in the answer');
  return soa;
}

async function transfer(port: number, key: TsigKey, query: Message): Promise<readonly MessageRecord[]> {
  const nowS = Date.now() / 1000;
  const { octets, replies } = signRequest(composeMessage(query), key, nowS);
  const records: MessageRecord[] = [];
  let soas = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let trouble: string | undefined;
  await askOverTcp(port, octets, (reply) => {
    const message = parseMessage(reply);
    const signature = replies.verify(reply, message, nowS);
    if (message.rcode !== 0) trouble = showRcode(message.rcode);
    if (signature.kind !== 'good') trouble = `signature ${signature.kind}`;
    for (const record of message.answers) {
      if (record.type === RRType.SOA) soas++;
      records.push(record);
    }
    const [first, second] = records;
    if (query.authorities.length === 0 || (second !== undefined && second.type !== RRType.SOA)) wanted = 2;
    else if (second === undefined) wanted = 1;
    else wanted = Number.POSITIVE_INFINITY;
    const last = records.at(-1);
    const isDifference = wanted === Number.POSITIVE_INFINITY;
    const ended = isDifference
      ? soas % 2 === 0 && records.length > 2 && last?.type === RRType.SOA && sameSerial(last, first)
      : soas === wanted;
    return trouble !== undefined || ended;
  });
  if (trouble !== undefined) throw new Error(`the transfer failed: ${trouble}`);
  return records;
}

function sameSerial(a: MessageRecord, b: MessageRecord | undefined): boolean {
  return b !== undefined && soaSerial(a.rdata) === soaSerial(b.rdata);
}

function question(apex: DomainName, type: number) {
  return { name: apex, type, class: RRClass.IN };
}

function zoneOf(records: readonly MessageRecord[]): TransferredZone {
  const soa = records[0];
  if (soa === undefined) throw new Error('an empty transfer');
  return { serial: soaSerial(soa.rdata), records: records.map(lineOf).sort() };
}

function lineOf(record: MessageRecord): string {
  return showRecord({ ...record, owner: foldName(record.owner) });
}
