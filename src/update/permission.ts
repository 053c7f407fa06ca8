// Who may change what: the grants of one zone. RFC 2136 §3.3; STEERING.md §7 and §8.

import { showNetwork } from '../base/network.ts';
import { isFromHere, type KeyGrant, type Rule, rulesFor, showFrom, type Who } from '../message/key-grant.ts';
import { type Refusal, refuse, showPlace, showSome } from '../message/refusal.ts';
import { showType } from '../rdata/table.ts';
import { isSteeredType, STEERED_TYPES } from '../steer/member.ts';
import { Rcode, RRClass, RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';
import { steeredOwner } from '../zone/steering-owner.ts';
import { KEPT_AT_APEX } from './apply.ts';
import type { ZoneDraft } from './draft.ts';
import { matchesPattern, type NamePattern } from './name-pattern.ts';
import type { UpdateRecord } from './request.ts';

/** One line of a zone's `update` list. */
export interface Grant extends KeyGrant {
  readonly names: readonly NamePattern[];
  /** `undefined`: all types; for `judge`: A, AAAA and CNAME, and never others. */
  readonly types: readonly number[] | undefined;
  readonly action: 'edit' | 'judge';
  /** For `judge`: may also set `weight=` on member lines. */
  readonly load: boolean;
}

/** The grants of a zone, in the order of its configuration: rule 1 is the first. */
export interface UpdateRules {
  readonly apex: DomainName;
  readonly grants: readonly Grant[];
}

/** What is allowed at one owner and type, and by which rule (from 1). */
export type Permission =
  | { readonly kind: 'permission'; readonly action: 'edit'; readonly rule: number }
  | JudgePermission;

/** See {@link Permission}. */
export interface JudgePermission {
  readonly kind: 'permission';
  readonly action: 'judge';
  readonly rule: number;
  /** The types of the members that may be judged. */
  readonly types: ReadonlySet<number>;
  /** Whether `weight=` may be set. */
  readonly load: boolean;
}

/**
 * Whether `who` may send updates to the zone at all; refuses who has no grant. Whoever has one may test prerequisites.
 * `otherZones` are those where the key has grants: for the text.
 */
export function permitZone(
  rules: UpdateRules,
  who: Who,
  otherZones: readonly DomainName[] = [],
): Refusal | undefined {
  const zone = `zone ${showPlace(rules.apex)}`;
  const { key } = who;
  if (key === undefined) {
    return refuse(Rcode.REFUSED, `the update is not signed: sign it with a key that may change ${zone}`);
  }
  const own = rulesFor(rules.grants, key);
  if (own.some(({ grant }) => isFromHere(grant, who))) return undefined;
  if (own.length > 0) {
    const places = own.map((rule) => showFrom(rule, who));
    return refuse(
      Rcode.REFUSED,
      `key ${showName(key)} may not change ${zone} from here: ${showSome(places, '; ')}`,
    );
  }
  const others = otherZones.map(showPlace).join(', ');
  const hint = others === '' ? '' : `; it has rules in ${others}`;
  return refuse(Rcode.REFUSED, `key ${showName(key)} may not change ${zone}: no rule names it${hint}`);
}

/** Whether `who` may do what a record of the Update Section asks for; `draft` says what a name owns. */
export function permitRecord(
  rules: UpdateRules,
  who: Who,
  record: UpdateRecord,
  draft: ZoneDraft,
): Permission | Refusal {
  const { owner, type } = record;
  if (record.class !== RRClass.ANY || type !== RRType.ANY) return permitType(rules, who, owner, type);
  return permitName(rules, who, owner, draft.types(owner));
}

/** Whether `who` may change the RRset of `type` at `owner`. Where both are granted, `edit` goes before `judge`. */
export function permitType(
  rules: UpdateRules,
  who: Who,
  owner: DomainName,
  type: number,
): Permission | Refusal {
  const here = rulesFor(rules.grants, who.key).filter(({ grant }) => isFromHere(grant, who));
  const edit = here.find(
    ({ grant }) =>
      grant.action === 'edit' && covers(rules, grant, owner) && (grant.types?.includes(type) ?? true),
  );
  if (edit !== undefined) return { kind: 'permission', action: 'edit', rule: edit.rule };

  // STEERING.md §7: who may judge an owner may write verdict lines at its _steer name; what else, judge.ts says.
  const steered = type === RRType.TXT ? steeredOwner(owner) : undefined;
  const judged = steered ?? owner;
  const judges = here.filter(
    ({ grant }) =>
      grant.action === 'judge' &&
      covers(rules, grant, judged) &&
      (steered !== undefined || judgedTypes(grant).includes(type)),
  );
  return judgeBy(judges) ?? refuse(Rcode.REFUSED, explain(rules, who, owner, type));
}

/** Whether `who` may delete all that `owner` has: everything of `types`, which are those it has. */
function permitName(
  rules: UpdateRules,
  who: Who,
  owner: DomainName,
  types: readonly number[],
): Permission | Refusal {
  const isApex = equalNames(owner, rules.apex);
  const gone = types.filter((type) => !isApex || !KEPT_AT_APEX.has(type));
  const here = rulesFor(rules.grants, who.key).filter(
    ({ grant }) => covers(rules, grant, owner) && isFromHere(grant, who),
  );
  const judge = judgeBy(here.filter(({ grant }) => grant.action === 'judge'));
  let edit: Permission | undefined;
  for (const type of gone) {
    const permission = permitType(rules, who, owner, type);
    const isEdit = permission.kind === 'permission' && permission.action === 'edit';
    // STEERING.md §7: a judge who deletes the name judges its members, whatever else the name has.
    if (!isEdit) return judge ?? asRefusal(permission, rules, who, owner, type);
    edit = permission;
  }
  if (edit !== undefined) return edit;
  const any = here.find(({ grant }) => grant.action === 'edit');
  if (any !== undefined) return { kind: 'permission', action: 'edit', rule: any.rule };
  return judge ?? refuse(Rcode.REFUSED, explain(rules, who, owner, RRType.ANY));
}

/** Which view `who` gets in queries, prerequisites and transfers (STEERING.md §8): `raw` with any `edit` grant. */
export function viewOf(rules: UpdateRules, who: Who): 'raw' | 'live' {
  const own = rulesFor(rules.grants, who.key);
  return own.some(({ grant }) => grant.action === 'edit' && isFromHere(grant, who)) ? 'raw' : 'live';
}

/**
 * The answer to "may this key change this type at this owner?" in one sentence. Of type ANY, whether it may delete the
 * name, which has RRsets of `types`.
 */
export function explainPermission(
  rules: UpdateRules,
  who: Who,
  owner: DomainName,
  type: number,
  types: readonly number[] = [],
): string {
  const permission =
    permitZone(rules, who) ??
    (type === RRType.ANY ? permitName(rules, who, owner, types) : permitType(rules, who, owner, type));
  if (permission.kind === 'refusal') return permission.reason;
  const { rule, action } = permission;
  const from = rules.grants[rule - 1]?.from;
  const limit =
    from === undefined || who.address !== undefined ? '' : `, from ${from.map(showNetwork).join(' ')} only`;
  const key = who.key === undefined ? '' : showName(who.key);
  return `key ${key} may ${action} ${showType(type)} at ${showPlace(owner)}: rule ${rule}${limit}`;
}

/** The types of the members that a grant lets judge. */
function judgedTypes({ types }: Grant): readonly number[] {
  return types === undefined ? STEERED_TYPES : types.filter(isSteeredType);
}

// --- helpers ---

function covers({ apex }: UpdateRules, { names }: Grant, owner: DomainName): boolean {
  return names.some((pattern) => matchesPattern(pattern, owner, apex));
}

/** What several judging rules allow together. */
function judgeBy(judges: readonly Rule<Grant>[]): JudgePermission | undefined {
  const [first] = judges;
  if (first === undefined) return undefined;
  const types = new Set(judges.flatMap(({ grant }) => judgedTypes(grant)));
  const load = judges.some(({ grant }) => grant.load);
  return { kind: 'permission', action: 'judge', rule: first.rule, types, load };
}

function asRefusal(
  permission: Permission | Refusal,
  rules: UpdateRules,
  who: Who,
  owner: DomainName,
  type: number,
): Refusal {
  return permission.kind === 'refusal' ? permission : refuse(Rcode.REFUSED, explain(rules, who, owner, type));
}

// --- the words of a refusal ---

function explain(rules: UpdateRules, who: Who, owner: DomainName, type: number): string {
  const { key } = who;
  const what = type === RRType.ANY ? 'everything' : showType(type);
  if (key === undefined) return `an update without a key may not change ${what} at ${showPlace(owner)}`;
  const texts = rulesFor(rules.grants, key).map((rule) =>
    isFromHere(rule.grant, who) ? showRule(rule) : showFrom(rule, who),
  );
  const allowed = texts.length === 0 ? 'no rule names it' : showSome(texts, '; ');
  return `key ${showName(key)} may not change ${what} at ${showPlace(owner)}: ${allowed}`;
}

function showRule({ rule, grant }: Rule<Grant>): string {
  const types = grant.action === 'judge' ? judgedTypes(grant) : grant.types;
  const what = types === undefined ? 'any type' : types.map(showType).join(' ');
  const verb = grant.action === 'judge' ? 'allows judging' : 'allows';
  return `rule ${rule} ${verb} ${what} at ${showSome(
    grant.names.map(({ text }) => text),
    ' ',
  )}`;
}
