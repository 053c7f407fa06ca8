// A query thread that answers from the zones of a scenario.
import { runQueryThread } from '../../../src/serve/query-thread.ts';
import { responderOf, type ServedState } from '../in-process.ts';

await runQueryThread((shared) => {
  let responder = responderOf(stateOf(shared));
  return {
    beginBatch: () => responder.beginBatch(),
    take: (next) => {
      responder = responderOf(stateOf(next));
    },
    answer: (octets, start, length, room, peer) => responder.answer(octets, start, length, room, peer),
  };
});

function stateOf(shared: unknown): ServedState {
  if (!isState(shared)) throw new Error('no scenario to answer from');
  return shared;
}

function isState(shared: unknown): shared is ServedState {
  return typeof shared === 'object' && shared !== null && 'memory' in shared && 'options' in shared;
}
