import type { ThreadAnswerer } from './answerer.ts';

/** Makes a query thread's answerer: serving no zones, it refuses every query (RFC 1035 §4.1.1 RCODE 5). */
export function makeAnswerer(_shared: unknown): ThreadAnswerer {
  return {
    beginBatch() {},
    take() {},
    answer(octets, start, length) {
      if (length < HEADER_OCTETS) return 0;
      const flags = octets[start + 2] ?? 0;
      if ((flags & QR) !== 0) return 0; // a response is never answered, or two servers talk for ever
      octets[start + 2] = (flags & ~(AA | TC)) | QR;
      octets[start + 3] = REFUSED;
      return length;
    },
  };
}

// --- helpers ---

const HEADER_OCTETS = 12;
const QR = 0x80;
const AA = 0x04;
const TC = 0x02;
const REFUSED = 5;
