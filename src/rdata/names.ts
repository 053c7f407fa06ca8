import { MalformedMessageError } from '../wire/errors.ts';
import { MAX_LABEL_LENGTH, MAX_NAME_LENGTH, parseName, scanName, showName } from '../wire/name.ts';
import type { WireReader } from '../wire/reader.ts';
import type { RdataField } from './descriptor.ts';

/** A domain name that is never compressed (RFC 3597 §4): a pointer in it is an error. */
export const NAME: RdataField = {
  kind: 'name',
  parse: parsePlainName,
  scan: (words, origin) => {
    const name = scanName(words.peek() ?? words.take('domain name'), origin);
    words.at++;
    return name;
  },
  show: (reader) => showName(parsePlainName(reader)),
};

/** A domain name of a type whose names receivers decompress (RFC 3597 §4). */
export const COMPRESSED_NAME: RdataField = { ...NAME, parse: parseName };

/** Moves the cursor past a name that is not compressed. Throws {@link MalformedMessageError}. */
export function skipName(reader: WireReader): void {
  const { octets, offset } = reader;
  let at = offset;
  while (at < reader.end && octets[at] !== 0) {
    const size = octets[at] ?? 0;
    if (size >= 0xc0) throw new MalformedMessageError('compressed name where RFC 3597 allows none', at);
    if (size > MAX_LABEL_LENGTH) throw new MalformedMessageError(`label type 0x${size.toString(16)}`, at);
    at += 1 + size;
  }
  if (at >= reader.end) throw new MalformedMessageError('name runs past its end', offset);
  if (at - offset >= MAX_NAME_LENGTH) throw new MalformedMessageError('name over 255 octets', offset);
  reader.offset = at + 1;
}

// --- helpers ---

function parsePlainName(reader: WireReader): Uint8Array {
  const start = reader.offset;
  skipName(reader);
  return reader.octets.subarray(start, reader.offset);
}
