// What an updater is told to look after: zones, names and their members.
import type { Endpoint } from '../../base/endpoint.ts';
import { scanAddress } from '../../base/ip.ts';
import type { TsigKey } from '../../message/tsig-key.ts';
import { memberOf, scanMember } from '../../steer/member.ts';
import type { NamePattern } from '../../update/name-pattern.ts';
import { RRType } from '../../wire/iana.ts';
import { childName, type DomainName, ROOT, scanName } from '../../wire/name.ts';

/** One record that answers hold while it is healthy. */
export interface Member {
  /** Its data in presentation format, as `memberOf` shows them. */
  readonly text: string;
  /** A, AAAA or CNAME. */
  readonly type: number;
  readonly rdata: Uint8Array;
}

/** A name and those of its records that are probed. */
export interface WatchedName {
  readonly name: DomainName;
  /** Listed ones, or whatever the zone has there, followed as it changes. */
  readonly members: readonly Member[] | 'auto';
  /** Never pulled below so many members of the name that are in the zone; default 1. */
  readonly keep?: number | undefined;
  /** Seconds, of records that are put back; default: what they had. */
  readonly ttl?: number | undefined;
}

/** How one zone is updated. */
export interface UpdatedZone {
  readonly apex: DomainName;
  /** The primary first, others as fallback. */
  readonly servers: readonly Endpoint[];
  /** Signs what is asked and sent; without it the server must trust our address. */
  readonly key?: TsigKey | undefined;
  /**
   * `edit`: records are deleted and added, on any server. `judge`: a Waypost that takes deletions of this key for
   * verdicts (STEERING.md §7).
   */
  readonly action: 'edit' | 'judge';
  readonly names: readonly WatchedName[];
  /** Of the names that are in the zone, those as well, with all their members. Needs `learn: 'axfr'`. */
  readonly patterns?: readonly NamePattern[] | undefined;
  /** For names found by `patterns`: see {@link WatchedName}. */
  readonly keep?: number | undefined;
  /** For names that do not say it: see {@link WatchedName}. */
  readonly ttl?: number | undefined;
  /** With `judge`: how long a verdict counts when it is not renewed (RFC 9664); seconds. */
  readonly leaseS?: number | undefined;
  /** With `edit`: where it is kept what this monitor has pulled; default `zone`. See `marker.ts`. */
  readonly memory?: 'zone' | 'file' | undefined;
  /** How the zone is read; default `query`. */
  readonly learn?: 'query' | 'axfr' | undefined;
  /** How often the serial is asked for; default 30,000. */
  readonly pollMs?: number | undefined;
}

/** The types that have members, in the order in which they are asked for. */
export const MEMBER_TYPES: readonly number[] = [RRType.A, RRType.AAAA, RRType.CNAME];

/** Reads `192.0.2.1`, `2001:db8::1` or `host.example.test.`; `undefined` for anything else. */
export function memberFromText(text: string): Member | undefined {
  const shown = scanMember(text);
  if (shown === undefined) return undefined;
  const address = scanAddress(shown);
  if (address === undefined) return { text: shown, type: RRType.CNAME, rdata: scanName(shown, undefined) };
  return { text: shown, type: address.length === 4 ? RRType.A : RRType.AAAA, rdata: address };
}

/** The member that a record is. */
export function memberFromRecord(type: number, rdata: Uint8Array): Member {
  return { text: memberOf(type, rdata), type, rdata };
}

/** The name of who pulls, for marks and verdicts: the key, or what stands for none. */
export function signerOf(key: TsigKey | undefined): DomainName {
  return key?.name ?? UNSIGNED;
}

const UNSIGNED = childName(
  Uint8Array.from('unsigned', (c) => c.charCodeAt(0)),
  ROOT,
);
