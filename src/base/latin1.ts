/**
 * Octets as Latin-1 text, one character for each: a key for maps that sorts as the octets do. Goes through a buffer of
 * its own, since to look at a small array as a Buffer would have V8 move it out of its heap, at four times the cost.
 */
export function latin1(octets: Uint8Array): string {
  const { length } = octets;
  if (length > scratch.length) {
    return Buffer.from(octets.buffer, octets.byteOffset, length).toString('latin1');
  }
  scratch.set(octets);
  return scratch.toString('latin1', 0, length);
}

const scratch = Buffer.alloc(512);
