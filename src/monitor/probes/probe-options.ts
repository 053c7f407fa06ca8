// What each kind of probe can be told. config/ reads these from monitor.toml; all of them are plain values.

/** How to look whether a target works. `kind` says in which way. */
export type ProbeOptions =
  | HttpProbeOptions
  | TcpProbeOptions
  | TlsProbeOptions
  | DnsProbeOptions
  | IcmpProbeOptions
  | ExecProbeOptions;

/** What all kinds have. */
export interface TimedOptions {
  /** The whole run: name lookup, connection, request, answer. Default 1000. */
  readonly timeoutMs?: number;
}

/** What the kinds have that speak to an address. */
export interface AddressedOptions extends TimedOptions {
  /**
   * Where the target is: an IPv4 or IPv6 address (a zone index is allowed), or a name that the system looks up at each
   * run. It need not be the address that is answered to clients.
   */
  readonly address: string;
}

/** What the kinds have that open a connection. */
export interface ConnectingOptions extends AddressedOptions {
  /** The TCP connection alone; default: no limit but `timeoutMs`. */
  readonly connectTimeoutMs?: number;
}

/** How the certificate of a TLS server is judged. */
export interface CertificateOptions {
  /** Default true: the chain, the time and the name must be right. */
  readonly verify?: boolean;
  /**
   * The name sent in the handshake (SNI) and looked for in the certificate. Default: `host` of https, otherwise the
   * address; an IP address is looked for but not sent (RFC 6066 §3).
   */
  readonly serverName?: string;
  /** Certificates of the issuers to trust, PEM, instead of those that come with Node. */
  readonly ca?: string;
  /** Warns when the certificate expires in fewer days; default 14. 0 never warns. */
  readonly warnDays?: number;
  /** Fails when it expires in fewer days; default 0: only when it has expired (and `verify`). */
  readonly minDays?: number;
}

/** From a status to a status, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Asks over HTTP/1.1, with a new connection each time and without any proxy. Passes when the status is expected, the
 * headers are complete, and the body is complete (or longer than `bodyLimit`) and holds what is wanted.
 */
export interface HttpProbeOptions extends ConnectingOptions, CertificateOptions {
  readonly kind: 'http' | 'https';
  /** Default 80, and 443 for https. */
  readonly port?: number;
  /** With its query, percent-encoded; default `/`. */
  readonly path?: string;
  /** The Host header, without port; default the address. */
  readonly host?: string;
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'POST';
  /** Further header fields. They may replace User-Agent and Accept. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent after the header, as UTF-8; POST only. */
  readonly body?: string;
  /** Default 200 to 299. A redirect that is not followed is judged like any other status. */
  readonly status?: readonly StatusRange[];
  /** The body must hold this text, in its first `bodyLimit` octets. */
  readonly contains?: string;
  /**
   * The body must match this regular expression (JavaScript's, flag `u`; taken as UTF-8), in its first `bodyLimit`
   * octets. A match that takes longer than 50 ms is stopped and inconclusive.
   */
  readonly matches?: string;
  /** Octets of the body that are read, then the connection is closed; default 65536, at most 1048576. */
  readonly bodyLimit?: number;
  /** Redirects that are followed, at most 10; default 0. Those to the same host go to the same address. */
  readonly redirects?: number;
  /** From the end of the request to the first octet of the answer; default: no limit but `timeoutMs`. */
  readonly firstByteTimeoutMs?: number;
}

/** Connects. With `send` it sends that; with `expect` it reads until that has come. */
export interface TcpProbeOptions extends ConnectingOptions {
  readonly kind: 'tcp';
  readonly port: number;
  /** Sent once the connection is there, as UTF-8. */
  readonly send?: string;
  /** Must be in the first 4096 octets that come. */
  readonly expect?: string;
}

/** Makes a TLS handshake and looks at the certificate; nothing is sent after it. */
export interface TlsProbeOptions extends ConnectingOptions, CertificateOptions {
  readonly kind: 'tls';
  /** Default 443. */
  readonly port?: number;
  /** Application protocols to offer (RFC 7301); one of them must be taken. Default: none is offered. */
  readonly alpn?: readonly string[];
}

/** Asks a DNS server one question. The answer must have the expected RCODE and records. */
export interface DnsProbeOptions extends ConnectingOptions {
  readonly kind: 'dns';
  /** Default 53. */
  readonly port?: number;
  /** QNAME, in presentation format; absolute with or without the last dot. */
  readonly name: string;
  /** QTYPE as mnemonic or TYPE123; default A. */
  readonly type?: string;
  /** Default udp: and over TCP when the answer is truncated. */
  readonly transport?: 'udp' | 'tcp';
  /** RD: ask a resolver to resolve; default false, as authoritative servers are asked. */
  readonly recursion?: boolean;
  /** Default NOERROR. */
  readonly rcode?: string;
  /** AA must be set; default false. */
  readonly authoritative?: boolean;
  /**
   * Data of records of QTYPE, in presentation format. Default: with NOERROR, any one record of QTYPE will do. An empty
   * list with `match` `exactly` demands that there is none.
   */
  readonly answer?: readonly string[];
  /** Which of `answer` must be there: `all` of them (default), `any` one, or `exactly` those and no others. */
  readonly match?: 'all' | 'any' | 'exactly';
}

/** Sends one ICMP echo request and waits for its reply. */
export interface IcmpProbeOptions extends AddressedOptions {
  readonly kind: 'icmp';
}

/**
 * Runs a program as Nagios runs its plugins: exit code 0 passes, 1 passes with a warning, 2 fails; 3 is unknown, and
 * so is any other code or signal. The first line it writes is the evidence.
 */
export interface ExecProbeOptions extends TimedOptions {
  readonly kind: 'exec';
  /**
   * The program and its arguments; no shell. `{address}`, `{port}` and `{name}` in the arguments become those of the
   * options below.
   */
  readonly command: readonly string[];
  readonly address?: string;
  readonly port?: number;
  readonly name?: string;
  /** Beside PATH, HOME, USER, LANG, LC_ALL, TZ and TMPDIR of the monitor: nothing else of its environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: that of the monitor. */
  readonly directory?: string;
  /** What exit code 3, any other code and a signal mean: `fail` (default), or `ignore`: inconclusive. */
  readonly unknown?: 'fail' | 'ignore';
}

/** When nothing is said: the whole run of a probe. */
export const DEFAULT_TIMEOUT_MS = 1000;
