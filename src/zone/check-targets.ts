// The rules about the names that NS, MX and SRV records point to.
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import {
  childName,
  type DomainName,
  foldName,
  isSubdomain,
  parentName,
  parseName,
  showName,
} from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import { type Finding, finding } from './finding.ts';
import { hasAddress, occluderAbove, occluderAt, rrsetOf } from './owner.ts';
import type { Owner } from './record.ts';
import type { ZoneView } from './view.ts';

/**
 * RFC 1034 §4.2.1, RFC 9471: a server named below the cut it serves can only be found by its address here.
 * `owner` is a zone cut.
 */
export function* checkGlue(view: ZoneView, owner: Owner): Iterable<Finding> {
  for (const target of targetsOf(owner, RRType.NS)) {
    if (!isSubdomain(target, owner.name) || hasAddress(view.get(target))) continue;
    const message = `NS ${showName(target)} is below its own delegation and has no A or AAAA (glue) here: add it`;
    yield finding('missing-glue', owner.name, RRType.NS, message);
  }
}

/**
 * RFC 2181 §10.3: what NS, MX and SRV (RFC 2782) name must own an address and must not be an alias. Only
 * names of this zone are looked at; glue is {@link checkGlue}'s.
 */
export function* checkTargets(view: ZoneView, owner: Owner): Iterable<Finding> {
  for (const type of TARGET_OFFSETS.keys()) {
    for (const target of targetsOf(owner, type)) {
      if (target.length === 1) continue; // '.' says "no such service": RFC 7505 §3, RFC 2782
      const place = placeOf(view, target);
      if (place === 'alias') {
        const message = `${showType(type)} points to ${showName(target)}, which is an alias: point to the name it leads to`;
        yield finding('target-is-alias', owner.name, type, message);
      } else if (place === 'missing') {
        const message = `${showType(type)} points to ${showName(target)}, which has no A or AAAA in this zone: add one, or correct the name`;
        yield finding('target-missing', owner.name, type, message);
      }
    }
  }
}

/** Where in the RDATA the target's name begins. */
const TARGET_OFFSETS: ReadonlyMap<number, number> = new Map([
  [RRType.NS, 0],
  [RRType.MX, 2],
  [RRType.SRV, 6],
]);

function targetsOf(owner: Owner, type: number): DomainName[] {
  const offset = TARGET_OFFSETS.get(type) ?? 0;
  const rdatas = rrsetOf(owner, type)?.rdatas ?? [];
  return rdatas.map((rdata) => foldName(parseName(new WireReader(rdata, offset))));
}

/** What this zone knows about an address of `target`; `elsewhere` when that is not this zone's to say. */
function placeOf(view: ZoneView, target: DomainName): 'address' | 'alias' | 'missing' | 'elsewhere' {
  if (!isSubdomain(target, view.apex)) return 'elsewhere';
  const above = occluderAbove(view, target);
  if (above !== undefined) return above.kind === 'cut' ? 'elsewhere' : 'alias';
  const owner = view.get(target) ?? sourceOfSynthesis(view, target);
  if (rrsetOf(owner, RRType.CNAME) !== undefined) return 'alias';
  if (occluderAt(view.apex, owner)?.kind === 'cut') return 'elsewhere';
  return hasAddress(owner) ? 'address' : 'missing';
}

/** The wildcard that answers for `name`, which owns nothing (RFC 4592 §3.3.1). */
function sourceOfSynthesis(view: ZoneView, name: DomainName): Owner | undefined {
  if (exists(view, name)) return undefined; // an empty non-terminal
  for (let above = parentName(name); above !== undefined; above = parentName(above)) {
    if (exists(view, above)) return view.get(childName(ASTERISK_LABEL, above));
  }
  return undefined;
}

function exists(view: ZoneView, name: DomainName): boolean {
  if (view.get(name) !== undefined) return true;
  for (const _ of view.ownersBelow(name)) return true;
  return false;
}

const ASTERISK_LABEL = Uint8Array.of(42);
