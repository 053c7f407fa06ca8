// Who an answer is for: STEERING.md §3 step 4; RFC 7871 §7.2.1.
import type { Peer } from '../base/peer.ts';
import { ClientPlace } from '../geo/client-place.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { QueryScanner } from '../message/query.ts';

/** The client of the query in hand. One per thread, refilled; allocates nothing. */
export class Client {
  /** Bits: how wide a network the answer holds for, as far as it is made. */
  scope = 0;
  /** Whether the query says for which network it asks. */
  hasSubnet = false;
  /** A place for answers that are the same for everybody. */
  readonly anywhere = new ClientPlace();
  #tables: GeoTables;
  readonly #subnetAddress = new Uint8Array(16);
  readonly #subnet = new ClientPlace();
  readonly #source = new ClientPlace();
  #isSubnetKnown = false;
  #isSourceKnown = false;
  #query: QueryScanner | undefined;
  #peer: Peer | undefined;

  constructor(tables: GeoTables) {
    this.#tables = tables;
  }

  get tables(): GeoTables {
    return this.#tables;
  }

  /** Goes over to other tables. */
  take(tables: GeoTables): void {
    this.#tables = tables;
  }

  /** A query begins. */
  begin(query: QueryScanner, peer: Peer): void {
    this.scope = 0;
    this.#peer = peer;
    this.#isSubnetKnown = false;
    this.#isSourceKnown = false;
    // A SOURCE of 0 says that the client does not want to be told apart (§7.1.2); FAMILY 0 comes with it only.
    this.hasSubnet = query.subnetLength > SUBNET_HEAD && query.subnet[SOURCE_AT] !== 0;
    this.#query = query;
  }

  /** Who the client is: its network when that was said and may be used, otherwise who sent the query; located by who wants to know. */
  place(usesSubnet: boolean): ClientPlace {
    if (usesSubnet && this.hasSubnet) {
      if (!this.#isSubnetKnown) {
        this.#readSubnet();
        this.#isSubnetKnown = true;
      }
      return this.#subnet;
    }
    if (!this.#isSourceKnown && this.#peer !== undefined) {
      const { octets, addressAt, addressLength } = this.#peer;
      this.#source.read(octets, addressAt, addressLength);
      this.#isSourceKnown = true;
    }
    return this.#source;
  }

  #readSubnet(): void {
    if (this.#query === undefined) return;
    const { subnet, subnetLength } = this.#query;
    const length = subnet[FAMILY_AT] === 1 ? 4 : 16;
    const address = this.#subnetAddress;
    const sent = subnetLength - SUBNET_HEAD;
    for (let i = 0; i < length; i++) address[i] = i < sent ? (subnet[SUBNET_HEAD + i] ?? 0) : 0;
    this.#subnet.read(address, 0, length);
  }

  /** Part of the answer holds for a network of so many bits only. */
  narrow(bits: number): void {
    if (bits > this.scope) this.scope = bits;
  }
}

// --- the option's data, RFC 7871 §6 ---

/** Octets of FAMILY, SOURCE and SCOPE. */
const SUBNET_HEAD = 4;
/** FAMILY is 1 or 2: its lower octet says which. */
const FAMILY_AT = 1;
const SOURCE_AT = 2;
