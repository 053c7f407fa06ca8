// A query thread whose answerer does what the first octet of each request says.
import type { Peer } from '../../../src/base/peer.ts';
import { LATE } from '../../../src/serve/late.ts';
import { runQueryThread } from '../../../src/serve/query-thread.ts';

let value: unknown;

await runQueryThread((shared) => {
  if (shared === 'unusable') throw new Error('nothing can be made of this');
  value = shared;
  return { beginBatch() {}, take: (next) => (value = next), answer, refuseLate };
});

function refuseLate(octets: Uint8Array, start: number): number {
  octets[start] = 'R'.charCodeAt(0);
  return 1;
}

function answer(octets: Uint8Array, start: number, length: number, _room: number, peer: Peer): number {
  switch (String.fromCharCode(octets[start] ?? 0)) {
    case 'd': // drop
      return 0;
    case 'x': // end the thread from within
      return process.exit(3);
    case 't': // what no answerer may do
      throw new Error('thrown by the answerer');
    case 'l': // never come back
      for (;;);
    case 'p': // who asks: address, port
      octets.copyWithin(start, peer.addressAt, peer.addressAt + peer.addressLength);
      octets[start + peer.addressLength] = peer.port >> 8;
      octets[start + peer.addressLength + 1] = peer.port & 0xff;
      return peer.addressLength + 2;
    case 'c': // for the control thread
      return LATE;
    case 's': // the shared value
      octets[start] = typeof value === 'number' ? value : 255;
      return 1;
    default: // echo
      return length;
  }
}
