// What goes over the control socket: JSON over HTTP over a unix socket, so that curl can speak it too.

import type { MembersReport } from '../steer/members-report.ts';
import type { OperatorWord } from '../steer/operator-word.ts';

/** The socket's name in the data directory. */
export const CONTROL_SOCKET = 'control.sock';

/** `GET /status`. */
export interface ServerStatus {
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly listen: readonly string[];
  /** `batch` (recvmmsg and sendmmsg) or `dgram`. */
  readonly udp: 'batch' | 'dgram';
  readonly zones: number;
  readonly records: number;
  /** Octets of the zone image in use, and how many of them nothing leads to any more. */
  readonly imageOctets: number;
  readonly imageGarbage: number;
  readonly imageGeneration: number;
  /** Octets of memory this process holds (resident). */
  readonly residentOctets: number;
  readonly threads: readonly ThreadReport[];
  /** Secondary zones by what they are like. */
  readonly secondaries: Readonly<Record<SecondarySummary['phase'], number>>;
  /** Zones sent to others: now, and since the start. */
  readonly transfers: {
    readonly underWay: number;
    readonly served: number;
    readonly refused: number;
    readonly failed: number;
  };
  readonly tcp: { readonly connections: number; readonly answered: number; readonly overLimit: number };
}

/** One query thread. */
export interface ThreadReport {
  readonly isAlive: boolean;
  readonly replaced: number;
  readonly received: number;
  readonly answered: number;
  readonly unsent: number;
  readonly discarded: number;
  /** Octets of JavaScript heap in use, sampled about once a second. */
  readonly heapUsed: number;
}

/** A row of `GET /zones`. */
export interface ZoneSummary {
  readonly apex: string;
  readonly serial: number;
  readonly records: number;
  readonly source: string;
  /** For a zone that comes from a primary. */
  readonly secondary?: SecondarySummary;
}

/** How a secondary zone does. Times as RFC 3339 writes them. */
export interface SecondarySummary {
  readonly phase: 'never-loaded' | 'fresh' | 'retrying' | 'expired';
  readonly primaries: readonly string[];
  readonly isChecking: boolean;
  readonly serial?: number;
  /** Records of the transfer under way. */
  readonly receiving?: number;
  readonly confirmed?: string;
  readonly expires?: string;
  readonly next: string;
  readonly lastError?: string;
}

/** `POST /refresh`. */
export interface RefreshReport {
  readonly apex: string;
  readonly outcome: 'current' | 'fetched' | 'failed';
  readonly serial?: number;
  readonly error?: string;
}

/** `POST /reload`. */
export interface ReloadReport {
  readonly zones: readonly ReloadedZone[];
  readonly errors: readonly string[];
}

/** What a reload did with one zone. */
export interface ReloadedZone {
  readonly apex: string;
  readonly outcome: string;
  readonly serial: number | undefined;
  readonly records: number;
  readonly added: number;
  readonly removed: number;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** `POST /member`: what an operator says of a member; parameters by these names. `GET /members?name=` asks only. */
export interface MemberRequest extends OperatorWord {
  /** The owner; its final dot may be left out. */
  readonly name: string;
  readonly member: string;
  /** The operator's login name: for the journal. */
  readonly by: string;
}

/** What came of it. */
export interface MemberSaid {
  readonly owner: string;
  readonly member: string;
  readonly state: OperatorWord['state'];
  /** RFC 3339. */
  readonly until: string | undefined;
  readonly reason: string | undefined;
  /** Of the zone, with the word in it. */
  readonly serial: number;
  /** Whether the zone did not say so before. */
  readonly isChanged: boolean;
  readonly warnings: readonly string[];
  /** How the members stand now. */
  readonly report: MembersReport;
}
