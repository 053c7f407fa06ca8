import { Responder, type ResponderOptions } from '../answer/respond.ts';
import type { ImageMemory } from '../image/layout.ts';
import type { ThreadAnswerer } from './answerer.ts';
import { RetiredMemory } from './retired-memory.ts';

/** What the control thread shares with the query threads: the zone image, and how to answer from it. */
export interface ThreadShared {
  readonly memory: ImageMemory;
  readonly options: ResponderOptions;
}

/** Makes a query thread's answerer. What the pool publishes to it must be a {@link ThreadShared}. */
export function makeAnswerer(shared: unknown, nowMs: () => number): ThreadAnswerer {
  const retired = new RetiredMemory();
  let responder = makeResponder(shared, nowMs);
  let octets = octetsOf(shared);
  return {
    answer: (octets, start, length, room, peer) => responder.answer(octets, start, length, room, peer),
    refuseLate: (octets, start) => responder.refuseLate(octets, start),
    beginBatch: () => responder.beginBatch(),
    take(news) {
      responder = makeResponder(news, nowMs);
      retired.note(octets);
      octets = octetsOf(news);
    },
  };
}

/** The pool carries `shared` through a thread's door as anything at all. */
function makeResponder(shared: unknown, nowMs: () => number): Responder {
  if (!isThreadShared(shared)) throw new Error('the query thread was given something that is no zone image');
  return new Responder(shared.memory, shared.options, nowMs);
}

function octetsOf(shared: unknown): number {
  return isThreadShared(shared) ? shared.memory.image.byteLength : 0;
}

function isThreadShared(shared: unknown): shared is ThreadShared {
  return typeof shared === 'object' && shared !== null && 'memory' in shared && 'options' in shared;
}
