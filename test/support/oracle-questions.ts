// What the oracle asks: names in, near and outside of zones, all types, several sorts of EDNS. The same on every run.

import { composeMessage } from '../../src/message/compose.ts';
import type { Edns } from '../../src/message/edns.ts';
import { makeQuery } from '../../src/message/message.ts';
import { scanType } from '../../src/rdata/table.ts';
import { RRClass } from '../../src/wire/iana.ts';
import {
  type DomainName,
  isSubdomain,
  MAX_NAME_LENGTH,
  parentName,
  scanName,
  showName,
  type WireName,
} from '../../src/wire/name.ts';
import type { MemoryZone } from './memory-zone.ts';
import { name } from './rr.ts';

/** One question and how it is sent. */
export interface OracleQuestion {
  readonly qname: DomainName;
  readonly qtype: number;
  readonly edns: EdnsVariant;
}

/** Without EDNS; with it and a payload size; with it and DO. */
export type EdnsVariant = 'none' | '1232' | '512' | '4096 do';

const TYPES: readonly number[] =
  'A AAAA NS CNAME DNAME SOA PTR MX TXT SPF SRV CAA NAPTR HINFO LOC RP AFSDB SSHFP TLSA SMIMEA OPENPGPKEY URI SVCB HTTPS DS CDS DNSKEY CDNSKEY RRSIG NSEC NSEC3 NSEC3PARAM ZONEMD CERT ANY TYPE65280 TYPE1000'
    .split(' ')
    .map((text) => scanType(text) ?? 0);

const VARIANTS: readonly EdnsVariant[] = ['none', '1232', '512', '4096 do'];

const OUTSIDE = [
  'test.',
  'example.',
  'www.other.test.',
  'xbig.test.',
  'g.test.',
  '.',
  'big.test.example.',
].map((text) => name(text));

/**
 * Every owner with each of its own types and one other; names near owners, and names outside, with types in turn.
 * `rounds` times over the near names.
 */
export function* oracleQuestions(zones: readonly MemoryZone[], rounds: number): Iterable<OracleQuestion> {
  let turn = 0;
  const ask = (qname: DomainName, qtype: number): OracleQuestion => {
    turn++;
    return { qname, qtype, edns: VARIANTS[turn % VARIANTS.length] ?? 'none' };
  };
  const inTurn = (): number => TYPES[(turn * 7) % TYPES.length] ?? 0;
  for (const zone of zones) {
    for (const { name: owner, rrsets } of zone.owners()) {
      for (const { type } of rrsets) yield ask(owner, type);
      yield ask(owner, inTurn());
    }
    for (const type of TYPES) for (const _ of VARIANTS) yield ask(zone.apex, type);
  }
  for (let round = 0; round < rounds; round++) {
    for (const zone of zones) {
      for (const { name: owner } of zone.owners()) {
        for (const near of namesNear(owner, zone.apex, round)) yield ask(near, turn % 3 === 0 ? inTurn() : 1);
      }
    }
  }
  for (const outside of OUTSIDE) for (const type of TYPES) yield ask(outside, type);
}

/** The query of `question`, in mixed case (0x20), ID 0. */
export function composeQuestion({ qname, qtype, edns }: OracleQuestion): Uint8Array {
  const question = { name: mixCase(qname), type: qtype, class: RRClass.IN };
  return composeMessage(makeQuery(0, question, { edns: EDNS[edns] }));
}

// --- helpers ---

const EDNS: Readonly<Record<EdnsVariant, Edns | undefined>> = {
  none: undefined,
  '1232': { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] },
  '512': { udpPayloadSize: 512, version: 0, dnssecOk: false, options: [] },
  '4096 do': { udpPayloadSize: 4096, version: 0, dnssecOk: true, options: [] },
};

function namesNear(owner: DomainName, apex: DomainName, round: number): DomainName[] {
  const shown = showName(owner);
  const parent = parentName(owner);
  const candidates = [
    [`x.${shown}`],
    [`x.y.${shown}`, `*.${shown}`],
    parent === undefined ? [] : [`x${round}.${showName(parent)}`, showName(parent)],
    [`ent.${shown}`, `a.b.c.${shown}`],
  ][round % 4];
  return (candidates ?? []).flatMap((text) => {
    const near = fittingName(text);
    return near === undefined || !isSubdomain(near, apex) ? [] : [near];
  });
}

function fittingName(text: string): DomainName | undefined {
  return text.length > MAX_NAME_LENGTH - 5 ? undefined : name(text);
}

function mixCase(qname: DomainName): WireName {
  const text = showName(qname).replace(/[a-z]/g, (letter, at: number) =>
    at % 3 === 0 ? letter.toUpperCase() : letter,
  );
  return scanName(text, undefined);
}
