// How wide a network an answer holds for, and why it is not wider: STEERING.md §5.
import { showAddress } from '../../base/ip.ts';
import { isInNetwork, type Network, scanNetwork, showNetwork } from '../../base/network.ts';
import { ClientPlace } from '../../geo/client-place.ts';
import type { GeoTables } from '../../geo/tables.ts';
import { isPerClient } from '../../steer/choosing.ts';
import type { SteeredChoice } from '../trace.ts';
import { explainAddress } from './explain-address.ts';
import type { ExplainedNeighbour, ExplainedScope } from './explanation.ts';
import { findOther, networkAround, siblingOf } from './neighbours.ts';

/** What a scope is explained by. */
export interface ScopeQuestion {
  readonly choice: SteeredChoice;
  /** The address that located the client: 4 octets where it holds an IPv4 address. */
  readonly client: Uint8Array;
  /** Bits before the IPv4 address where it is held in IPv6; otherwise 0. */
  readonly before: number;
  /** The option names no network: SOURCE 0. */
  readonly isWithoutNetwork: boolean;
  readonly tables: GeoTables;
  /** What a client at this address would get: the members of each tier taken. */
  tiersAt(address: Uint8Array): readonly (readonly string[])[];
}

/** The scope of a choice in words, with the nearest others who would get something else. */
export function explainScope(question: ScopeQuestion): ExplainedScope {
  const { choice, client, before, isWithoutNetwork } = question;
  const { choosing, scope: bits } = choice;
  const own = Math.max(0, bits - before);
  const network = networkAround(client, own);
  const said = (why: string, neighbour?: ExplainedNeighbour): ExplainedScope => {
    return { bits, network: showNetwork(network), why, neighbour };
  };
  if (choosing.ecs === 'off') return said('the policy says ecs=off');
  if (isWithoutNetwork) return said('the option names no network (SOURCE 0)');
  if (bits === 0) {
    return said(
      isPerClient(choosing) ? 'all the world gets the same' : 'the answer does not depend on the client',
    );
  }
  if (own === 0) return said('all that hold an IPv4 address get the same');
  const sibling = siblingOf(network);
  const other = sibling === undefined ? undefined : otherIn(sibling, question);
  if (other !== undefined && other !== 'unknown')
    return said(`${other.address} beside it gets others`, other);
  const kept = client.length === 4 ? choosing.prefix.ipv4 : choosing.prefix.ipv6;
  if (choosing.order === 'sticky' && own === kept) {
    return said(`order=sticky keeps networks of ${kept} bits together (prefix=)`);
  }
  if (other === 'unknown' && sibling !== undefined) {
    return said(
      `somewhere in ${showNetwork(sibling)}, which is too much to look through here, others are got`,
    );
  }
  if (sibling !== undefined && client.length === 16 && own === IPV6_BITS) {
    return said('IPv6 is known by networks of 64 bits');
  }
  if (sibling !== undefined && touchesIPv4Within(sibling))
    return said('beside it are addresses that hold an IPv4 address');
  return said('what is beside it has not been looked through yet: narrower than it need be, never wrong');
}

/** Longer networks of IPv6 are not told apart. */
const IPV6_BITS = 64;

/** Networks of IPv6 whose addresses hold IPv4 addresses, and have their scopes. */
const IPV4_WITHIN = ['::/64', '64:ff9b::/64', '2001::/32', '2002::/16'].flatMap(
  (text) => scanNetwork(text) ?? [],
);

function touchesIPv4Within(network: Network): boolean {
  return IPV4_WITHIN.some(
    (within) => isInNetwork(network, within.address) || isInNetwork(within, network.address),
  );
}

function otherIn(network: Network, question: ScopeQuestion): ExplainedNeighbour | 'unknown' | undefined {
  const { choice, client, tables } = question;
  const own = keyOf(question.tiersAt(client));
  const tiersOf = (address: Uint8Array) => question.tiersAt(address);
  const address = findOther(network, {
    tables,
    borders: choice.choosing.members.flatMap(({ net }) => net),
    placeOf: (candidate) => placeOf(choice, tables, candidate),
    isOther: (candidate) => keyOf(tiersOf(candidate)) !== own,
  });
  if (address === undefined || address === 'unknown') return address;
  return { ...explainAddress(tables, address), address: showAddress(address), tiers: tiersOf(address) };
}

/** A number for all of an address that a choice goes by. */
function placeOf({ ranking: { segments } }: SteeredChoice, tables: GeoTables, address: Uint8Array): number {
  const place = new ClientPlace();
  place.set(tables, address, 0, address.length);
  return segments.kindOf(place, segments.segmentOf(place)) * 2 ** 32 + place.location;
}

function keyOf(tiers: readonly (readonly string[])[]): string {
  return JSON.stringify(tiers);
}
