// What the tests of RFC 2136 are written with.

import { scanAddress } from '../../src/base/ip.ts';
import { scanNetwork } from '../../src/base/network.ts';
import type { Message } from '../../src/message/message.ts';
import { makeQuery } from '../../src/message/message.ts';
import type { Refusal } from '../../src/message/refusal.ts';
import { scanType } from '../../src/rdata/table.ts';
import { applyUpdates } from '../../src/update/apply.ts';
import { type AcceptedUpdate, decideUpdate } from '../../src/update/decide.ts';
import { scanNamePattern } from '../../src/update/name-pattern.ts';
import type { Grant, UpdateRules } from '../../src/update/permission.ts';
import { checkPrerequisites } from '../../src/update/prerequisites.ts';
import { prescan } from '../../src/update/prescan.ts';
import { openRequest, type UpdateRecord } from '../../src/update/request.ts';
import { Opcode, Rcode, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { equalNames, foldName, scanName } from '../../src/wire/name.ts';
import { type MemoryZone, memoryZone } from './memory-zone.ts';
import { name, scanRecord, showRecord } from './rr.ts';

/** A small zone; `more` is put after its SOA, NS and addresses. */
export function smallZone(more = ''): MemoryZone {
  return memoryZone(
    'example.test',
    `
@     300 SOA ns1 hostmaster 5 7200 900 1209600 300
@     300 NS  ns1
@     300 NS  ns2
ns1   300 A   192.0.2.53
ns2   300 A   192.0.2.54
www   60  A   192.0.2.1
www   60  A   192.0.2.2
www   60  TXT "hello"
alias 60  CNAME www
a.ent 60  A   192.0.2.9
${more}`,
  );
}

/**
 * A record as the sections of an UPDATE hold it: `www 60 A 192.0.2.1`, `www 0 NONE A 192.0.2.1`, and without data
 * `www 0 ANY A`, `www 0 ANY ANY`.
 */
export function updateRecord(line: string, apex = 'example.test'): UpdateRecord {
  const bare = /^(\S+) (\d+) (ANY|NONE|IN|CH) (\S+)$/.exec(line);
  if (bare === null) {
    const isAny = / ANY /.test(line); // which the scanner would take for a type
    const record = scanRecord(line.replace(' ANY ', ' IN '), name(apex));
    return { ...record, class: isAny ? RRClass.ANY : record.class, owner: foldName(record.owner) };
  }
  const [, owner = '', ttl = '', rrClass = '', type = ''] = bare;
  return {
    owner: foldName(scanName(owner, name(apex))),
    type: type === 'ANY' ? RRType.ANY : (scanType(type) ?? 0),
    class: { ANY: RRClass.ANY, NONE: RRClass.NONE, IN: RRClass.IN, CH: RRClass.CH }[rrClass] ?? 0,
    ttl: Number(ttl),
    rdata: new Uint8Array(0),
  };
}

/** The RCODE that prerequisites get. */
export function prerequisites(zone: MemoryZone, ...lines: string[]): string {
  return rcodeOf(
    checkPrerequisites(
      lines.map((line) => updateRecord(line)),
      zone,
    ),
  );
}

/** The RCODE that the prescan gives an Update Section. */
export function prescanned(...lines: string[]): string {
  return rcodeOf(
    prescan(
      lines.map((line) => updateRecord(line)),
      name('example.test'),
    ),
  );
}

/** What updates change: lines of `- record` and `+ record`. */
export function changed(zone: MemoryZone, ...lines: string[]): string[] {
  return showDifference(
    applyUpdates(
      zone,
      lines.map((line) => updateRecord(line)),
    ),
  );
}

/** See {@link changed}. */
export function showDifference({ removed, added }: Pick<AcceptedUpdate, 'removed' | 'added'>): string[] {
  return [...removed.map((rr) => `- ${showRecord(rr)}`), ...added.map((rr) => `+ ${showRecord(rr)}`)];
}

/** An UPDATE message for example.test. */
export function updateMessage(parts: {
  readonly zone?: string;
  readonly prerequisites?: readonly string[];
  readonly updates?: readonly string[];
  readonly rest?: Partial<Message>;
}): Message {
  const zone = parts.zone ?? 'example.test';
  const apex = zone === '.' ? 'example.test' : zone;
  return makeQuery(
    1,
    { name: name(zone), type: RRType.SOA, class: RRClass.IN },
    {
      opcode: Opcode.UPDATE,
      answers: (parts.prerequisites ?? []).map((line) => updateRecord(line, apex)),
      authorities: (parts.updates ?? []).map((line) => updateRecord(line, apex)),
      ...parts.rest,
    },
  );
}

/** A grant as configuration writes it. */
export function grant(row: {
  readonly key: string;
  readonly names: readonly string[];
  readonly types?: readonly string[];
  readonly action?: 'edit' | 'judge';
  readonly load?: boolean;
  readonly from?: readonly string[];
}): Grant {
  const apex = name('example.test');
  return {
    key: name(row.key),
    names: row.names.map((text) => scanNamePattern(text, apex)),
    types: row.types?.map((text) => scanType(text) ?? 0),
    action: row.action ?? 'edit',
    load: row.load ?? false,
    from: row.from?.map((text) => scanNetwork(text) ?? failText(text)),
  };
}

/** The rules of example.test. */
export function rulesOf(...grants: Grant[]): UpdateRules {
  return { apex: name('example.test'), grants };
}

/** 2026-11-22T09:58:41Z */
export const NOW_SECONDS = 1_795_341_521;

/** What a key may do with a message: its difference as lines, or `RCODE: reason`. */
export function decided(
  zone: MemoryZone,
  rules: UpdateRules,
  key: string | undefined,
  message: Message,
  options: { readonly nowSeconds?: number; readonly from?: string } = {},
): string[] {
  const outcome = decide(zone, rules, key, message, options);
  return outcome.kind === 'refusal'
    ? [`${showRcode(outcome.rcode)}: ${outcome.reason}`]
    : showDifference(outcome);
}

/** See {@link decided}. */
export function decide(
  zone: MemoryZone,
  rules: UpdateRules,
  key: string | undefined,
  message: Message,
  options: { readonly nowSeconds?: number; readonly from?: string } = {},
): AcceptedUpdate | Refusal {
  const request = openRequest(message, (asked) => (equalNames(asked, zone.apex) ? zone.apex : undefined));
  if (request.kind === 'refusal') return request;
  const address = scanAddress(options.from ?? '192.0.2.200');
  const who = { key: key === undefined ? undefined : name(key), address };
  return decideUpdate(request, zone, { who, rules, nowSeconds: options.nowSeconds ?? NOW_SECONDS });
}

/** The mnemonic of a refusal's RCODE; NOERROR without one. */
export function rcodeOf(refusal: Refusal | undefined): string {
  return showRcode(refusal?.rcode ?? Rcode.NOERROR);
}

function failText(text: string): never {
  throw new Error(`the test has a bad network: ${text}`);
}
