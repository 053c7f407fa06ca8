// Warnings about member and verdict lines.
import { showInstant } from '../base/instant.ts';
import { suggestionFor } from '../base/suggest.ts';
import { showName } from '../wire/name.ts';
import type { Finding } from '../zone/finding.ts';
import type { LintContext } from './lint.ts';
import { FAR_KM, isCountry, kmTooFar } from './lint-geo.ts';
import { type LintMember, type LintOwner, lintFinding, membersOf } from './lint-owner.ts';
import { quote } from './words.ts';

/** The rules that look at one line after another. */
export function* lintMembers(owner: LintOwner, context: LintContext): Iterable<Finding> {
  const members = new Set([...membersOf(owner)].map(({ member }) => member));
  for (const line of owner.lines.values()) {
    if (!members.has(line.member)) yield withoutRecord(owner, line, members);
    yield* lintPlace(owner, line, context);
    yield* lintClients(owner, line, context);
    const { state, until } = line.attributes;
    if (until === undefined || until > context.nowSeconds) continue;
    const message = `'state=${state}' of ${line.member} lapsed at ${showInstant(until)} and counts no longer: remove it, or give a later until=`;
    yield lintFinding('lapsed-line', owner, { line, key: 'until' }, message);
  }
  for (const { verdict, ...line } of owner.verdicts) {
    const { member, by, until } = verdict;
    if (!members.has(member)) yield withoutRecord(owner, { ...line, member }, members);
    if (until === undefined || until > context.nowSeconds) continue;
    const message = `the verdict of ${showName(by)} on ${member} lapsed at ${showInstant(until)} and counts no longer: remove it`;
    yield lintFinding('lapsed-line', owner, { line, key: 'until' }, message);
  }
}

function withoutRecord(
  owner: LintOwner,
  line: Pick<LintMember, 'rdata' | 'words' | 'member'>,
  members: ReadonlySet<string>,
): Finding {
  const others = [...members].filter((member) => !owner.lines.has(member)); // those that have a line are not meant
  const suggestion = others.length === 1 ? suggestionFor(line.member, others) : undefined;
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  const message = `${line.member} is not among the A, AAAA and CNAME records of ${showName(owner.steered)}: add the record, or remove the line${hint}`;
  return lintFinding('member-without-record', owner, { line }, message);
}

function* lintPlace(owner: LintOwner, line: LintMember, context: LintContext): Iterable<Finding> {
  const { at } = line.attributes;
  const known = at === undefined ? undefined : context.geo()?.placeOf(line.member);
  const km = at === undefined || known === undefined ? undefined : kmTooFar(at, known);
  if (at === undefined || known === undefined || km === undefined) return;
  const place = `${known.latitude},${known.longitude}`;
  const whose =
    known.centreOf === undefined
      ? `from ${place}, where the geography data puts its address`
      : `from the centre of ${known.centreOf} (${place}), the country where the geography data puts its address`;
  const swapped = { latitude: at.longitude, longitude: at.latitude };
  const isSwapped = Math.abs(at.longitude) <= 90 && kmTooFar(swapped, known) === undefined;
  const hint = isSwapped ? '; are latitude and longitude swapped?' : '';
  const message = `'at=${at.latitude},${at.longitude}' is ${km} km ${whose} (over ${FAR_KM} km): correct it, or put the address into networks.csv${hint}`;
  yield lintFinding('far-from-address', owner, { line, key: 'at' }, message);
}

/** Clients that a member is for and that there cannot be. */
function* lintClients(owner: LintOwner, line: LintMember, context: LintContext): Iterable<Finding> {
  const { rank } = owner.policy;
  const { country, isp } = line.attributes;
  const noCountry = rank.includes('country') ? country.filter((code) => !isCountry(code)) : [];
  for (const code of noCountry) {
    const hint = code === 'UK' ? '; did you mean GB?' : '';
    const message = `'country=${code}' of ${line.member} matches nobody: no country has this code (ISO 3166)${hint}; correct it, or remove it`;
    yield lintFinding('matches-nobody', owner, { line, key: 'country' }, message);
  }
  if (!rank.includes('isp') || isp.length === 0) return;
  const geo = context.geo();
  if (geo === undefined || !geo.knowsIsps) return; // lint-rank.ts tells
  for (const name of isp) {
    if (geo.isIsp(name)) continue;
    const suggestion = geo.suggestedIsp(name);
    const hint = suggestion === undefined ? '' : `; did you mean ${quote(suggestion)}?`;
    const message = `${quote(`isp=${name}`)} of ${line.member} matches nobody: the geography data knows no operator of this name; correct it, or put its networks into networks.csv${hint}`;
    yield lintFinding('matches-nobody', owner, { line, key: 'isp' }, message);
  }
}
