// Who may have which zone in which view. STEERING.md §8.
import { isFromHere, type KeyGrant, rulesFor, showFrom, type Who } from '../message/key-grant.ts';
import { type Refusal, refuse, showPlace, showSome } from '../message/refusal.ts';
import { Rcode } from '../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';

/** What a transfer shows: the live sets, or the desired ones with all `_steer` lines. */
export type TransferView = 'live' | 'raw';

/** One line of a zone's `transfer` list. */
export interface TransferGrant extends KeyGrant {
  readonly view: TransferView;
}

/** The grants of a zone, in the order of its configuration: rule 1 is the first. */
export interface TransferRules {
  readonly apex: DomainName;
  readonly grants: readonly TransferGrant[];
}

/** A transfer is allowed. */
export interface TransferPermission {
  readonly kind: 'permission';
  readonly view: TransferView;
}

/**
 * Which view of the zone `who` gets: that of the first rule that allows it. Whoever `mayEdit` the zone (has an `edit`
 * grant there, from this address) needs no rule and gets the raw view: tools compare what they have written with what is
 * there. `otherZones` are those where the key has rules: for the text.
 */
export function permitTransfer(
  rules: TransferRules,
  who: Who,
  mayEdit: boolean,
  otherZones: readonly DomainName[] = [],
): TransferPermission | Refusal {
  const zone = `zone ${showPlace(rules.apex)}`;
  const { key } = who;
  if (key === undefined) {
    const reason = `the request is not signed: transfers need a key that may transfer ${zone}`;
    return refuse(Rcode.REFUSED, reason);
  }
  const own = rulesFor(rules.grants, key);
  const view = transferViewOf(rules, who);
  if (view !== undefined) return { kind: 'permission', view };
  if (mayEdit) return { kind: 'permission', view: 'raw' };
  if (own.length > 0) {
    const places = own.map((rule) => showFrom(rule, who));
    const reason = `key ${showName(key)} may not transfer ${zone} from here: ${showSome(places, '; ')}`;
    return refuse(Rcode.REFUSED, reason);
  }
  const others = otherZones.map(showPlace).join(', ');
  const hint = others === '' ? '' : `; it has rules in ${others}`;
  return refuse(Rcode.REFUSED, `key ${showName(key)} may not transfer ${zone}: no rule names it${hint}`);
}

/** The keys that a rule gives this view. */
export function keysOfView({ grants }: TransferRules, view: TransferView): readonly DomainName[] {
  const keys = grants.filter((grant) => grant.view === view).map(({ key }) => key);
  return keys.filter((key, i) => keys.findIndex((other) => equalNames(other, key)) === i);
}

/** The view that a rule grants: the first that allows it; `undefined` when none does. */
export function transferViewOf({ grants }: TransferRules, who: Who): TransferView | undefined {
  const { key } = who;
  if (key === undefined) return undefined;
  return grants.find((grant) => equalNames(grant.key, key) && isFromHere(grant, who))?.view;
}
