// Which name servers of a zone are told of its changes. RFC 1996 §2.3, §3.5.
import { showAddress } from '../base/ip.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName, parseName } from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';

/** The name servers of a zone besides its primary. */
export interface NotifySet {
  /** In presentation format, each once. */
  readonly addresses: readonly string[];
  /** Names that have no address here. */
  readonly unknown: readonly DomainName[];
}

/**
 * The addresses of the names in the apex NS RRset but for the one that the SOA calls the primary (MNAME). `find` gives what
 * a name owns in the zones served here; names elsewhere are not looked up.
 */
export function notifySetOf(apex: Owner, find: (name: DomainName) => Owner | undefined): NotifySet {
  const [soa] = rrsetOf(apex, RRType.SOA)?.rdatas ?? [];
  const primary = soa === undefined ? undefined : firstName(soa);
  const addresses = new Set<string>();
  const unknown: DomainName[] = [];
  for (const rdata of rrsetOf(apex, RRType.NS)?.rdatas ?? []) {
    const name = firstName(rdata);
    if (primary !== undefined && equalNames(name, primary)) continue;
    const owner = find(name);
    const found = [RRType.A, RRType.AAAA].flatMap((type) => rrsetOf(owner, type)?.rdatas ?? []);
    if (found.length === 0) unknown.push(name);
    for (const address of found) addresses.add(showAddress(address));
  }
  return { addresses: [...addresses], unknown };
}

function firstName(rdata: Uint8Array): DomainName {
  return foldName(parseName(new WireReader(rdata)));
}
