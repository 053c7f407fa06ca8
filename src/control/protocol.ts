// What goes over the control socket: JSON over HTTP over a unix socket, so that curl can speak it too.

import type { GeoReport } from '../geo/report.ts';
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
  /** Where networks are; also `GET /geo`. `GET /geo/lookup?address=` answers with a `GeoLookup`. */
  readonly geo: GeoReport;
  readonly threads: readonly ThreadReport[];
  /** Zones that come from a primary, by what they are like. */
  readonly secondaryZones: Readonly<Record<SecondarySummary['phase'], number>>;
  /** Zones sent to others: now, and since the start. */
  readonly transfers: {
    readonly underWay: number;
    readonly served: number;
    readonly refused: number;
    readonly failed: number;
  };
  /** Requests over UDP that wait for the control thread (updates and the like), and those refused since too many waited. */
  readonly late: { readonly waiting: number; readonly refused: number };
  readonly tcp: { readonly connections: number; readonly answered: number; readonly overLimit: number };
  /** Those who are told of changes, zone by zone. */
  readonly secondaries: readonly SecondaryStatus[];
}

/** A secondary of one zone. */
export interface SecondaryStatus {
  readonly zone: string;
  /** `ADDR:PORT`. */
  readonly address: string;
  readonly standing: 'level' | 'behind' | 'ahead' | 'unknown';
  /** The serial it had when it was last asked. */
  readonly serial?: number | undefined;
  readonly seenSecondsAgo?: number | undefined;
  /** Serials that it lacks. */
  readonly lag: number;
  /** Seconds since the server has the first serial that it lacks. */
  readonly behindSeconds?: number | undefined;
  /** What went wrong last, and has not gone right since. */
  readonly error?: string | undefined;
}

/** `GET /wait?zone=APEX[&serial=N]&ms=MS`: answered when all secondaries have the serial, or after `ms`. */
export interface WaitReport {
  readonly zone: string;
  /** By default the zone's own at the time of the question. */
  readonly serial: number;
  readonly isReached: boolean;
  readonly secondaries: readonly SecondaryStatus[];
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

/** A line of `GET /zone/history`: first the entries, then their records, if they were asked for. */
export type HistoryLine =
  | ({ readonly kind: 'entry' } & HistoryEntry)
  /** A record of the entry number `of`, counted from 0. */
  | ({ readonly kind: 'record'; readonly of: number } & RecordLine)
  /** That entry, or what was loaded or removed with it, has too many records to be listed. */
  | { readonly kind: 'omitted'; readonly of: number };

/** One change of a zone, its load or its removal. */
export interface HistoryEntry {
  readonly action: string;
  readonly serialFrom?: number | undefined;
  readonly serialTo?: number | undefined;
  /** RFC 3339, in UTC. */
  readonly at: string;
  readonly by: { readonly kind: string; readonly name: string; readonly address?: string | undefined };
  /** Records, the SOA not counted. */
  readonly removed: number;
  readonly added: number;
}

/** A record in presentation format. */
export interface RecordLine {
  /** `-` it goes, `+` it comes; absent where a zone is listed. */
  readonly sign?: '-' | '+';
  readonly owner: string;
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

/** `POST /zone/undo`. */
export interface UndoReport {
  readonly zone: string;
  /** The serial whose change was to be taken back. */
  readonly undone: number;
  /** The zone's serial now; as before when there were conflicts. */
  readonly serial: number;
  readonly removed: number;
  readonly added: number;
  /** Records that are not what that change made of them; when there are any, nothing was done. */
  readonly conflicts: readonly { readonly record: RecordLine; readonly why: string }[];
  readonly warnings: readonly string[];
}
