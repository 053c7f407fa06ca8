// Who an answer is for: STEERING.md §3 step 4; RFC 7871 §7.2.1.
import type { Peer } from '../base/peer.ts';
import { ClientPlace } from '../geo/client-place.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { QueryScanner } from '../message/query.ts';
import { copy } from './octets.ts';

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
  #family = 0;
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
    if (!this.hasSubnet) return;
    this.#family = query.subnet[FAMILY_AT] ?? 0;
    this.#subnetAddress.fill(0);
    copy(query.subnet, SUBNET_HEAD, this.#subnetAddress, 0, query.subnetLength - SUBNET_HEAD);
  }

  /** Who the client is: its network when that was said and may be used, otherwise who sent the query; located by who wants to know. */
  place(usesSubnet: boolean): ClientPlace {
    if (usesSubnet && this.hasSubnet) {
      if (!this.#isSubnetKnown) {
        this.#subnet.read(this.#subnetAddress, 0, this.#family === 1 ? 4 : 16);
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
