// What is known of a watched name: from the records that a server holds to where each member stands.
import { steeringLinesOf } from '../../steer/lines.ts';
import { isInForce } from '../../steer/live.ts';
import { DEFAULT_ATTRIBUTES } from '../../steer/member-line.ts';
import { RRType } from '../../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../../wire/name.ts';
import type { RRset } from '../../zone/record.ts';
import { type Mark, parseMark } from './marker.ts';
import {
  type Member,
  memberFromRecord,
  memberFromText,
  type UpdatedZone,
  type WatchedName,
} from './watched.ts';

/** What a server holds of one name, as far as an updater looks at it. */
export interface NameRecords {
  readonly name: DomainName;
  /** A, AAAA and CNAME, by type. Of a judged name: the desired set. */
  readonly sets: ReadonlyMap<number, RRset>;
  /** TXT: marks at `_pulled.<owner>` with `edit`, steering lines at `_steer.<owner>` with `judge`. */
  readonly lines: RRset | undefined;
  /**
   * Of a judged name whose desired set and lines the key may not see: what this monitor has said of each member, and
   * was acknowledged. `undefined`: {@link sets} and {@link lines} are what is there.
   */
  readonly stated: ReadonlyMap<string, Standing> | undefined;
}

/** Where a member stands. */
export type Standing =
  /** Its record is there, and this monitor has not pulled it. */
  | { readonly kind: 'in' }
  /** Pulled by this monitor: it is to come back. Times are seconds since 1970. */
  | {
      readonly kind: 'out';
      readonly since: number | undefined;
      /** With a lease: when the verdict ends by itself. */
      readonly until: number | undefined;
      readonly reason: string | undefined;
    }
  /** Not there, and not pulled by this monitor: somebody else's decision, which is not touched. */
  | { readonly kind: 'absent' }
  /** Of a name that may not be seen, when nothing has been said of the member yet. */
  | { readonly kind: 'unknown' };

/** A member and where it stands. */
export interface KnownMember {
  readonly member: Member;
  readonly standing: Standing;
  /** Others who hold it down: names of keys. */
  readonly heldBy: readonly string[];
  /** Whether a mark of ours is there beside the record, which somebody else has put back. */
  readonly hasStaleMark: boolean;
  /** From its line, where there are steering lines. */
  readonly weight: number | undefined;
}

/** A watched name as it is on the server. */
export interface KnownName {
  readonly records: NameRecords;
  readonly watched: WatchedName;
  /** By member text, listed ones in the order of their list. */
  readonly members: ReadonlyMap<string, KnownMember>;
}

/** A pull that is remembered in a file (`memory: 'file'`). */
export interface FiledPull {
  /** Seconds since 1970. */
  readonly since: number;
  /** Seconds. */
  readonly ttl: number | undefined;
  readonly reason: string | undefined;
}

/** What is needed to understand records. */
export interface KnowContext {
  readonly zone: Pick<UpdatedZone, 'action' | 'memory'>;
  /** See `signerOf`. */
  readonly signer: DomainName;
  /** Seconds since 1970. */
  readonly nowS: number;
  /** What the file says of this name, by member text. */
  readonly filed: ReadonlyMap<string, FiledPull>;
}

/**
 * Works out where the members of a name stand.
 *
 * Law: a member that is neither there nor pulled by this monitor, by its own mark, verdict or note, is `absent`.
 */
export function knowName(records: NameRecords, watched: WatchedName, context: KnowContext): KnownName {
  const view = viewOf(records, context);
  const there = membersOf(records);
  const members = new Map<string, KnownMember>();
  const listed = watched.members === 'auto' ? [...there.values(), ...view.pulled.values()] : watched.members;
  for (const member of listed) {
    if (members.has(member.text)) continue;
    members.set(member.text, view.know(member, there.has(member.text)));
  }
  return { records, watched, members };
}

/** The members that the sets hold, by text. */
export function membersOf({ sets }: NameRecords): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const { type, rdatas } of sets.values()) {
    for (const rdata of rdatas) {
      const member = memberFromRecord(type, rdata);
      members.set(member.text, member);
    }
  }
  return members;
}

/** Marks of one signer, with their RDATA. */
export function ownMarks(
  { lines }: NameRecords,
  signer: DomainName,
): readonly { readonly mark: Mark; readonly rdata: Uint8Array }[] {
  return (lines?.rdatas ?? []).flatMap((rdata) => {
    const mark = parseMark(rdata);
    return mark !== undefined && equalNames(mark.by, signer) ? [{ mark, rdata }] : [];
  });
}

// --- three ways to look at a name ---

interface NameView {
  /** Members that are pulled by this monitor, for `auto`. */
  readonly pulled: ReadonlyMap<string, Member>;
  know(member: Member, isThere: boolean): KnownMember;
}

function viewOf(records: NameRecords, context: KnowContext): NameView {
  if (records.stated !== undefined) return statedView(records.stated);
  if (context.zone.action === 'judge') return judgedView(records, context);
  return context.zone.memory === 'file' ? filedView(context) : markedView(records, context);
}

function markedView(records: NameRecords, { signer }: KnowContext): NameView {
  const own = new Map(ownMarks(records, signer).map(({ mark }) => [mark.member, mark]));
  const others = new Map<string, string[]>();
  for (const rdata of records.lines?.rdatas ?? []) {
    const mark = parseMark(rdata);
    if (mark === undefined || equalNames(mark.by, signer)) continue;
    others.set(mark.member, [...(others.get(mark.member) ?? []), showName(mark.by)]);
  }
  return {
    pulled: membersNamed(own.keys()),
    know(member, isThere) {
      const mark = own.get(member.text);
      return {
        member,
        standing: isThere ? IN : mark === undefined ? ABSENT : outBy(mark.since, undefined, mark.reason),
        heldBy: isThere ? [] : (others.get(member.text) ?? []),
        hasStaleMark: isThere && mark !== undefined,
        weight: undefined,
      };
    },
  };
}

function filedView({ filed }: KnowContext): NameView {
  return {
    pulled: membersNamed(filed.keys()),
    know(member, isThere) {
      const note = filed.get(member.text);
      const standing = isThere ? IN : note === undefined ? ABSENT : outBy(note.since, undefined, note.reason);
      return { member, standing, heldBy: [], hasStaleMark: isThere && note !== undefined, weight: undefined };
    },
  };
}

function judgedView(records: NameRecords, { signer, nowS }: KnowContext): NameView {
  const { lines } = records;
  const said = steeringLinesOf(lines === undefined ? undefined : { name: records.name, rrsets: [lines] });
  const verdicts = said.verdicts.filter((verdict) => isInForce(verdict, nowS));
  return {
    pulled: new Map(), // a judged member never leaves the desired set
    know(member, isThere) {
      const on = verdicts.filter((verdict) => verdict.member === member.text);
      const own = on.find(({ by }) => equalNames(by, signer));
      const standing = own === undefined ? IN : outBy(own.since, own.until, own.reason);
      return {
        member,
        standing: isThere ? standing : ABSENT,
        heldBy: on.filter((verdict) => verdict !== own).map(({ by }) => showName(by)),
        hasStaleMark: false,
        weight: (said.members.get(member.text) ?? DEFAULT_ATTRIBUTES).weight,
      };
    },
  };
}

function statedView(stated: ReadonlyMap<string, Standing>): NameView {
  return {
    pulled: new Map(),
    know: (member) => ({
      member,
      standing: stated.get(member.text) ?? UNKNOWN,
      heldBy: [],
      hasStaleMark: false,
      weight: undefined,
    }),
  };
}

// --- helpers ---

const IN: Standing = { kind: 'in' };
const ABSENT: Standing = { kind: 'absent' };
const UNKNOWN: Standing = { kind: 'unknown' };

function outBy(since: number | undefined, until: number | undefined, reason: string | undefined): Standing {
  return { kind: 'out', since, until, reason };
}

function membersNamed(texts: Iterable<string>): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const text of texts) {
    const member = memberFromText(text);
    if (member !== undefined) members.set(text, member);
  }
  return members;
}

/** An empty picture of a name. */
export function noRecords(name: DomainName): NameRecords {
  return { name, sets: new Map(), lines: undefined, stated: undefined };
}

/** Whether steering lines steer the name. */
export function isSteeredBy({ name, lines }: NameRecords): boolean {
  if (lines?.type !== RRType.TXT) return false;
  return steeringLinesOf({ name, rrsets: [lines] }).policy !== undefined;
}
