// The SvcParams of SVCB and HTTPS. RFC 9460 §2.1 (text), §2.2 (wire), §8 (mandatory).
import { MalformedMessageError, PresentationError } from '../wire/errors.ts';
import { WireReader } from '../wire/reader.ts';
import type { RdataField } from './descriptor.ts';
import { bigEndian } from './numbers.ts';
import { concat, scanOctets, showWord } from './strings.ts';
import { paramFormat, paramKey, paramName, SvcParam } from './svcb-keys.ts';

/**
 * SvcParams to the end of the RDATA: key, length, value, in strictly ascending order of keys; text is one word
 * for each, `key=value` (quotes around the value are gone here), in any order. Alias form may have some too
 * (RFC 9460 §2.4.2: recipients ignore them).
 */
export const SVC_PARAMS: RdataField = {
  kind: 'service parameters',
  parse: (reader) => {
    const start = reader.offset;
    const params = parseParams(reader);
    const fault = faultOf(params);
    if (fault !== undefined) throw new MalformedMessageError(fault, start);
    return reader.octets.subarray(start, reader.end);
  },
  scan: (words) => {
    const first = words.at;
    const params = new Map<number, Uint8Array>();
    while (words.remaining > 0) {
      const [key, value] = scanParam(words.peek() ?? '');
      if (params.has(key)) throw new PresentationError(`service parameter ${paramName(key)} is given twice`);
      params.set(key, value);
      words.at++;
    }
    const sorted = new Map([...params].sort(([a], [b]) => a - b));
    const fault = faultOf(sorted);
    if (fault !== undefined) {
      words.at = first;
      throw new PresentationError(fault);
    }
    return concat(
      [...sorted].flatMap(([key, value]) => [bigEndian(key, 2), bigEndian(value.length, 2), value]),
    );
  },
  show: (reader) => [...parseParams(reader)].map(([key, value]) => showParam(key, value)).join(' '),
};

// --- helpers ---

/** Values by key, in ascending order. */
type SvcParams = ReadonlyMap<number, Uint8Array>;

function parseParams(reader: WireReader): SvcParams {
  const params = new Map<number, Uint8Array>();
  let last = -1;
  while (reader.remaining > 0) {
    const key = reader.u16();
    if (key <= last) throw new MalformedMessageError('service parameters out of order', reader.offset - 2);
    params.set(key, reader.take(reader.u16()));
    last = key;
  }
  return params;
}

function scanParam(text: string): [key: number, value: Uint8Array] {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const key = paramKey(name);
  if (key === undefined) {
    throw new PresentationError(`no service parameter has the name '${name}' (keyNNNNN stands for any)`);
  }
  const value = equals === -1 ? new Uint8Array(0) : scanOctets(text.slice(equals + 1));
  return [key, name.startsWith('key') ? value.slice() : (paramFormat(key)?.scan(value) ?? value.slice())];
}

function showParam(key: number, value: Uint8Array): string {
  const name = paramName(key);
  if (value.length === 0) return name;
  return `${name}=${showWord(paramFormat(key)?.show(value) ?? value)}`;
}

/** What is wrong with the values, or with one beside the other. */
function faultOf(params: SvcParams): string | undefined {
  for (const [key, value] of params) {
    const fault = paramFormat(key)?.faultOf(value);
    if (fault !== undefined) return `service parameter ${paramName(key)}: ${fault}`;
    if (value.length > 0xffff) return `service parameter ${paramName(key)} is over 65535 octets`;
  }
  if (params.has(SvcParam.NO_DEFAULT_ALPN) && !params.has(SvcParam.ALPN)) {
    return 'service parameter no-default-alpn without alpn'; // RFC 9460 §7.1.1
  }
  const mandatory = params.get(SvcParam.MANDATORY);
  if (mandatory === undefined) return undefined;
  const keys = new WireReader(mandatory);
  while (keys.remaining > 0) {
    const key = keys.u16();
    if (!params.has(key)) return `service parameter ${paramName(key)} is mandatory, but not there`;
  }
  return undefined;
}
