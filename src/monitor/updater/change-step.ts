// One change of a name: the records that ask for it (RFC 2136 §2.5), and what the name holds when it is done.
import type { MessageRecord } from '../../message/message.ts';
import { composeSteeringLine, scanSteeringLine, showSteeringLine } from '../../steer/lines.ts';
import { DEFAULT_ATTRIBUTES } from '../../steer/member-line.ts';
import { RRClass, RRType } from '../../wire/iana.ts';
import { type DomainName, equalNames } from '../../wire/name.ts';
import type { RRset } from '../../zone/record.ts';
import { showLine, steeringOwner } from '../../zone/steering-owner.ts';
import { type FiledPull, type NameRecords, ownMarks, type Standing } from './known-name.ts';
import { composeMark, markOwner, reasonWord } from './marker.ts';
import { type Member, memberFromRecord, type UpdatedZone, type WatchedName } from './watched.ts';

/** One thing to do to a name. */
export type Change =
  /** Takes a member out of the answers. */
  | { readonly kind: 'pull'; readonly name: DomainName; readonly member: Member; readonly reason: string }
  /** Says again, before its lease ends, that a member is down. */
  | { readonly kind: 'renew'; readonly name: DomainName; readonly member: Member; readonly reason: string }
  /** Puts back what this monitor has pulled. */
  | { readonly kind: 'restore'; readonly name: DomainName; readonly member: Member; readonly reason: string }
  /** Removes a mark of ours beside a record that somebody else has put back. */
  | { readonly kind: 'tidy'; readonly name: DomainName; readonly member: Member; readonly reason: string }
  /** Sets `weight=` on the line of a member. */
  | {
      readonly kind: 'weigh';
      readonly name: DomainName;
      readonly member: Member;
      readonly weight: number;
      readonly reason: string;
    };

/** What a change depends on beside the records. */
export interface StepContext {
  readonly zone: Pick<UpdatedZone, 'action' | 'memory' | 'ttl' | 'leaseS'>;
  readonly watched: Pick<WatchedName, 'ttl'>;
  /** See `signerOf`. */
  readonly signer: DomainName;
  /** Seconds since 1970. */
  readonly nowS: number;
  /** What the file says of this name, by member text. */
  readonly filed: ReadonlyMap<string, FiledPull>;
}

/** What a change takes. */
export interface Step {
  readonly updates: readonly MessageRecord[];
  readonly after: NameRecords;
}

/** Works one change out; `undefined` when it cannot be said (a name or a line would be too long). */
export function stepFor(change: Change, records: NameRecords, context: StepContext): Step | undefined {
  if (change.kind === 'weigh') return weigh(change.member, change.weight, records);
  if (context.zone.action === 'judge') return judge(change, records, context);
  return context.zone.memory === 'file'
    ? editOnly(change, records, context)
    : editMarked(change, records, context);
}

/** TTL of lines that there were none of; seconds. */
const LINE_TTL = 60;

// --- edit: records go and come ---

function editOnly({ kind, member }: Change, records: NameRecords, context: StepContext): Step {
  if (kind === 'tidy') return { updates: [], after: records };
  if (kind === 'restore') {
    const ttl = restoredTtl(member, records, context, context.filed.get(member.text)?.ttl);
    return { updates: [added(records.name, member, ttl)], after: withMember(records, member, ttl) };
  }
  return { updates: [deleted(records.name, member)], after: withoutMember(records, member) };
}

/** As {@link editOnly}, and the mark goes and comes in the same message. */
function editMarked(change: Change, records: NameRecords, context: StepContext): Step | undefined {
  const { kind, member, reason } = change;
  const { signer, nowS } = context;
  const at = markOwner(records.name);
  if (at === undefined) return undefined;
  const old = ownMarks(records, signer).filter(({ mark }) => mark.member === member.text);
  const unmarking = old.map(({ rdata }) => line(at, RRClass.NONE, 0, rdata));
  const unmarked = old.reduce((left, { rdata }) => withoutLine(left, rdata), records);
  if (kind === 'tidy') return { updates: unmarking, after: unmarked };
  if (kind === 'restore') {
    const ttl = restoredTtl(member, records, context, old[0]?.mark.ttl);
    return {
      updates: [added(records.name, member, ttl), ...unmarking],
      after: withMember(unmarked, member, ttl),
    };
  }
  const { ttl } = records.sets.get(member.type) ?? {};
  const mark = { member: member.text, by: signer, since: nowS, ttl, reason: reasonWord(reason) };
  const rdata = composeMark(mark);
  if (rdata === undefined) return undefined;
  const marked = withLine(withoutMember(unmarked, member), rdata);
  return {
    updates: [
      deleted(records.name, member),
      ...unmarking,
      line(at, RRClass.IN, marked.lines?.ttl ?? LINE_TTL, rdata),
    ],
    after: marked,
  };
}

/** What was configured; or what the other records have, that the RRset stay of one TTL; or what it had. */
function restoredTtl(
  { type }: Member,
  { sets }: NameRecords,
  { zone, watched }: StepContext,
  before: number | undefined,
): number {
  return watched.ttl ?? zone.ttl ?? sets.get(type)?.ttl ?? before ?? LINE_TTL;
}

// --- judge: verdicts come and go, the server writes them ---

function judge({ kind, member }: Change, records: NameRecords, context: StepContext): Step {
  const { signer, nowS, zone } = context;
  const ttl = records.sets.get(member.type)?.ttl ?? LINE_TTL;
  const isDown = kind === 'pull' || kind === 'renew';
  const updates = [isDown ? deleted(records.name, member) : added(records.name, member, ttl)];
  const until = zone.leaseS === undefined ? undefined : nowS + zone.leaseS;
  if (records.stated !== undefined) {
    const before = records.stated.get(member.text);
    const since = before?.kind === 'out' ? before.since : nowS;
    const standing: Standing = isDown ? { kind: 'out', since, until, reason: undefined } : { kind: 'in' };
    return {
      updates,
      after: { ...records, stated: new Map([...records.stated, [member.text, standing]]) },
    };
  }
  const held = (records.lines?.rdatas ?? []).flatMap((rdata) => {
    const { line: said } = scanSteeringLine(showLine(rdata));
    if (said?.kind !== 'verdict' || said.verdict.member !== member.text) return [];
    return equalNames(said.verdict.by, signer) ? [{ rdata, verdict: said.verdict }] : [];
  });
  const free = held.reduce((left, { rdata }) => withoutLine(left, rdata), records);
  if (!isDown) return { updates, after: free };
  const since = kind === 'renew' ? (held[0]?.verdict.since ?? nowS) : nowS;
  const verdict = { member: member.text, by: signer, since, until, reason: held[0]?.verdict.reason };
  const rdata = composeSteeringLine(showSteeringLine({ kind: 'verdict', verdict }));
  return { updates, after: rdata === undefined ? free : withLine(free, rdata) };
}

// --- weights ---

/** The whole line is deleted and added, with nothing but the weight changed. */
function weigh(member: Member, weight: number, records: NameRecords): Step | undefined {
  const at = steeringOwner(records.name);
  if (at === undefined) return undefined;
  const old = (records.lines?.rdatas ?? []).flatMap((rdata) => {
    const { line: said } = scanSteeringLine(showLine(rdata));
    return said?.kind === 'member' && said.member === member.text
      ? [{ rdata, attributes: said.attributes }]
      : [];
  });
  const attributes = { ...(old[0]?.attributes ?? DEFAULT_ATTRIBUTES), weight };
  const text = showSteeringLine({ kind: 'member', member: member.text, attributes });
  const rdata = composeSteeringLine(text);
  if (rdata === undefined) return undefined;
  const without = old.reduce((left, line) => withoutLine(left, line.rdata), records);
  const ttl = records.lines?.ttl ?? LINE_TTL;
  return {
    updates: [
      ...old.map((line_) => line(at, RRClass.NONE, 0, line_.rdata)),
      line(at, RRClass.IN, ttl, rdata),
    ],
    after: withLine(without, rdata),
  };
}

// --- records of the update section ---

/** RFC 2136 §2.5.4. */
function deleted(owner: DomainName, { type, rdata }: Member): MessageRecord {
  return { owner, type, class: RRClass.NONE, ttl: 0, rdata };
}

/** RFC 2136 §2.5.1. */
function added(owner: DomainName, { type, rdata }: Member, ttl: number): MessageRecord {
  return { owner, type, class: RRClass.IN, ttl, rdata };
}

function line(owner: DomainName, rrClass: number, ttl: number, rdata: Uint8Array): MessageRecord {
  return { owner, type: RRType.TXT, class: rrClass, ttl, rdata };
}

// --- the name afterwards ---

function withMember(records: NameRecords, member: Member, ttl: number): NameRecords {
  const without = withoutMember(records, member);
  const rdatas = [...(without.sets.get(member.type)?.rdatas ?? []), member.rdata];
  const sets = new Map([...without.sets, [member.type, { type: member.type, ttl, rdatas }]]);
  return { ...without, sets };
}

function withoutMember(records: NameRecords, { type, text }: Member): NameRecords {
  const sets = new Map<number, RRset>(records.sets);
  const set = sets.get(type);
  const rdatas = set?.rdatas.filter((rdata) => memberFromRecord(type, rdata).text !== text) ?? [];
  if (set === undefined || rdatas.length === 0) sets.delete(type);
  else sets.set(type, { ...set, rdatas });
  return { ...records, sets };
}

function withLine(records: NameRecords, rdata: Uint8Array): NameRecords {
  const { ttl = LINE_TTL, rdatas = [] } = records.lines ?? {};
  return { ...records, lines: { type: RRType.TXT, ttl, rdatas: [...rdatas, rdata] } };
}

function withoutLine(records: NameRecords, rdata: Uint8Array): NameRecords {
  const { lines } = records;
  const rdatas = lines?.rdatas.filter((other) => Buffer.compare(other, rdata) !== 0) ?? [];
  if (lines === undefined || rdatas.length === 0) return { ...records, lines: undefined };
  return { ...records, lines: { ...lines, rdatas } };
}
