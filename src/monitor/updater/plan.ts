// From what is known and what is wanted to the next UPDATE message: pure. RFC 2136 §2.4, §2.5.
import { latin1 } from '../../base/latin1.ts';
import type { MessageRecord } from '../../message/message.ts';
import { RRClass, RRType } from '../../wire/iana.ts';
import type { DomainName } from '../../wire/name.ts';
import { type Change, type StepContext, stepFor } from './change-step.ts';
import type { FiledPull, KnownMember, KnownName, NameRecords, Standing } from './known-name.ts';
import { markOwner } from './marker.ts';
import { MEMBER_TYPES, type UpdatedZone } from './watched.ts';

/** What somebody wants of a member. */
export interface Want {
  /** `leave`: neither pulled nor put back; a verdict of ours that stands is renewed. */
  readonly wanted: 'in' | 'out' | 'leave';
  /** For marks and logs. */
  readonly reason: string;
}

/** What is wanted of one name, by member text. Those that went out first stand first. */
export interface WantedName {
  readonly wants: ReadonlyMap<string, Want>;
  readonly weights: ReadonlyMap<string, number>;
}

/** What a plan depends on beside names and wants. */
export interface PlanContext {
  readonly zone: Pick<UpdatedZone, 'apex' | 'action' | 'memory' | 'ttl' | 'keep' | 'leaseS'>;
  /** See `signerOf`. */
  readonly signer: DomainName;
  /** Seconds since 1970. */
  readonly nowS: number;
  /** Members that the server refused lately are left alone for a while. */
  isBlocked(name: DomainName, member: string): boolean;
}

/** What is to be done to one name. */
export interface NamePlan {
  readonly known: KnownName;
  readonly filed: ReadonlyMap<string, FiledPull>;
  readonly changes: readonly Change[];
  /** Members that are wanted out and stay in, since `keep` would not be met. */
  readonly kept: readonly string[];
}

/** One message, and what it stands for. */
export interface PlannedMessage {
  readonly apex: DomainName;
  readonly prerequisites: readonly MessageRecord[];
  readonly updates: readonly MessageRecord[];
  /** For the Update Lease option. */
  readonly leaseS: number | undefined;
  readonly changes: readonly Change[];
  /** The names as they are when the server has done it, with a lease of `leaseS` or of what it granted. */
  after(grantedS: number | undefined): readonly NameRecords[];
}

/**
 * What is to be done to a name.
 *
 * Laws: nothing is added but what this monitor has pulled; no pull leaves fewer than `keep` members in; a member that
 * nothing is wanted of is not touched.
 */
export function planName(
  known: KnownName,
  filed: ReadonlyMap<string, FiledPull>,
  { wants, weights }: WantedName,
  context: PlanContext,
): NamePlan {
  const { name } = known.watched;
  const keep = known.watched.keep ?? context.zone.keep ?? 1;
  const members = [...known.members.values()].filter(({ member }) => !context.isBlocked(name, member.text));
  const of = (found: KnownMember, kind: 'pull' | 'renew' | 'restore' | 'tidy', reason: string): Change => {
    return { kind, name, member: found.member, reason };
  };
  const changes: Change[] = [];
  let remaining = [...known.members.values()].filter(isAnswering).length;

  for (const found of members) {
    const want = wants.get(found.member.text);
    const { kind } = found.standing;
    if (want?.wanted === 'in' && (kind === 'out' || kind === 'unknown')) {
      changes.push(of(found, 'restore', want.reason));
      if (kind === 'out' && found.heldBy.length === 0) remaining++;
    } else if (want !== undefined && want.wanted !== 'in' && isDue(found.standing, context)) {
      changes.push(of(found, 'renew', want.reason));
    }
  }
  const kept: string[] = [];
  for (const [text, { wanted, reason }] of wants) {
    const found = members.find(({ member }) => member.text === text);
    if (found === undefined || wanted !== 'out') continue;
    const { kind } = found.standing;
    if (kind !== 'in' && kind !== 'unknown') continue;
    if (isAnswering(found) && remaining <= keep) {
      kept.push(text);
      continue;
    }
    if (isAnswering(found)) remaining--;
    changes.push(of(found, 'pull', reason));
  }
  for (const found of members) {
    const isPulled = changes.some(({ kind, member }) => kind === 'pull' && member === found.member);
    if (found.hasStaleMark && !isPulled && context.zone.memory !== 'file') {
      changes.push(of(found, 'tidy', 'the record is back'));
    }
    const weight = weights.get(found.member.text);
    const isOther = weight !== undefined && found.weight !== undefined && found.weight !== weight;
    if (!isOther || found.standing.kind === 'absent') continue;
    changes.push({ kind: 'weigh', name, member: found.member, weight, reason: 'load' });
  }
  return { known, filed, changes, kept };
}

/**
 * The next message for a zone, of at most `most` changes; `undefined` when nothing is to be done. What does not go in
 * waits for the message after.
 */
export function nextMessage(
  plans: readonly NamePlan[],
  context: PlanContext,
  most = MOST_CHANGES,
): PlannedMessage | undefined {
  const drafts: NameDraft[] = [];
  const changes: Change[] = [];
  let records = 0;
  for (const plan of plans) {
    const room = most - changes.length;
    if (room <= 0 || (changes.length > 0 && records > MOST_RECORDS)) break;
    const draft = draftName(plan, context, room);
    if (draft === undefined) continue;
    drafts.push(draft);
    changes.push(...draft.changes);
    records += draft.prerequisites.length + draft.updates.length;
  }
  if (changes.length === 0) return undefined;
  const isLeased = context.zone.leaseS !== undefined && context.zone.action === 'judge';
  const hasVerdict = changes.some(({ kind }) => kind === 'pull' || kind === 'renew');
  return {
    apex: context.zone.apex,
    prerequisites: drafts.flatMap(({ prerequisites }) => prerequisites),
    updates: drafts.flatMap(({ updates }) => updates),
    leaseS: isLeased && hasVerdict ? context.zone.leaseS : undefined,
    changes,
    after: (grantedS) => drafts.map((draft) => draft.after(grantedS)),
  };
}

/** When the next lease is to be renewed, in seconds since 1970; `undefined` when none is. */
export function nextRenewal(
  known: Iterable<KnownName>,
  { zone }: Pick<PlanContext, 'zone'>,
): number | undefined {
  const { leaseS } = zone;
  if (leaseS === undefined) return undefined;
  let earliest: number | undefined;
  for (const { members } of known) {
    for (const { standing } of members.values()) {
      if (standing.kind !== 'out' || standing.until === undefined) continue;
      const at = standing.until - leaseS / 2;
      earliest = Math.min(earliest ?? at, at);
    }
  }
  return earliest;
}

// --- one name ---

interface NameDraft {
  readonly prerequisites: readonly MessageRecord[];
  readonly updates: readonly MessageRecord[];
  readonly changes: readonly Change[];
  after(grantedS: number | undefined): NameRecords;
}

function draftName(plan: NamePlan, context: PlanContext, room: number): NameDraft | undefined {
  const { known, filed } = plan;
  const { zone, signer, nowS } = context;
  const step: StepContext = { zone, watched: known.watched, signer, nowS, filed };
  const run = (changes: readonly Change[], inContext: StepContext) => {
    const updates: MessageRecord[] = [];
    const done: Change[] = [];
    let records = known.records;
    for (const change of changes) {
      const taken = stepFor(change, records, inContext);
      if (taken === undefined || taken.updates.length === 0) continue;
      updates.push(...taken.updates);
      records = taken.after;
      done.push(change);
    }
    return { updates, done, records };
  };
  const { updates, done } = run(plan.changes.slice(0, room), step);
  if (done.length === 0) return undefined;
  return {
    prerequisites: prerequisitesFor(known, done, zone),
    updates,
    changes: done,
    after: (grantedS) => run(done, { ...step, zone: { ...zone, leaseS: grantedS ?? zone.leaseS } }).records,
  };
}

/**
 * What must be as it was learned, or nothing is done.
 *
 * To an edited name: all its address records and marks. So what is deleted was there and is ours to put back; what is put
 * back has still its mark; and of two writers that each leave `keep` records, the second does not leave fewer.
 * A judge needs none: its words are about itself alone, and the server refuses what is not in the zone, and a line that
 * differs from the one there in more than its weight. Nor could it have one: it sees the live set, where the lines are not.
 */
function prerequisitesFor(
  { records, watched }: KnownName,
  changes: readonly Change[],
  zone: PlanContext['zone'],
): MessageRecord[] {
  if (zone.action === 'judge') return [];
  const { name } = watched;
  const touched = new Set(changes.map(({ member }) => member.type));
  const isRestored = changes.some(({ kind }) => kind === 'restore');
  const needed: MessageRecord[] = [];
  for (const type of MEMBER_TYPES) {
    const set = records.sets.get(type);
    if (set !== undefined) {
      needed.push(
        ...set.rdatas.map(
          (rdata): MessageRecord => ({ owner: name, type, class: RRClass.IN, ttl: 0, rdata }),
        ),
      );
    } else if (touched.has(type) || (isRestored && type === RRType.CNAME)) {
      needed.push(absent(name, type));
    }
  }
  // An alias can only be added where nothing else is (RFC 2136 §3.4.2.2: else it is passed over in silence).
  const addsAlias = changes.some(({ kind, member }) => kind === 'restore' && member.type === RRType.CNAME);
  if (addsAlias && records.sets.size === 0) needed.push(absent(name, RRType.ANY));
  const at = zone.memory === 'file' ? undefined : markOwner(name);
  if (at === undefined) return needed;
  const { lines } = records;
  if (lines === undefined) return [...needed, absent(at, RRType.TXT)];
  const marks = lines.rdatas.map((rdata) => ({
    owner: at,
    type: RRType.TXT,
    class: RRClass.IN,
    ttl: 0,
    rdata,
  }));
  return [...needed, ...marks];
}

/** §2.4.3; with ANY §2.4.5. */
function absent(owner: DomainName, type: number): MessageRecord {
  return { owner, type, class: RRClass.NONE, ttl: 0, rdata: new Uint8Array(0) };
}

// --- helpers ---

/** In one message: enough for a site that fails as a whole, little enough for one datagram or a short stream. */
const MOST_CHANGES = 50;
/** After so many records no other name begins. */
const MOST_RECORDS = 400;

/** Whether the member counts among those that answer; of one that is not known it is believed. */
function isAnswering({ standing, heldBy }: KnownMember): boolean {
  return (standing.kind === 'in' && heldBy.length === 0) || standing.kind === 'unknown';
}

/** Whether a verdict is to be said again: half its lease is over, or it has a lease and should have none. */
function isDue(standing: Standing, { zone, nowS }: PlanContext): boolean {
  if (standing.kind !== 'out' || zone.action !== 'judge') return false;
  const { until } = standing;
  if (zone.leaseS === undefined) return until !== undefined;
  return until === undefined || until - nowS <= zone.leaseS / 2;
}

/** Key of a name in maps. */
export function nameKey(name: DomainName): string {
  return latin1(name);
}
