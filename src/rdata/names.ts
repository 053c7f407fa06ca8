import { MalformedMessageError } from '../wire/errors.ts';
import { parseName, scanName, showName } from '../wire/name.ts';
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

/** A view of the name at the cursor, checked. */
function parsePlainName(reader: WireReader): Uint8Array {
  const { octets, offset } = reader;
  let at = offset;
  while (at < reader.end && octets[at] !== 0) {
    const size = octets[at] ?? 0;
    if (size >= 0xc0) throw new MalformedMessageError('compressed name where RFC 3597 allows none', at);
    if (size > 63) throw new MalformedMessageError(`label type 0x${size.toString(16)}`, at);
    at += 1 + size;
  }
  if (at >= reader.end) throw new MalformedMessageError('name runs past its end', offset);
  if (at - offset >= 255) throw new MalformedMessageError('name over 255 octets', offset);
  return reader.take(at + 1 - offset);
}
