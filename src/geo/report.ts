// What is told of location data, in the form in which it goes over the control socket and out of `--json`.

/** How location data is. */
export interface GeoReport {
  readonly isCompiling: boolean;
  /** When the tables in use were compiled, as RFC 3339 writes it; absent when there are none. */
  readonly compiled?: string | undefined;
  /** Octets of the tables in use. */
  readonly octets: number;
  readonly ipv4Ranges: number;
  readonly ipv6Ranges: number;
  readonly locations: number;
  /** As configured, the most specific first. */
  readonly files: readonly GeoFileReport[];
  /** Sentences for the operator: files that are missing, broken or old. */
  readonly warnings: readonly string[];
}

/** One file that says where networks are. */
export interface GeoFileReport {
  readonly name: string;
  readonly path: string;
  /** `earlier`: the file cannot be used now, but what it said before is. */
  readonly use: 'in use' | 'earlier' | 'waiting' | 'left out';
  /** What its makers call it. */
  readonly kind?: string | undefined;
  /** The day of its data, `2026-06-01`, and days since then. */
  readonly built?: string | undefined;
  readonly ageDays?: number | undefined;
  readonly isOld: boolean;
  /** Why the file cannot be used. */
  readonly problem?: string | undefined;
  /** What the licence wants to be shown beside results. */
  readonly attribution?: string | undefined;
}

/** All that is known of an address. Absent fields are unknown. */
export interface GeoLookup {
  readonly address: string;
  /** The IPv4 address within an IPv6 one, which is looked up instead. */
  readonly lookedUpAs?: string | undefined;
  /** Addresses side by side of which the same is known. */
  readonly range: { readonly first: string; readonly last: string };
  /** The widest network within the range that holds the address. */
  readonly network: string;
  /** Degrees. */
  readonly position?:
    | { readonly latitude: number; readonly longitude: number; readonly isCountryCentre: boolean }
    | undefined;
  /** Why a database's own position did not count. */
  readonly passedOver?: string | undefined;
  readonly country?: string | undefined;
  readonly continent?: string | undefined;
  readonly asn?: number | undefined;
  readonly isp?: string | undefined;
  /** Which source said it: its name. */
  readonly from: {
    readonly position?: string | undefined;
    readonly country?: string | undefined;
    readonly asn?: string | undefined;
    readonly isp?: string | undefined;
  };
  readonly attributions: readonly string[];
}
