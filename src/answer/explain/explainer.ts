import { showInstant } from '../../base/instant.ts';
import { showNetwork } from '../../base/network.ts';
import { ipv4In, ipv4Within } from '../../geo/locate.ts';
import { NOWHERE } from '../../geo/nowhere.ts';
import { GeoTables } from '../../geo/tables.ts';
import { showType } from '../../rdata/table.ts';
import { isPerClient } from '../../steer/choosing.ts';
import { steeringLinesOf } from '../../steer/lines.ts';
import { describeMembers } from '../../steer/members-report.ts';
import { DEFAULT_POLICY } from '../../steer/policy-line.ts';
import { RRType } from '../../wire/iana.ts';
import { type DomainName, showName } from '../../wire/name.ts';
import { rrsetOf } from '../../zone/owner.ts';
import { serialOf } from '../../zone/serial.ts';
import { showLine, steeringOwner } from '../../zone/steering-owner.ts';
import type { ZoneView } from '../../zone/view.ts';
import type { SteeredChoice } from '../trace.ts';
import { attributionsOf, explainAddress } from './explain-address.ts';
import { explainMembers } from './explain-members.ts';
import { explainReply } from './explain-reply.ts';
import { explainScope } from './explain-scope.ts';
import { explainTiers } from './explain-tiers.ts';
import { explainTtl } from './explain-ttl.ts';
import type {
  ExplainedLookup,
  ExplainedOrder,
  ExplainedRRset,
  ExplainedSteering,
  Explanation,
  ExplanationSource,
} from './explanation.ts';
import { EXPLANATION_VERSION } from './explanation.ts';
import { networkAround } from './neighbours.ts';
import type { ExplainedQuestion } from './question.ts';
import type { RecordedLookup, RecordedRRset } from './recorder.ts';
import { type TracedFrom, TracedQueries } from './traced-queries.ts';

/** What is answered from, and what else is known of it. */
export interface ExplainerOptions extends TracedFrom {
  readonly from: ExplanationSource;
  /** A zone as it is stored; `undefined`: a secondary zone that has not come yet. */
  view(apex: DomainName): ZoneView | undefined;
  /** When the members or lines of an owner last changed; seconds since 1970, `undefined` when that is long ago. */
  changedAt(apex: DomainName, owner: DomainName): number | undefined;
}

/**
 * Says why questions are answered as they are: has them answered as every query is, with a trace, and no counter goes on.
 * For one generation of the image and of the tables.
 */
export class Explainer {
  readonly #options: ExplainerOptions;
  readonly #queries: TracedQueries;
  readonly #tables: GeoTables;

  constructor(options: ExplainerOptions) {
    this.#options = options;
    this.#queries = new TracedQueries(options);
    this.#tables = options.geo === undefined ? NOWHERE : new GeoTables(options.geo);
  }

  explain(question: ExplainedQuestion): Explanation {
    const { name, type, source, subnet } = question;
    const { from } = this.#options;
    const tables = this.#tables;
    const { reply: octets, record, nowSeconds } = this.#queries.ask(question);
    const reply = explainReply(octets); // before the next query takes its place
    const about = { question, now: nowSeconds };
    return {
      version: EXPLANATION_VERSION,
      at: showInstant(nowSeconds),
      from,
      question: { name: showName(name), type: showType(type) },
      client: {
        source: explainAddress(tables, source),
        subnet: subnet && {
          ...explainAddress(tables, subnet.address),
          prefix: showNetwork(subnet),
        },
      },
      lookups: record.lookups.map((lookup, i) => this.#lookup(lookup, i, about)),
      reply,
      attributions: attributionsOf(tables),
    };
  }

  #lookup(lookup: RecordedLookup, number: number, about: About): ExplainedLookup {
    const { name, end, apex, owner, rrset } = lookup;
    return {
      name: showName(name),
      end,
      zone: apex && { apex: showName(apex), serial: this.#serialOf(apex) },
      owner: owner && showName(owner),
      rrset: rrset && this.#rrset(rrset, lookup, number, about),
    };
  }

  #serialOf(apex: DomainName): number | undefined {
    const view = this.#options.view(apex);
    if (view === undefined || rrsetOf(view.get(apex), RRType.SOA) === undefined) return undefined;
    return serialOf(view);
  }

  #rrset(
    rrset: RecordedRRset,
    lookup: RecordedLookup,
    number: number,
    about: About,
  ): ExplainedRRset | undefined {
    if (rrset.kind === 'plain') return { ...rrset, type: showType(rrset.type) };
    const { apex, owner } = lookup;
    if (apex === undefined || owner === undefined) return undefined;
    return this.#steering(rrset.choice, rrset.type, { apex, owner, number }, about);
  }

  #steering(choice: SteeredChoice, type: number, place: SteeredPlace, about: About): ExplainedSteering {
    const tables = this.#tables;
    const { apex, owner, number } = place;
    const { now, question } = about;
    const { choosing } = choice;
    const view = this.#options.view(apex);
    const at = steeringOwner(owner) ?? owner;
    const found = view?.get(at);
    const texts = (rrsetOf(found, RRType.TXT)?.rdatas ?? []).map(showLine);
    const lines = steeringLinesOf(found);
    const report = describeMembers(view?.get(owner), owner, texts, now);
    const standing = report.rrsets.find((each) => each.type === showType(type));
    const reports = standing?.members ?? [];
    const client = locatedBy(choice, question);
    const tiers = explainTiers(choice, tables);
    const policy = lines.policy ?? DEFAULT_POLICY;
    return {
      kind: 'steered',
      owner: showName(owner),
      type: showType(type),
      policy: { line: report.policy, owner: showName(at) },
      located: { by: choice.isBySubnet ? 'subnet' : 'source', why: whyLocated(choice, question) },
      live: {
        live: standing?.live ?? 0,
        least: standing?.least ?? 0,
        quorum: report.quorum,
        failsOpen: standing?.failsOpen ?? false,
      },
      members: explainMembers({ type, choice, tiers, reports, client: client.plain, tables }),
      rank: choosing.rank,
      tiers,
      need: choosing.need,
      order: explainOrder(choice, client.plain),
      take: Number.isFinite(choosing.take) ? choosing.take : undefined,
      ttl: explainTtl({
        isLow: choice.isLow,
        stored: rrsetOf(view?.get(owner), type)?.ttl ?? 0,
        lines: { ...lines, policy },
        members: reports,
        changedAt: this.#options.changedAt(apex, owner),
        now,
      }),
      scope:
        question.subnet === undefined
          ? undefined
          : explainScope({
              choice,
              client: client.plain,
              before: client.before,
              isWithoutNetwork: question.subnet.prefixLength === 0,
              tables,
              tiersAt: (address) => this.#tiersAt(address, question, number),
            }),
      answer: choice.records.map((record) => choosing.members[record]?.member ?? ''),
    };
  }

  /** What somebody else would get of the RRset that look-up `number` ended at: the members of each tier taken. */
  #tiersAt(
    source: Uint8Array,
    { name, type }: ExplainedQuestion,
    number: number,
  ): readonly (readonly string[])[] {
    const { record } = this.#queries.ask({ name, type, source, subnet: undefined });
    const rrset = record.lookups[number]?.rrset;
    if (rrset?.kind !== 'steered') return [];
    return tiersOf(rrset.choice);
  }
}

/** The members of each tier taken. */
export function tiersOf({ choosing, tiers }: SteeredChoice): readonly (readonly string[])[] {
  return tiers.map((tier) => tier.map((member) => choosing.members[member]?.member ?? ''));
}

// --- helpers ---

interface About {
  readonly question: ExplainedQuestion;
  /** Seconds since 1970. */
  readonly now: number;
}

interface SteeredPlace {
  readonly apex: DomainName;
  readonly owner: DomainName;
  /** Of the look-up, from 0. */
  readonly number: number;
}

/** The address that located a client, as IPv4 where it holds that, and the bits before the IPv4 address. */
function locatedBy(
  { isBySubnet }: SteeredChoice,
  { source, subnet }: ExplainedQuestion,
): { readonly plain: Uint8Array; readonly before: number } {
  const address = isBySubnet && subnet !== undefined ? subnet.address : source;
  const before = address.length === 4 ? 0 : ipv4Within(address, 0);
  if (before === 0) return { plain: address, before };
  const plain = new Uint8Array(4);
  new DataView(plain.buffer).setUint32(0, ipv4In(address, 0));
  return { plain, before };
}

function whyLocated({ isBySubnet, choosing }: SteeredChoice, { subnet }: ExplainedQuestion): string {
  if (!isPerClient(choosing) && choosing.order !== 'sticky')
    return 'no need: the answer does not depend on who asks';
  if (isBySubnet) return 'by the network of the Client Subnet option';
  if (subnet === undefined) return 'by where the query comes from: it has no Client Subnet option';
  if (choosing.ecs === 'off') return 'by where the query comes from: the policy says ecs=off';
  return 'by where the query comes from: the Client Subnet option names no network (SOURCE 0)';
}

function explainOrder({ choosing, tiers }: SteeredChoice, client: Uint8Array): ExplainedOrder {
  const { order, prefix, members } = choosing;
  const first = tiers[0] ?? [];
  const bits = client.length === 4 ? prefix.ipv4 : prefix.ipv6;
  const sum = first.reduce((total, member) => total + (members[member]?.weight ?? 0), 0);
  const periods: Readonly<Record<string, number>> = {
    rotate: first.length,
    weighted: sum === 0 ? first.length : sum,
    sticky: 1,
    fixed: 1,
  };
  const key = order === 'sticky' ? showNetwork(networkAround(client, bits)) : undefined;
  return { order, period: periods[order], key };
}
