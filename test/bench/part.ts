import { join } from 'node:path';
import type { ServerKind } from './servers/server-kind.ts';
import type { Load } from './session.ts';
import type { Workshop } from './workshop.ts';
import { showQueries, showZone, writePieces, type ZoneShape } from './zone.ts';

/** What every part is run with. */
export interface PartOptions {
  readonly rounds: number;
  /** Length of one measured run. */
  readonly seconds: number;
  /** Names of the servers wanted; `undefined` means all. */
  readonly only: ReadonlySet<string> | undefined;
  /** One line for the person who waits. */
  readonly progress: (line: string) => void;
}

/** A server that took no part, or left, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** Writes the zone and the questions for one shape. */
export function prepareLoad(workshop: Workshop, shape: ZoneShape, queryLines: number): Load {
  const directory = workshop.newDirectory(`load-${shape.names}`);
  const load = { shape, zoneFile: join(directory, 'bench.zone'), queryFile: join(directory, 'queries.txt') };
  writePieces(load.zoneFile, showZone(shape));
  writePieces(load.queryFile, showQueries(shape.names, queryLines, 1));
  return load;
}

/** True when the person at the terminal wants this server. */
export function wanted(options: PartOptions, kind: ServerKind): boolean {
  return options.only === undefined || options.only.has(kind.name);
}
