// What is allowed in steering lines and probably not meant: warnings of `waypost check` and of the load of zone files. Each rule
// is explained in docs/zone-checks.md.
import { RRType } from '../wire/iana.ts';
import { showName } from '../wire/name.ts';
import { type Finding, finding } from '../zone/finding.ts';
import type { Owner } from '../zone/record.ts';
import { isSteeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import type { LintGeo } from './lint-geo.ts';
import { lintMembers } from './lint-members.ts';
import { type LintOwner, lintFinding, lintOwnerOf, showFew } from './lint-owner.ts';
import { lintPolicy } from './lint-policy.ts';
import { lintRank } from './lint-rank.ts';

/** What the rules need beside the zone. */
export interface LintContext {
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  /**
   * Where networks are; `undefined` while that is not known, and then the rules that need it say nothing. Only asked for when
   * a rule does need it, since it may have to be read first.
   */
  geo(): LintGeo | undefined;
  /** Who gets the zone in the live view: addresses or keys of secondaries, for people. */
  readonly liveSecondaries: readonly string[];
}

/** Warnings about those of `owners` that are `_steer.<owner>`. Costs one look-up in `view` for each of them. */
export function* lintSteering(
  view: Pick<ZoneView, 'get'>,
  owners: Iterable<Owner>,
  context: LintContext,
): Iterable<Finding> {
  for (const owner of owners) {
    const linted = isSteeringOwner(owner.name) ? lintOwnerOf(view, owner) : undefined;
    if (linted === undefined) continue;
    if (linted.rrsets.length === 0) {
      yield nothingToSteer(linted);
      continue;
    }
    yield* lintMembers(linted, context);
    yield* lintPolicy(linted);
    yield* lintRank(linted, context);
    yield* lintTransfers(linted, context);
  }
}

function nothingToSteer(owner: LintOwner): Finding {
  const message = `${showName(owner.steered)} has no A, AAAA or CNAME record: there is nothing to steer; add the records, or correct the name before which '_steer' stands`;
  return finding('nothing-to-steer', owner.name, RRType.TXT, message);
}

/** STEERING.md §9: a server that does not steer gets the first live CNAME. */
function* lintTransfers(owner: LintOwner, { liveSecondaries }: LintContext): Iterable<Finding> {
  const cnames = owner.rrsets.find(({ type }) => type === RRType.CNAME)?.members.length ?? 0;
  if (cnames < 2 || liveSecondaries.length === 0) return;
  const message = `${showName(owner.steered)} has ${cnames} CNAME records, and of these ${showFew(liveSecondaries)} get one alone, the first live one, since they get the zone's live view: use A and AAAA records, or give secondaries that are Waypost view = "raw"`;
  yield lintFinding('cnames-to-live-view', owner, { line: owner.policyLine }, message);
}
