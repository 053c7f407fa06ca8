import { type SteeringLine, scanSteeringLine } from '../steer/lines.ts';
import { isSteeredType, memberOf } from '../steer/member.ts';
import type { Verdict } from '../steer/verdict-line.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import { isPolicyLine, showLine } from '../zone/steering-owner.ts';
import type { ZoneDraft } from './draft.ts';

/** A line of a kind, and the TXT RDATA it stands in. */
export interface HeldLine<K extends SteeringLine['kind']> {
  readonly line: SteeringLine & { readonly kind: K };
  readonly rdata: Uint8Array;
}

/**
 * What a draft holds of one owner and its lines, as one judging key sees it. Read once, so that a message of thousands
 * of records costs no more than it must; lines are changed through {@link put} and {@link remove} and keep their TTL,
 * in which a judge has no say.
 */
export class JudgedOwner {
  readonly isSteered: boolean;
  /** The desired set: types by member. */
  readonly members: ReadonlyMap<string, number>;
  readonly #draft: ZoneDraft;
  readonly #owner: DomainName;
  readonly #at: DomainName;
  readonly #key: DomainName;
  readonly #ttl: number;
  readonly #verdicts = new Map<string, HeldLine<'verdict'>>();
  readonly #memberLines = new Map<string, HeldLine<'member'>>();
  #changesSeen = 0;

  /** `at` is `_steer.<owner>`. */
  constructor(draft: ZoneDraft, owner: DomainName, at: DomainName, key: DomainName) {
    this.#draft = draft;
    this.#owner = owner;
    this.#at = at;
    this.#key = key;
    const lines = rrsetOf(draft.get(at), RRType.TXT);
    this.#ttl = lines?.ttl ?? 0;
    this.isSteered = lines?.rdatas.some(isPolicyLine) ?? false;
    for (const rdata of lines?.rdatas ?? []) this.#hold(rdata);
    const members = new Map<string, number>();
    for (const { type, rdatas } of draft.get(owner)?.rrsets ?? []) {
      if (isSteeredType(type)) for (const rdata of rdatas) members.set(memberOf(type, rdata), type);
    }
    this.members = members;
    this.#changesSeen = this.changes;
  }

  /** Whether others have changed the owner or its lines since. */
  get isStale(): boolean {
    return this.#changesSeen !== this.changes;
  }

  /** How often the owner and its lines have changed in the draft. */
  get changes(): number {
    return this.#draft.changesOf(this.#owner) + this.#draft.changesOf(this.#at);
  }

  /** The key's own verdict on a member. */
  verdictOn(member: string): Verdict | undefined {
    return this.#verdicts.get(member)?.line.verdict;
  }

  /** The line of a member. */
  memberLine(member: string): HeldLine<'member'> | undefined {
    return this.#memberLines.get(member);
  }

  /** Whether a line with these data is there. */
  has(rdata: Uint8Array): boolean {
    return this.#draft.find(this.#at, RRType.TXT, rdata) !== undefined;
  }

  /** Puts a verdict of the key, or a member line, in the place of the one it had on that member. */
  put(rdata: Uint8Array): void {
    const { line } = scanSteeringLine(showLine(rdata));
    if (line?.kind === 'verdict') this.remove(this.#verdicts.get(line.verdict.member)?.rdata);
    if (line?.kind === 'member') this.remove(this.#memberLines.get(line.member)?.rdata);
    this.#draft.add(this.#at, RRType.TXT, this.#ttl, rdata);
    this.#hold(rdata);
    this.#changesSeen = this.changes;
  }

  /** Takes the key's verdict on a member back, if there is one. */
  absolve(member: string): void {
    this.remove(this.#verdicts.get(member)?.rdata);
  }

  /** Removes a line, if it is there. */
  remove(rdata: Uint8Array | undefined): void {
    if (rdata === undefined) return;
    const { line } = scanSteeringLine(showLine(rdata));
    if (line?.kind === 'verdict') this.#verdicts.delete(line.verdict.member);
    if (line?.kind === 'member') this.#memberLines.delete(line.member);
    this.#draft.remove(this.#at, RRType.TXT, rdata);
    this.#changesSeen = this.changes;
  }

  #hold(rdata: Uint8Array): void {
    const { line } = scanSteeringLine(showLine(rdata));
    if (line?.kind === 'member') this.#memberLines.set(line.member, { line, rdata });
    if (line?.kind !== 'verdict' || !equalNames(line.verdict.by, this.#key)) return;
    this.#verdicts.set(line.verdict.member, { line, rdata });
  }
}
