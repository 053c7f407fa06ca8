// What a key that may judge does: deletions become verdicts. STEERING.md §7; Update Lease: RFC 9664.

import { latin1 } from '../base/latin1.ts';
import { type Refusal, refuse, showPlace } from '../message/refusal.ts';
import { showType } from '../rdata/table.ts';
import {
  composeSteeringLine,
  type SteeringLine,
  scanSteeringLine,
  showSteeringFault,
  showSteeringLine,
} from '../steer/lines.ts';
import { isInForce } from '../steer/live.ts';
import { isSteeredType, memberOf } from '../steer/member.ts';
import { DEFAULT_ATTRIBUTES, showAttributes } from '../steer/member-line.ts';
import type { Verdict } from '../steer/verdict-line.ts';
import { quote } from '../steer/words.ts';
import { Rcode, RRClass, RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';
import { showLine, steeredOwner, steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneDraft } from './draft.ts';
import { JudgedOwner } from './judged-owner.ts';
import type { JudgePermission } from './permission.ts';
import type { UpdateRecord } from './request.ts';

/** Who judges, and when. */
export interface JudgeContext {
  readonly key: DomainName;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  /** From an Update Lease: how long a verdict counts. */
  readonly leaseSeconds: number | undefined;
}

/**
 * The judging records of one message. {@link take} them in order, then {@link finish}.
 *
 * Law: the records of the desired set, the policy line and the lines of other keys are the same after as before; a
 * monitor can neither invent nor destroy data.
 */
export class Judge {
  readonly #draft: ZoneDraft;
  readonly #context: JudgeContext;
  readonly #owners = new Map<string, JudgedOwner>();
  /** By owner and type: how often the owner had changed when all its members of that type were judged. */
  readonly #condemned = new Map<string, number>();
  /** Member lines whose deletion waits for the addition that sets another weight. */
  readonly #openWeights = new Map<string, string>();
  #usedLease = false;

  constructor(draft: ZoneDraft, context: JudgeContext) {
    this.#draft = draft;
    this.#context = context;
  }

  /** Whether a verdict got its `until` from the lease. */
  get usedLease(): boolean {
    return this.#usedLease;
  }

  /** Does what one record means from a judge. Refuses what a judge may not do. */
  take(record: UpdateRecord, permission: JudgePermission): Refusal | undefined {
    const steered = steeredOwner(record.owner);
    const name = steered ?? record.owner;
    const at = steeringOwner(name);
    const owner = at === undefined ? undefined : this.#ownerOf(name, at);
    if (at === undefined || owner?.isSteered !== true) {
      const where = at === undefined ? 'its _steer name' : showPlace(at);
      return this.#refuse(
        `may only judge at ${showPlace(name)}, which is not steered: add a policy line (TXT) at ${where}`,
      );
    }
    if (steered !== undefined) return this.#takeLine(record, owner, permission);
    return record.class === RRClass.IN
      ? this.#absolve(record, owner, permission)
      : this.#condemn(record, owner, permission);
  }

  /** Refuses what was left half done. */
  finish(): Refusal | undefined {
    for (const line of this.#openWeights.values()) {
      return this.#refuse(`may set the weight of a member line, not remove the line ${quote(line)}`);
    }
    return undefined;
  }

  // --- records of the owner ---

  /** Deleting a record, an RRset or all of a name judges the members meant. */
  #condemn(record: UpdateRecord, owner: JudgedOwner, permission: JudgePermission): Refusal | undefined {
    const place = showPlace(record.owner);
    if (record.type !== RRType.ANY && !isSteeredType(record.type)) {
      return this.#refuse(`may judge A, AAAA and CNAME at ${place}, not delete ${showType(record.type)}`);
    }
    const isOne = record.class === RRClass.NONE;
    const what = `${record.type} ${latin1(record.owner)}`;
    if (!isOne && this.#condemned.get(what) === owner.changes) return undefined;
    for (const [member, type] of membersMeant(record, owner)) {
      if (!permission.types.has(type)) return this.#refuseType(type, place);
      const refusal = this.#pull(member, owner);
      if (refusal !== undefined) return refusal;
    }
    if (!isOne) this.#condemned.set(what, owner.changes);
    return undefined;
  }

  /** Adding a record of the desired set takes this key's verdict back; its TTL does not matter. */
  #absolve(record: UpdateRecord, owner: JudgedOwner, permission: JudgePermission): Refusal | undefined {
    const { type, rdata } = record;
    const place = showPlace(record.owner);
    if (!isSteeredType(type)) {
      return this.#refuse(`may judge A, AAAA and CNAME at ${place}, not add ${showType(type)}`);
    }
    if (!permission.types.has(type)) return this.#refuseType(type, place);
    const member = memberOf(type, rdata);
    if (!owner.members.has(member)) {
      return this.#refuse(
        `may only judge at ${place}, not add ${showType(type)} ${member}, which is not in the zone`,
      );
    }
    owner.absolve(member);
    return undefined;
  }

  /** Writes or renews this key's verdict on `member`. One in force keeps its beginning and its reason. */
  #pull(member: string, owner: JudgedOwner): Refusal | undefined {
    const { key, nowSeconds, leaseSeconds } = this.#context;
    const own = owner.verdictOn(member);
    const standing = own !== undefined && isInForce(own, nowSeconds) ? own : undefined;
    const until = leaseSeconds === undefined ? undefined : nowSeconds + leaseSeconds;
    if (leaseSeconds !== undefined) this.#usedLease = true;
    if (standing !== undefined && standing.until === until) return undefined;
    const verdict: Verdict = {
      member,
      by: key,
      since: standing === undefined ? nowSeconds : standing.since,
      until,
      reason: standing?.reason,
    };
    const rdata = composeSteeringLine(showSteeringLine({ kind: 'verdict', verdict }));
    if (rdata === undefined) return this.#refuse(`cannot judge ${member}: the line would be too long`);
    if (!owner.has(rdata)) owner.put(rdata);
    return undefined;
  }

  // --- lines at the _steer name ---

  /** A judge's own verdict lines, and weights where the grant says so, as TXT records. */
  #takeLine(record: UpdateRecord, owner: JudgedOwner, permission: JudgePermission): Refusal | undefined {
    const { type, rdata } = record;
    const place = showPlace(record.owner);
    if (type !== RRType.TXT || record.class === RRClass.ANY) {
      return this.#refuse(`may write and remove its own verdict lines at ${place}, one by one`);
    }
    // RFC 2136 §3.4.2.4: deleting what is not there is nothing.
    if (record.class === RRClass.NONE && !owner.has(rdata)) return undefined;
    const text = showLine(rdata);
    const { line, faults } = scanSteeringLine(text);
    if (line === undefined) {
      const [fault = { word: 0, message: 'not a line' }] = faults;
      return refuse(Rcode.REFUSED, showSteeringFault(record.owner, { line: text, ...fault }));
    }
    switch (line.kind) {
      case 'policy':
        return this.#refuse(`may judge, not change the policy line at ${place}`);
      case 'verdict':
        return this.#takeVerdict(line.verdict, record, owner, permission);
      case 'member':
        return this.#takeWeight(line, record, owner, permission);
      default:
        return line satisfies never;
    }
  }

  #takeVerdict(
    verdict: Verdict,
    record: UpdateRecord,
    owner: JudgedOwner,
    permission: JudgePermission,
  ): Refusal | undefined {
    if (!equalNames(verdict.by, this.#context.key)) {
      return this.#refuse(`may write and remove its own verdicts, not one by=${showName(verdict.by)}`);
    }
    if (record.class !== RRClass.IN) {
      owner.remove(record.rdata);
      return undefined;
    }
    const refusal = this.#refuseMember(verdict.member, record, owner, permission);
    if (refusal === undefined && !owner.has(record.rdata)) owner.put(record.rdata);
    return refusal;
  }

  #takeWeight(
    { member, attributes }: SteeringLine & { readonly kind: 'member' },
    record: UpdateRecord,
    owner: JudgedOwner,
    permission: JudgePermission,
  ): Refusal | undefined {
    const { owner: at, rdata } = record;
    if (!permission.load) {
      const advice = `a rule with 'load' lets it set weight=`;
      return this.#refuse(`may judge, not change the member lines at ${showPlace(at)}: ${advice}`);
    }
    const place = `${latin1(at)} ${member}`;
    if (record.class !== RRClass.IN) {
      this.#openWeights.set(place, showLine(rdata));
      return undefined;
    }
    const refusal = this.#refuseMember(member, record, owner, permission);
    if (refusal !== undefined) return refusal;
    const old = owner.memberLine(member)?.line.attributes ?? DEFAULT_ATTRIBUTES;
    if (showAttributes({ ...attributes, weight: old.weight }) !== showAttributes(old)) {
      return this.#refuse(`may set weight= on the line of member ${member} and nothing else`);
    }
    this.#openWeights.delete(place);
    if (!owner.has(rdata)) owner.put(rdata);
    return undefined;
  }

  // --- helpers ---

  #ownerOf(name: DomainName, at: DomainName): JudgedOwner {
    const key = latin1(name);
    const known = this.#owners.get(key);
    if (known !== undefined && !known.isStale) return known;
    const owner = new JudgedOwner(this.#draft, name, at, this.#context.key);
    this.#owners.set(key, owner);
    return owner;
  }

  /** Refuses a member that is not in the desired set, or not of a type that may be judged. */
  #refuseMember(
    member: string,
    { owner: at }: UpdateRecord,
    owner: JudgedOwner,
    permission: JudgePermission,
  ): Refusal | undefined {
    const place = showPlace(steeredOwner(at) ?? at);
    const type = owner.members.get(member);
    if (type === undefined)
      return this.#refuse(`may only judge members of ${place}, and ${member} is not one of them`);
    return permission.types.has(type) ? undefined : this.#refuseType(type, place);
  }

  #refuseType(type: number, place: string): Refusal {
    return this.#refuse(`may not judge ${showType(type)} at ${place}: its rule names other types`);
  }

  #refuse(what: string): Refusal {
    return refuse(Rcode.REFUSED, `key ${showName(this.#context.key)} ${what}`);
  }
}

/** The members that a deletion is about. Deleting what is not there is nothing (RFC 2136 §3.4.2.4). */
function membersMeant(record: UpdateRecord, { members }: JudgedOwner): Iterable<[string, number]> {
  const { type, rdata } = record;
  if (record.class !== RRClass.NONE) {
    return [...members].filter(([, memberType]) => type === RRType.ANY || type === memberType);
  }
  const member = rdata.length === 0 ? undefined : memberOf(type, rdata);
  return member !== undefined && members.has(member) ? [[member, type]] : [];
}
