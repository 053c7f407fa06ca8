import { messageOf } from '../../src/base/errors.ts';
import { buildFlood, flood } from './flood.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { WAYPOST } from './servers/all.ts';
import {
  type SteeredKind,
  steeredGdnsd,
  steeredKnotd,
  steeredPdns,
  steeredWaypost,
} from './servers/steered.ts';
import { apart, type Load, type Measurement, measureWith, type Placement } from './session.ts';
import { type AloneReport, measureAlone } from './steer-alone.ts';
import { measureFigures, type SteerFigures } from './steer-figures.ts';
import { prepareSteerLoad, QUESTIONS, type SteerLoad } from './steer-load.ts';
import { nearestShare, openSteered } from './steer-session.ts';
import { isInstalled, type Workshop } from './workshop.ts';

/** What is measured of one server: steered answers, and of Waypost its plain ones beside them. */
export type SteerRow = 'steered' | 'plain' | 'plainWithClients';

/** One server's runs, by round; `undefined` where it failed. */
export interface SteerResult {
  readonly name: string;
  readonly version: string;
  readonly how: string;
  readonly row: SteerRow;
  readonly rounds: readonly (Measurement | undefined)[];
  /** Clients of a sample that are sent to the nearest site; 0 to 1. */
  readonly nearest: number | undefined;
}

/** All figures of the part "steer". */
export interface SteerReport {
  readonly ipv6Share: number;
  /** Whether the database is one that was given, not a made-up one. */
  readonly isRealDatabase: boolean;
  readonly results: readonly SteerResult[];
  readonly figures: SteerFigures | undefined;
  readonly alone: AloneReport | undefined;
  readonly skipped: readonly Skipped[];
}

/** Files of `--city`, and how many of a hundred clients have IPv6. */
export interface SteerOptions {
  readonly files: readonly string[];
  readonly ipv6Percent: number;
}

const NAMES = 1_000;
const ADDRESSES_PER_NAME = 4;
/** Caches fill and compilers compile before the clock runs, for everybody alike. */
const WARM_UP_SECONDS = 1;
/** Waypost looks at the tables as clients come, the others when they start: it is asked for every client once. */
const PASS_SECONDS = 15;
/** Rounds of answering alone, which other programs disturb less. */
const ALONE_ROUNDS = 2;

/** Answers by the client's place: a dozen sites, clients drawn from a city database, all servers in turns on one core. */
export async function measureSteer(
  workshop: Workshop,
  options: PartOptions,
  { files, ipv6Percent }: SteerOptions,
): Promise<SteerReport> {
  const nothing = {
    ipv6Share: ipv6Percent / 100,
    isRealDatabase: files.length > 0,
    results: [],
    figures: undefined,
    alone: undefined,
  };
  if (!isInstalled('cc')) {
    return { ...nothing, skipped: [{ name: 'all', reason: 'no C compiler (cc) for the asker' }] };
  }
  options.progress(
    `steer: ${files.length > 0 ? 'converting the city database' : 'making up a city database'}`,
  );
  const load = prepareLoad(workshop, { names: NAMES, addressesPerName: ADDRESSES_PER_NAME }, 1);
  let program = '';
  let steer: SteerLoad;
  try {
    program = await buildFlood(workshop);
    steer = await prepareSteerLoad(workshop, files, ipv6Percent / 100, NAMES);
  } catch (error) {
    return { ...nothing, skipped: [{ name: 'all', reason: messageOf(error) }] };
  }
  const kinds = [steeredGdnsd, steeredKnotd, steeredPdns, steeredWaypost].map((kind) => kind(steer.city));
  const turns = new Turns(workshop, options, program, load, steer);
  await turns.run(kinds.filter((kind) => wanted(options, kind)));
  const figures = wanted(options, WAYPOST)
    ? await measureFigures({ workshop, options, program, load, steer, files, ipv6Share: nothing.ipv6Share })
    : undefined;
  options.progress('steer: answering alone');
  const alone = wanted(options, WAYPOST)
    ? await measureAlone(steer, nothing.ipv6Share, ALONE_ROUNDS)
    : undefined;
  const skipped = [...turns.skipped, ...(figures?.skipped ?? [])];
  return { ...nothing, results: turns.results(), figures, alone, skipped };
}

// --- turns ---

interface Turn {
  readonly kind: SteeredKind;
  readonly version: string;
  readonly rounds: Map<SteerRow, (Measurement | undefined)[]>;
  nearest: number | undefined;
  /** Of the first round: Waypost keeps its tables there. */
  directory: string | undefined;
}

class Turns {
  readonly skipped: Skipped[] = [];
  readonly #workshop: Workshop;
  readonly #options: PartOptions;
  readonly #program: string;
  readonly #load: Load;
  readonly #steer: SteerLoad;
  readonly #placement: Placement = apart();
  readonly #turns: Turn[] = [];

  constructor(workshop: Workshop, options: PartOptions, program: string, load: Load, steer: SteerLoad) {
    this.#workshop = workshop;
    this.#options = options;
    this.#program = program;
    this.#load = load;
    this.#steer = steer;
  }

  /** Every kind once per round, in order; one that fails is left out from then on. */
  async run(kinds: readonly SteeredKind[]): Promise<void> {
    for (const kind of kinds) {
      const availability = kind.available();
      if ('reason' in availability) this.skipped.push({ name: kind.name, reason: availability.reason });
      else
        this.#turns.push({
          kind,
          version: availability.version,
          rounds: new Map(),
          nearest: undefined,
          directory: undefined,
        });
    }
    const failed = new Set<Turn>();
    for (let round = 1; round <= this.#options.rounds; round++) {
      for (const turn of this.#turns) {
        if (failed.has(turn)) continue;
        this.#options.progress(`steer, round ${round}/${this.#options.rounds}: ${turn.kind.name}`);
        try {
          await this.#oneRound(turn, round - 1);
        } catch (error) {
          failed.add(turn);
          this.skipped.push({ name: turn.kind.name, reason: `round ${round}: ${messageOf(error)}` });
        }
      }
    }
  }

  results(): readonly SteerResult[] {
    return this.#turns.flatMap(({ kind, version, rounds, nearest }) =>
      [...rounds].map(([row, runs]) => {
        return { name: kind.name, version, how: kind.how, row, rounds: runs, nearest };
      }),
    );
  }

  async #oneRound(turn: Turn, round: number): Promise<void> {
    const { kind } = turn;
    const session = await openSteered(
      this.#workshop,
      kind,
      this.#load,
      this.#steer,
      this.#placement,
      turn.directory,
    );
    if (kind.name === WAYPOST.name) turn.directory = session.directory;
    const measure = async (row: SteerRow, questionFile: string): Promise<void> => {
      const ask = (seconds: number, most = 0) => {
        const flooding = { port: session.port, questionFile, seconds, most };
        return flood(this.#workshop, this.#program, flooding, this.#placement.dnsperf);
      };
      if (kind.name === WAYPOST.name && row === 'steered') await ask(PASS_SECONDS, QUESTIONS);
      else await ask(WARM_UP_SECONDS);
      const runs = turn.rounds.get(row) ?? [];
      turn.rounds.set(row, runs);
      runs[round] = await measureWith(session, () => ask(this.#options.seconds));
    };
    try {
      turn.nearest = await nearestShare(session.port, this.#steer);
      await measure('steered', this.#steer.steeredFile);
      if (kind.name !== WAYPOST.name) return;
      await measure('plain', this.#steer.plainFile);
      await measure('plainWithClients', this.#steer.plainClientsFile);
    } finally {
      await session.child.stop();
    }
  }
}
