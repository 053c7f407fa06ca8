// Who asks, and which lines of a zone's list of grants are about them. STEERING.md §8.
import { showAddress } from '../base/ip.ts';
import { isInNetwork, type Network, showNetwork } from '../base/network.ts';
import { type DomainName, equalNames } from '../wire/name.ts';
import { showSome } from './refusal.ts';

/** Who asks. */
export interface Who {
  /** The key whose signature was verified; `undefined`: not signed. */
  readonly key: DomainName | undefined;
  /** 4 or 16 octets; `undefined` where it is only asked what rules would allow: any address. */
  readonly address: Uint8Array | undefined;
}

/** One line of a list of grants, as far as it says whom it is for. */
export interface KeyGrant {
  readonly key: DomainName;
  /** Where the key must be used from; `undefined`: from anywhere. It narrows the grant and never replaces the key. */
  readonly from: readonly Network[] | undefined;
}

/** A grant and its place in its list, from 1. */
export interface Rule<G extends KeyGrant> {
  readonly rule: number;
  readonly grant: G;
}

/** The grants that name `key`, in their order, wherever it must be used from. Without a key there are none. */
export function rulesFor<G extends KeyGrant>(
  grants: readonly G[],
  key: DomainName | undefined,
): readonly Rule<G>[] {
  if (key === undefined) return [];
  return grants.map((grant, i) => ({ rule: i + 1, grant })).filter(({ grant }) => equalNames(grant.key, key));
}

/** Whether a grant holds where `who` is. */
export function isFromHere({ from }: KeyGrant, { address }: Who): boolean {
  return from === undefined || address === undefined || from.some((network) => isInNetwork(network, address));
}

/** Says where a grant holds that does not hold where `who` is. */
export function showFrom({ rule, grant }: Rule<KeyGrant>, { address }: Who): string {
  const here = address === undefined ? '' : `, not from ${showAddress(address)}`;
  return `rule ${rule} is for ${showSome((grant.from ?? []).map(showNetwork), ' ')} only${here}`;
}
