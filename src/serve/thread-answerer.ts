import { Responder, type ResponderOptions } from '../answer/respond.ts';
import type { ImageMemory } from '../image/layout.ts';
import type { ThreadAnswerer } from './answerer.ts';
import { RetiredMemory } from './retired-memory.ts';

/** What the control thread shares with the query threads: the zone image, location data, and how to answer from them. */
export interface ThreadShared {
  readonly memory: ImageMemory;
  readonly options: ResponderOptions;
  /** Compiled tables of where networks are; without them nothing is known of clients. */
  readonly geo?: SharedArrayBuffer | undefined;
  /**
   * Another number with other location data: shared memory that comes to a thread is another object each time, so that
   * nobody can see that it is the same.
   */
  readonly geoEdition?: number | undefined;
}

/** Makes a query thread's answerer. What the pool publishes to it must be a {@link ThreadShared}. */
export function makeAnswerer(shared: unknown, nowMs: () => number): ThreadAnswerer {
  const retired = new RetiredMemory();
  let taken = sharedOf(shared);
  let responder = makeResponder(taken, nowMs);
  return {
    answer: (octets, start, length, room, peer) => responder.answer(octets, start, length, room, peer),
    refuseLate: (octets, start) => responder.refuseLate(octets, start),
    beginBatch: () => responder.beginBatch(),
    take(news) {
      const fresh = withKnownGeo(sharedOf(news), taken);
      // What the responder has worked out about locations is worth keeping; it goes with other options only.
      if (isAnsweringAlike(taken.options, fresh.options)) responder.take(fresh.memory, fresh.geo);
      else responder = makeResponder(fresh, nowMs);
      const octets = octetsLeft(taken, fresh);
      taken = fresh; // before the old one is looked for in the garbage
      retired.note(octets);
    },
  };
}

/** The pool carries `shared` through a thread's door as anything at all. */
function sharedOf(shared: unknown): ThreadShared {
  if (!isThreadShared(shared)) throw new Error('the query thread was given something that is no zone image');
  return shared;
}

/** `fresh` with the location data in hand, if it has the same: all that was worked out by them stays. */
function withKnownGeo(fresh: ThreadShared, taken: ThreadShared): ThreadShared {
  const isSame = fresh.geoEdition !== undefined && fresh.geoEdition === taken.geoEdition;
  return isSame ? { ...fresh, geo: taken.geo } : fresh;
}

function makeResponder({ memory, options, geo }: ThreadShared, nowMs: () => number): Responder {
  return new Responder(memory, options, nowMs, geo);
}

/** The cookie secrets are the same memory for the whole life of a server. */
function isAnsweringAlike(old: ResponderOptions, fresh: ResponderOptions): boolean {
  const shown = (options: ResponderOptions) => JSON.stringify({ ...options, cookieSecrets: undefined });
  return shown(old) === shown(fresh);
}

/** Octets of the buffers that were in use and are not any more. */
function octetsLeft(old: ThreadShared, fresh: ThreadShared): number {
  const image = old.memory.image === fresh.memory.image ? 0 : old.memory.image.byteLength;
  const geo = old.geo === fresh.geo ? 0 : (old.geo?.byteLength ?? 0);
  return image + geo;
}

function isThreadShared(shared: unknown): shared is ThreadShared {
  return typeof shared === 'object' && shared !== null && 'memory' in shared && 'options' in shared;
}
