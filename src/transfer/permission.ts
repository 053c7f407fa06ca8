// Who may have which zone in which view. STEERING.md §8.
import { showAddress } from '../base/ip.ts';
import { isInNetwork, type Network, showNetwork } from '../base/network.ts';
import { Rcode } from '../wire/iana.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';
import { refuseTransfer, type TransferRefusal } from './refusal.ts';

/** What a transfer shows: the live sets, or the desired ones with all `_steer` lines. */
export type TransferView = 'live' | 'raw';

/** One line of a zone's `transfer` list. */
export interface TransferGrant {
  readonly key: DomainName;
  readonly view: TransferView;
  /** Where the key must be used from; `undefined`: from anywhere. It narrows the grant and never replaces the key. */
  readonly from: readonly Network[] | undefined;
}

/** The grants of a zone, in the order of its configuration: rule 1 is the first. */
export interface TransferRules {
  readonly apex: DomainName;
  readonly grants: readonly TransferGrant[];
}

/** Who asks. */
export interface TransferClient {
  /** The key whose signature was verified; `undefined`: not signed. */
  readonly key: DomainName | undefined;
  /** 4 or 16 octets; `undefined` in questions that are put dry: any address. */
  readonly address: Uint8Array | undefined;
}

/** A transfer is allowed. */
export interface TransferPermission {
  readonly kind: 'permission';
  readonly view: TransferView;
}

/**
 * Which view of the zone `client` gets: that of the first rule that allows it. Whoever `mayEdit` the zone (has an `edit`
 * grant there, from this address) needs no rule and gets the raw view: tools compare what they have written with what is
 * there. `otherZones` are those where the key has rules: for the text.
 */
export function permitTransfer(
  rules: TransferRules,
  client: TransferClient,
  mayEdit: boolean,
  otherZones: readonly DomainName[] = [],
): TransferPermission | TransferRefusal {
  const zone = `zone ${showZone(rules.apex)}`;
  const { key } = client;
  if (key === undefined) return refuseUnsigned(rules.apex);
  const own = rules.grants
    .map((grant, i) => ({ rule: i + 1, grant }))
    .filter(({ grant }) => equalNames(grant.key, key));
  const view = transferViewOf(rules, client);
  if (view !== undefined) return { kind: 'permission', view };
  if (mayEdit) return { kind: 'permission', view: 'raw' };
  if (own.length > 0) {
    const places = own.map(({ rule, grant }) => showFrom(rule, grant, client));
    const reason = `key ${showName(key)} may not transfer ${zone} from here: ${showSome(places, '; ')}`;
    return refuseTransfer(Rcode.REFUSED, reason);
  }
  const others = otherZones.map(showZone).join(', ');
  const hint = others === '' ? '' : `; it has rules in ${others}`;
  return refuseTransfer(
    Rcode.REFUSED,
    `key ${showName(key)} may not transfer ${zone}: no rule names it${hint}`,
  );
}

/** The view that a rule grants: the first that allows it; `undefined` when none does. */
export function transferViewOf({ grants }: TransferRules, client: TransferClient): TransferView | undefined {
  const { key } = client;
  if (key === undefined) return undefined;
  return grants.find((grant) => equalNames(grant.key, key) && isFromHere(grant, client))?.view;
}

/** What an unsigned request is told, whatever the rules are. */
export function refuseUnsigned(apex: DomainName): TransferRefusal {
  return refuseTransfer(
    Rcode.REFUSED,
    `the request is not signed: transfers need a key that may transfer zone ${showZone(apex)}`,
  );
}

/** A zone as sentences show it: without its final dot. */
export function showZone(apex: DomainName): string {
  return apex.length === 1 ? '.' : showName(apex).slice(0, -1);
}

// --- helpers ---

/** Things of one kind that a sentence shows; a client's screen is one line. */
const MOST_SHOWN = 3;

function isFromHere({ from }: TransferGrant, { address }: TransferClient): boolean {
  return from === undefined || address === undefined || from.some((network) => isInNetwork(network, address));
}

function showFrom(rule: number, { from }: TransferGrant, { address }: TransferClient): string {
  const here = address === undefined ? '' : `, not from ${showAddress(address)}`;
  return `rule ${rule} is for ${showSome((from ?? []).map(showNetwork), ' ')} only${here}`;
}

function showSome(texts: readonly string[], separator: string): string {
  const more = texts.length - MOST_SHOWN;
  return [...texts.slice(0, MOST_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(separator);
}
