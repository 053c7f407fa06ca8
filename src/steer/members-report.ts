// How the members of a steered owner stand, for people and for JSON.
import { showInstant } from '../base/instant.ts';
import { showType } from '../rdata/table.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { Owner, RRset } from '../zone/record.ts';
import { scanSteeringLine, scanSteeringLines } from './lines.ts';
import { isInForce, leastLive, liveSetOf, type MemberState, stateOf } from './live.ts';
import { isSteeredType, memberOf } from './member.ts';
import { DEFAULT_ATTRIBUTES, showAttributes } from './member-line.ts';
import { DEFAULT_POLICY } from './policy-line.ts';

/** The steered RRsets of one owner. Times are RFC 3339 text. */
export interface MembersReport {
  readonly owner: string;
  /** Its policy line, as it is written. */
  readonly policy: string;
  /** Keys that must judge a member down. */
  readonly quorum: number;
  readonly rrsets: readonly RRsetReport[];
}

/** One RRset and its members. */
export interface RRsetReport {
  readonly type: string;
  readonly live: number;
  /** How many must be live, by `min`. */
  readonly least: number;
  /** Members that are not live are answered, since too few are. */
  readonly failsOpen: boolean;
  /** In the order of the RRset. */
  readonly members: readonly MemberReport[];
}

/** One member, and who says what of it. */
export interface MemberReport {
  readonly member: string;
  readonly state: MemberState;
  /** Whether its record is in the live set. */
  readonly isAnswered: boolean;
  /** The operator's word, unless it has lapsed. */
  readonly operator: (Opinion & { readonly state: 'out' | 'up' }) | undefined;
  /** The verdicts that count. */
  readonly verdicts: readonly (Opinion & { readonly by: string; readonly since: string | undefined })[];
  /** What else its line says. */
  readonly attributes: string;
}

interface Opinion {
  readonly until: string | undefined;
  readonly reason: string | undefined;
}

/** Describes the members of `owner` (`found`: what it owns) as the lines `texts` steer it. */
export function describeMembers(
  found: Owner | undefined,
  owner: DomainName,
  texts: readonly string[],
  nowSeconds: number,
): MembersReport {
  const lines = scanSteeringLines(texts);
  const policy = lines.policy ?? DEFAULT_POLICY;
  const rrsets = steeredRRsetsOf(found).map(({ type, rdatas }) => {
    const members = rdatas.map((rdata) => memberOf(type, rdata));
    const { states, answering } = liveSetOf(members, lines, nowSeconds);
    const rows = members.map((member): MemberReport => {
      const attributes = lines.members.get(member) ?? DEFAULT_ATTRIBUTES;
      const { until, reason } = attributes;
      const state = stateOf(attributes, nowSeconds);
      const verdicts = lines.verdicts.filter(
        (verdict) => verdict.member === member && isInForce(verdict, nowSeconds),
      );
      return {
        member,
        state: states.get(member) ?? 'live',
        isAnswered: answering.includes(member),
        operator: state && { state, until: showTime(until), reason },
        verdicts: verdicts.map(({ by, since, ...rest }) => ({
          by: showName(by),
          since: showTime(since),
          until: showTime(rest.until),
          reason: rest.reason,
        })),
        attributes: showAttributes({ ...attributes, state: undefined, until: undefined, reason: undefined }),
      };
    });
    const live = rows.filter(({ state }) => state === 'live').length;
    return {
      type: showType(type),
      live,
      least: leastLive(policy.min, members.length),
      failsOpen: answering.length > live,
      members: rows,
    };
  });
  const text = texts.find((line) => scanSteeringLine(line).line?.kind === 'policy') ?? '';
  return { owner: showName(owner), policy: text, quorum: policy.quorum, rrsets };
}

/** The RRsets of an owner that a policy line steers. */
export function steeredRRsetsOf(owner: Owner | undefined): readonly RRset[] {
  return (owner?.rrsets ?? []).filter(({ type }) => isSteeredType(type));
}

function showTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : showInstant(seconds);
}
