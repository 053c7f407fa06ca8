// Whether a zone can be served. The rules are named in finding.ts and explained in docs/zone-checks.md.
import { latin1 } from '../base/latin1.ts';
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, isSubdomain, showName } from '../wire/name.ts';
import { checkApex, checkOwner, MAX_TTL } from './check-owner.ts';
import { checkSizes, mayBeTooLarge } from './check-size.ts';
import { checkGlue, checkTargets } from './check-targets.ts';
import { type Finding, finding } from './finding.ts';
import { type Occluder, occluderAbove, occluderAt } from './owner.ts';
import type { Owner, RRset } from './record.ts';
import { isSteeringOwner, steeredOwner } from './steering-owner.ts';
import type { ZoneView } from './view.ts';

/**
 * Everything wrong with a zone: one walk in canonical order, and a few look-ups for each name that NS, MX and
 * SRV records point to. Unequal TTLs are gone in a view: see `checkTtls` in check-ttl.ts.
 */
export function* checkZone(view: ZoneView): Iterable<Finding> {
  yield* checkApex(view.apex, view.get(view.apex));
  let occluder: Occluder | undefined; // canonical order: what is below a name follows it without a gap
  for (const owner of view.owners()) {
    if (occluder !== undefined && !isSubdomain(owner.name, occluder.name)) occluder = undefined;
    yield* checkPlaced(view, owner, occluder);
    occluder ??= occluderAt(view.apex, owner);
  }
}

/**
 * What is wrong with the owners in `changed` (also those that are gone) and with what depends on them.
 * Costs some look-ups for each name, and a walk over what is below each that is a cut or owns a DNAME.
 *
 * Law: where the zone had no errors before the change, this finds every error that `checkZone` finds.
 * Warnings are found at the changed owners, not at those that point to them.
 */
export function* checkOwners(view: ZoneView, changed: Iterable<DomainName>): Iterable<Finding> {
  const names = new Map<string, DomainName>();
  for (const name of changed) names.set(latin1(name), name);
  const others = new Map<string, Finding>(); // what two changed names both lead to is said once

  for (const name of names.values()) {
    const owner = view.get(name);
    if (equalNames(name, view.apex)) yield* checkApex(name, owner);
    const above = occluderAbove(view, name);
    if (owner !== undefined) yield* checkPlaced(view, owner, above);

    const own = above ?? occluderAt(view.apex, owner);
    if (own === undefined && !isSteeringOwner(name)) continue; // nothing depends on it
    const dependants = [
      ...checkSteered(view, name),
      ...(above?.kind === 'cut' ? checkCutGlue(view, above.name) : []),
      ...(own !== undefined && own !== above ? checkBelow(view, own) : []),
    ];
    for (const found of dependants) {
      if (!names.has(latin1(found.owner)))
        others.set(`${found.rule} ${found.message} ${latin1(found.owner)}`, found);
    }
  }
  yield* others.values();
}

// --- what depends on a changed owner ---

/** The policy line may have gone from under several CNAMEs. */
function* checkSteered(view: ZoneView, name: DomainName): Iterable<Finding> {
  const steered = steeredOwner(name);
  const owner = steered === undefined ? undefined : view.get(steered);
  if (owner !== undefined && isSubdomain(owner.name, view.apex)) yield* checkOwner(view, owner);
}

/** An address that was glue may have gone. */
function* checkCutGlue(view: ZoneView, cut: DomainName): Iterable<Finding> {
  const owner = view.get(cut);
  if (owner !== undefined) yield* checkGlue(view, owner);
}

/** A cut or DNAME may have come above data. */
function* checkBelow(view: ZoneView, occluder: Occluder): Iterable<Finding> {
  for (const owner of view.ownersBelow(occluder.name)) yield* checkOccluded(owner, occluder);
}

// --- one owner where it stands ---

/** Whether no rule but those of TTLs and sizes looks at an RRset where nothing hides it: most of any large zone. */
function isPlain(rrset: RRset): boolean {
  const { type, ttl } = rrset;
  return !isRuled(type) && ttl >= 0 && ttl <= MAX_TTL && !mayBeTooLarge(rrset);
}

/**
 * Whether a rule looks at RRsets of this type. An owner without any, with TTLs in range, with RRsets of a size for any answer,
 * and not below a zone cut or a DNAME, need not be shown to {@link checkZone}.
 */
export function isRuled(type: number): boolean {
  return RULED_TYPES.has(type);
}

/** The types for which {@link isRuled} says yes. */
export const RULED_TYPES: ReadonlySet<number> = new Set([
  RRType.SOA,
  RRType.NS,
  RRType.CNAME,
  RRType.DNAME,
  RRType.MX,
  RRType.SRV,
]);

function* checkPlaced(view: ZoneView, owner: Owner, occluder: Occluder | undefined): Iterable<Finding> {
  if (!isSubdomain(owner.name, view.apex)) {
    const message = `is not in the zone ${showName(view.apex)}: complete the name, or move it to its own zone`;
    yield finding('outside-zone', owner.name, undefined, message);
    return;
  }
  if (occluder === undefined && owner.rrsets.every(isPlain)) return;
  yield* checkOwner(view, owner);
  yield* checkSizes(view, owner);
  if (occluder !== undefined) {
    yield* checkOccluded(owner, occluder);
    return;
  }
  if (occluderAt(view.apex, owner)?.kind === 'cut') {
    yield* checkCut(owner);
    yield* checkGlue(view, owner);
  }
  yield* checkTargets(view, owner);
}

/** RFC 2181 §6, RFC 6672 §2.4: below a cut only glue, below a DNAME nothing. */
function* checkOccluded(owner: Owner, { kind, name }: Occluder): Iterable<Finding> {
  for (const { type } of owner.rrsets) {
    if (kind === 'dname') {
      const message = `${showType(type)} is hidden by the DNAME at ${showName(name)}: remove one of them`;
      yield finding('data-below-dname', owner.name, type, message);
    } else if (!GLUE.has(type)) {
      const message = `${showType(type)} is hidden by the delegation at ${showName(name)}: only glue (A, AAAA) may stand below it`;
      yield finding('data-below-cut', owner.name, type, message);
    }
  }
}

/** RFC 2181 §6, RFC 4035 §2.6: what the parent may say at the cut itself. */
function* checkCut(owner: Owner): Iterable<Finding> {
  for (const { type } of owner.rrsets) {
    if (AT_CUT.has(type) || type === RRType.CNAME) continue; // a CNAME has its own rule
    const message = `${showType(type)} is hidden by the delegation here: it belongs to the delegated zone`;
    yield finding('data-below-cut', owner.name, type, message);
  }
}

const GLUE: ReadonlySet<number> = new Set([RRType.A, RRType.AAAA]);
const AT_CUT: ReadonlySet<number> = new Set([...GLUE, RRType.NS, RRType.DS, RRType.RRSIG, RRType.NSEC]);
