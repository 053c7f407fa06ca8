// RDATA of any type, by its row in rows.ts. RFC 3597 for the types without one.
import { MalformedMessageError, PresentationError } from '../wire/errors.ts';
import { foldName, type WireName } from '../wire/name.ts';
import { WireReader } from '../wire/reader.ts';
import type { RdataDescriptor, RdataField } from './descriptor.ts';
import { isGeneric, scanGeneric, showGeneric } from './generic.ts';
import { skipName } from './names.ts';
import { RDATA_ROWS } from './rows.ts';
import { concat } from './strings.ts';
import { typeNumber, typeText } from './types.ts';
import type { Words } from './words.ts';

/** A row, and its fields up to its last name: what has to be read to find the names. */
type TableEntry = RdataDescriptor & { readonly fieldsToLastName: readonly RdataField[] };

const ROWS: ReadonlyMap<number, TableEntry> = new Map(
  RDATA_ROWS.map((entry) => {
    const lastName = entry.fields.findLastIndex((field) => field.kind === 'name');
    return [entry.type, { ...entry, fieldsToLastName: entry.fields.slice(0, lastName + 1) }];
  }),
);

/**
 * Reads RDATA in presentation format: all of `words`, in the type's own form or RFC 3597's (`\# 4 C0000201`),
 * which is checked where the type is known. Relative names are completed with `origin`; their case is kept.
 * Throws {@link PresentationError}; `words.at` is then at the wrong word.
 */
export function scanRdata(type: number, words: Words, origin: WireName): Uint8Array {
  const entry = ROWS.get(type);
  if (isGeneric(words)) return scanCheckedGeneric(type, words);
  if (entry === undefined) {
    throw new PresentationError(`type ${typeText(type)} needs its data in the generic form '\\# length hex'`);
  }
  const rdata = scanFields(entry.fields, words, origin);
  if (words.remaining > 0) {
    words.take('end of record');
    words.fail('end of record');
  }
  if (rdata.length > 0xffff)
    throw new PresentationError(`RDATA of ${rdata.length} octets; 65535 is the most`);
  return rdata;
}

/** Shows RDATA in presentation format, names absolute; in RFC 3597's form where the type has no better one. */
export function showRdata(type: number, rdata: Uint8Array): string {
  const fields = ROWS.get(type)?.fields;
  if (fields === undefined) return showGeneric(rdata);
  const reader = new WireReader(rdata);
  let line = '';
  for (const field of fields) {
    const text = field.show(reader);
    if (text === undefined) return showGeneric(rdata);
    if (text !== '') line += line === '' ? text : ` ${text}`;
  }
  return line;
}

/**
 * Reads and checks `length` octets of RDATA at the cursor of a message; returns a copy with its names
 * decompressed where RFC 3597 §4 lets them be compressed. Throws {@link MalformedMessageError}.
 */
export function parseRdata(type: number, reader: WireReader, length: number): Uint8Array {
  const part = reader.part(length);
  const entry = ROWS.get(type);
  if (entry === undefined) return part.take(length).slice();
  const rdata = parseFields(entry.fields, part);
  if (part.remaining > 0) {
    throw new MalformedMessageError(
      `${part.remaining} octets too many in ${entry.mnemonic} RDATA`,
      part.offset,
    );
  }
  return rdata;
}

/**
 * The canonical form (RFC 4034 §6.2 (3) with the list of types as corrected by RFC 6840 §5.1): the names of
 * the older types and of RRSIG in lower case, those of NSEC and of everything newer as they are. The same
 * array when nothing changes.
 */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  if (ROWS.get(type)?.folds !== true) return rdata;
  let folded = rdata;
  for (const [start, end] of nameSpans(type, rdata)) {
    const name = rdata.subarray(start, end) as WireName;
    const lower = foldName(name);
    if (lower === name) continue;
    if (folded === rdata) folded = new Uint8Array(rdata); // not slice: of a Buffer, that is a view
    folded.set(lower, start);
  }
  return folded;
}

/** Where names begin in checked RDATA: offsets in octets. */
export function namesInRdata(type: number, rdata: Uint8Array): readonly number[] {
  return nameSpans(type, rdata).map(([start]) => start);
}

/** Whether senders may compress the names in RDATA of this type (RFC 3597 §4). */
export function isCompressible(type: number): boolean {
  return ROWS.get(type)?.compressible === true;
}

/** The number of a type written as mnemonic or `TYPE123` (RFC 3597 §5), in any case; or `undefined`. */
export function scanType(text: string): number | undefined {
  return typeNumber(text);
}

/** The mnemonic of a type, or `TYPE123` (RFC 3597 §5). */
export function showType(type: number): string {
  return typeText(type);
}

// --- helpers ---

function scanFields(fields: readonly RdataField[], words: Words, origin: WireName): Uint8Array {
  const [first] = fields;
  if (first !== undefined && fields.length === 1) return first.scan(words, origin);
  return concat(fields.map((field) => field.scan(words, origin)));
}

function parseFields(fields: readonly RdataField[], reader: WireReader): Uint8Array {
  const [first] = fields;
  if (first !== undefined && fields.length === 1) return first.parse(reader).slice();
  return concat(fields.map((field) => field.parse(reader)));
}

function scanCheckedGeneric(type: number, words: Words): Uint8Array {
  const octets = scanGeneric(words);
  try {
    const parsed = parseRdata(type, new WireReader(octets), octets.length);
    if (Buffer.compare(parsed, octets) === 0) return octets;
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    throw new PresentationError(`not RDATA of type ${typeText(type)}: ${error.message}`, { cause: error });
  }
  // RFC 3597 §5: names in the generic form are not compressed
  throw new PresentationError(`compressed name in RDATA of type ${typeText(type)}`);
}

function nameSpans(type: number, rdata: Uint8Array): [start: number, end: number][] {
  const spans: [number, number][] = [];
  const entry = ROWS.get(type);
  if (entry === undefined) return spans;
  const reader = new WireReader(rdata);
  for (const field of entry.fieldsToLastName) {
    const start = reader.offset;
    if (field.kind === 'name') {
      skipName(reader);
      spans.push([start, reader.offset]);
    } else {
      field.parse(reader);
    }
  }
  return spans;
}
