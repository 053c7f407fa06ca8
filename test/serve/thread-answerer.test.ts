import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { expect } from 'chai';
import { Choosers } from '../../src/answer/choosers.ts';
import { makeAnswerer, type ThreadShared } from '../../src/serve/thread-answerer.ts';
import { tablesOf } from '../support/geo.ts';
import { stateFor } from '../support/in-process.ts';
import { scanScenario } from '../support/scenario.ts';

/** As it comes to a thread. */
function sent(shared: ThreadShared): unknown {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(shared);
  const received: { readonly message: unknown } | undefined = receiveMessageOnPort(port2);
  port1.close();
  return received?.message;
}

/** How often choosers were forgotten while `work` was done. */
function forgottenBy(work: () => void): number {
  const { take } = Choosers.prototype;
  let count = 0;
  Choosers.prototype.take = function (tables) {
    count++;
    take.call(this, tables);
  };
  try {
    work();
  } finally {
    Choosers.prototype.take = take;
  }
  return count;
}

describe('the answerer of a query thread', () => {
  it('keeps what it has worked out about locations when only the image is another generation', () => {
    const { memory, options } = stateFor(scanScenario('', '# no zones'));
    const { memory: geo } = tablesOf({ 'networks.csv': 'prefix,latitude,longitude\n192.0.2.0/24,1,2' });
    const shared: ThreadShared = { memory, options, geo, geoEdition: 1 };
    const answerer = makeAnswerer(sent(shared), () => 0);
    expect(forgottenBy(() => answerer.take(sent(shared)))).to.equal(0);
    expect(forgottenBy(() => answerer.take(sent({ ...shared, geoEdition: 2 })))).to.equal(1);
    expect(forgottenBy(() => answerer.take(sent({ ...shared, geo: undefined, geoEdition: 3 })))).to.equal(1);
  });
});
