// Numbers from the IANA registry "Domain Name System (DNS) Parameters". Any 16-bit value may occur on the
// wire, so these are names for known values, not closed sets.

/** IANA "DNS OpCodes". */
export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** IANA "DNS RCODEs"; values above 15 need EDNS (RFC 6891 §6.1.3). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;
export type Rcode = (typeof Rcode)[keyof typeof Rcode];

/** The error field of TSIG (RFC 8945 §3); IANA counts these among the RCODEs, where 16 is also BADVERS. */
export const TsigError = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;
export type TsigError = (typeof TsigError)[keyof typeof TsigError];

/** IANA "DNS CLASSes". */
export const RRClass = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;
export type RRClass = (typeof RRClass)[keyof typeof RRClass];

/** IANA "Resource Record (RR) TYPEs". */
export const RRType = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  NSAP: 22,
  'NSAP-PTR': 23,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  SRV: 33,
  ATMA: 34,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  A6: 38,
  DNAME: 39,
  SINK: 40,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  DOA: 259,
  AMTRELAY: 260,
  RESINFO: 261,
  WALLET: 262,
  TA: 32768,
  DLV: 32769,
} as const;
/** Any 16-bit RR type; the named ones autocomplete, the rest are legal too (RFC 3597). */
export type RRType = (typeof RRType)[keyof typeof RRType] | (number & {});

/**
 * Types that never are data of a zone: OPT, and the Q-types and meta-types 128–255 (RFC 6895 §3.1), but for
 * the data types that were assigned in that range: none.
 */
export function isMetaType(type: number): boolean {
  return type === 0 || type === RRType.OPT || (type >= 128 && type <= 255);
}

/** IANA "DNS EDNS0 Option Codes (OPT)". */
export const EdnsOption = {
  UPDATE_LEASE: 2,
  NSID: 3,
  CLIENT_SUBNET: 8,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EXTENDED_ERROR: 15,
} as const;
export type EdnsOption = (typeof EdnsOption)[keyof typeof EdnsOption];

/** IANA "Extended DNS Error Codes" (RFC 8914 §5.2). */
export const ExtendedError = {
  OTHER: 0,
  NOT_READY: 14,
  PROHIBITED: 18,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  NETWORK_ERROR: 23,
  INVALID_DATA: 24,
} as const;
export type ExtendedError = (typeof ExtendedError)[keyof typeof ExtendedError];

/** Shows an error of a TSIG record by its registered name. */
export function showTsigError(error: number): string {
  for (const [name, value] of Object.entries(TsigError)) if (value === error) return name;
  return showRcode(error);
}

/** Shows an RCODE by its registered name, or `RCODE17`. */
export function showRcode(rcode: number): string {
  for (const [name, value] of Object.entries(Rcode)) if (value === rcode) return name;
  return `RCODE${rcode}`;
}
