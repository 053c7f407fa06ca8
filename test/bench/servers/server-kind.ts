import type { Child } from '../workshop.ts';

/** Whether a server can take part here: its version, or the reason why not. */
export type Availability = { readonly version: string } | { readonly reason: string };

/** What a server is started with. */
export interface Setup {
  /** An empty directory for its configuration and state; kept between starts only to measure a restart. */
  readonly directory: string;
  /** The port of 127.0.0.1 to answer on. */
  readonly port: number;
  /** The master file of {@link ORIGIN}. */
  readonly zoneFile: string;
  /** Whether the key of update-messages.ts may change the zone. */
  readonly takesUpdates: boolean;
  /** Starts a program in `directory`, bound to the CPUs of this run. */
  readonly launch: (argv: readonly string[]) => Child;
  /** Runs a tool (a compiler, say) to its end. */
  readonly run: (argv: readonly string[]) => Promise<string>;
}

/** One server that the benchmark can drive. */
export interface ServerKind {
  readonly name: string;
  /** True for the echo, whose answer is fixed and not from the zone. */
  readonly ignoresZone: boolean;
  available(): Availability;
  /** Writes its configuration and starts it in the foreground with one answering thread; it need not be ready on return. */
  start(setup: Setup): Promise<Child>;
}
