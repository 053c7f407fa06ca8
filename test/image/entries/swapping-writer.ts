// A thread that changes an image all the time: which of two hosts exists, where the alias leads, and what rotates.
import { type MessagePort, workerData } from 'node:worker_threads';
import type { ImageMemory } from '../../../src/image/layout.ts';
import { ZoneImageWriter } from '../../../src/image/writer.ts';
import { memoryZone } from '../../support/memory-zone.ts';
import { name } from '../../support/rr.ts';

/** What the thread is given. */
export interface SwappingStart {
  /** New generations are sent here. */
  readonly news: MessagePort;
  /** Word 0: not 0 when the thread shall end. Word 1: changes made. */
  readonly control: SharedArrayBuffer;
}

const { news, control }: SwappingStart = workerData;
const words = new Int32Array(control);
const apex = name('example.test');
const filler = 'x'.repeat(200); // so that generations change

const zone = (version: number) =>
  memoryZone(
    'example.test',
    `@ SOA ns h 1 2 3 4 5
@ NS ns
host${version} A 192.0.2.${version}
alias CNAME host${version}
www A 192.0.2.1
www A 192.0.2.2
www A 192.0.2.3
www TXT "${filler}${version}"`,
  );
const states = [1, 2].map((version) => {
  const owners = [...zone(version).owners()].filter(({ name: owner }) => owner.length > apex.length);
  return [...owners, { name: name(`host${3 - version}.example.test`), rrsets: [] }];
});

const image = new ZoneImageWriter({
  view: () => zone(1),
  onGeneration: (memory: ImageMemory) => news.postMessage(memory),
});
image.beginBulk();
image.addZone(apex);
image.apply(apex, zone(1).owners());
image.endBulk();
for (let i = 0; Atomics.load(words, 0) === 0; i++) {
  image.apply(apex, states[i % 2] ?? []);
  Atomics.add(words, 1, 1);
}
news.close();
