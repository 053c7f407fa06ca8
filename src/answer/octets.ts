// Copying octets on the query path.

/** Copies without making a view. */
export function copy(from: Uint8Array, at: number, to: Uint8Array, toAt: number, length: number): void {
  for (let i = 0; i < length; i++) to[toAt + i] = from[at + i] ?? 0;
}

/**
 * Copies `length` octets, a multiple of four, from whole words on: address records are 16 and 28 octets, and this
 * is several times quicker. Words hold octets in this machine's order.
 */
export function copyWords(from: Int32Array, at: number, to: DataView, toAt: number, length: number): void {
  const end = at + (length >>> 2);
  let place = toAt;
  for (let i = at; i < end; i++, place += 4) to.setInt32(place, from[i] ?? 0, IS_LITTLE_ENDIAN);
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Octets of the uncompressed name that begins at `at`. */
export function nameLength(octets: Uint8Array, at: number): number {
  let place = at;
  while ((octets[place] ?? 0) !== 0) place += (octets[place] ?? 0) + 1;
  return place - at + 1;
}
