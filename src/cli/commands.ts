import type { Terminal } from './terminal.ts';

/** What a command's own file gives. */
export interface Command {
  /** What `waypost help COMMAND` says below the usage line: options, exit codes, examples. */
  readonly help: string;
  /**
   * Does the work and returns the exit code. `args` are the words after the command. Throws `WaypostError` (exit code 1)
   * for what people can mend, `UsageError` (2) for words that are not understood.
   */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** A row of the table of commands. */
export interface CommandRow {
  readonly name: string;
  /** The words after `waypost NAME`. */
  readonly usage: string;
  /** One line for `waypost help`. */
  readonly summary: string;
  /** Loads the command's file only when it is wanted, so that `waypost --help` is quick. */
  load(): Promise<Command>;
}

/** Every command of `waypost` besides `help`, in the order of the help. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'serve',
    usage: '[-c FILE] [--listen ADDR:PORT …] [--threads N] [--portable]',
    summary: 'answer queries, take updates (SIGHUP reloads keys and zone files, SIGTERM ends)',
    load: async () => (await import('./commands/serve.ts')).SERVE,
  },
  {
    name: 'check',
    usage: '[-c FILE] [--json] [FILE …]',
    summary: 'read configuration and zone files as serve would and tell all that is wrong',
    load: async () => (await import('./commands/check.ts')).CHECK,
  },
  {
    name: 'monitor',
    usage: '[-c FILE] [--once] [--dry-run] [--plain] | --status [--watch] [--json]',
    summary: 'probe hosts, pull those that fail out of the answers of any server, and put them back',
    load: async () => (await import('./commands/monitor.ts')).MONITOR,
  },
  {
    name: 'demo',
    usage: '[--script] [--plain]',
    summary:
      'watch a host die, go out of the answers and come back: web servers, server and monitor, all local',
    load: async () => (await import('./commands/demo.ts')).DEMO,
  },
  {
    name: 'key',
    usage: 'NAME [--algorithm ALGORITHM] [--write DIR] [--for FORM]',
    summary: 'make a key for updates and transfers: for waypost.toml, nsupdate, BIND and Knot',
    load: async () => (await import('./commands/key.ts')).KEY,
  },
  {
    name: 'zone',
    usage:
      'list | reload [NAME] | refresh NAME [--full] | history NAME | show NAME [--at SERIAL] | diff NAME A B | ' +
      'undo NAME SERIAL | export NAME [FILE] | may KEY NAME TYPE | wait NAME',
    summary:
      'the zones of the running server: list, reload, history, undo, export, who may change them, secondaries',
    load: async () => (await import('./commands/zone.ts')).ZONE,
  },
  {
    name: 'member',
    usage: 'out | up | auto NAME MEMBER [--until WHEN] [--reason TEXT] | [list] NAME',
    summary:
      "the operator's word: take a host out of the answers, or put it back, until a time; show how all stand",
    load: async () => (await import('./commands/member.ts')).MEMBER,
  },
  {
    name: 'geo',
    usage: 'lookup IP | status | install --city | install FILE',
    summary: 'where clients are: what is known of an address, from which files, and better ones put in place',
    load: async () => (await import('./commands/geo.ts')).GEO,
  },
  {
    name: 'status',
    usage: '[-c FILE] [--json]',
    summary: 'how the running server is: threads, zones, memory, answers, transfers, secondaries',
    load: async () => (await import('./commands/status.ts')).STATUS,
  },
  {
    name: 'explain',
    usage:
      'NAME [TYPE] --client IP [--ecs PREFIX] [--json] | NAME [TYPE] --clients FILE [--against ZONEFILE]',
    summary: 'why a client gets the answer it gets, step by step; what many get, and who would move',
    load: async () => (await import('./commands/explain.ts')).EXPLAIN,
  },
  {
    name: 'rotation',
    usage: '[-n 30] [--server ADDR:PORT] [--udp] [--tcp] NAME [TYPE]',
    summary: 'ask a server many times and tell whether its answers rotate exactly',
    load: async () => (await import('./commands/rotation.ts')).ROTATION,
  },
];
