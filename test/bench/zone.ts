import { closeSync, openSync, writeSync } from 'node:fs';

/** The zone that every server serves, and every question asks below. */
export const ORIGIN = 'bench.test';

/** 198.18.0.0/15 is set aside for benchmarks (RFC 2544 §C.2.2, RFC 6890). */
const ADDRESSES = 1 << 17;
const CHUNK = 10_000;

/** How large a zone: so many names, each with so many A records. */
export interface ZoneShape {
  readonly names: number;
  readonly addressesPerName: number;
}

/** The name number `index`, absolute, without the last dot. */
export function nameAt(index: number): string {
  return `n${index}.${ORIGIN}`;
}

/** The addresses of name number `index`, in the order of the file. */
export function addressesAt(index: number, shape: ZoneShape): readonly string[] {
  const first = index * shape.addressesPerName;
  return Array.from({ length: shape.addressesPerName }, (_, k) => {
    const offset = (first + k) % ADDRESSES;
    return `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
  });
}

/** The zone as a master file (RFC 1035 §5), in pieces. */
export function* showZone(shape: ZoneShape): Generator<string> {
  yield `$ORIGIN ${ORIGIN}.\n$TTL 300\n@ IN SOA ns hostmaster 1 3600 600 86400 60\n@ IN NS ns\nns IN A 192.0.2.53\n`;
  for (let start = 0; start < shape.names; start += CHUNK) {
    const lines: string[] = [];
    for (let i = start; i < Math.min(start + CHUNK, shape.names); i++) {
      for (const address of addressesAt(i, shape)) lines.push(`n${i} IN A ${address}\n`);
    }
    yield lines.join('');
  }
}

/** dnsperf's list of questions: `lines` names drawn at random; the same seed draws the same names. */
export function* showQueries(names: number, lines: number, seed: number): Generator<string> {
  const random = seededRandom(seed);
  for (let start = 0; start < lines; start += CHUNK) {
    const chunk: string[] = [];
    for (let i = start; i < Math.min(start + CHUNK, lines); i++) {
      chunk.push(`${nameAt(Math.floor(random() * names))} A\n`);
    }
    yield chunk.join('');
  }
}

/** Writes a text that comes in pieces. */
export function writePieces(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of pieces) writeSync(file, piece);
  } finally {
    closeSync(file);
  }
}

/** Numbers in [0, 1) that depend on the seed alone (the "mulberry32" generator); not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
