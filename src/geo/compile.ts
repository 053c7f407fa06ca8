import { GeoSourceError } from './errors.ts';
import { FACT_WORDS, NameTable } from './facts.ts';
import { type Layer, overlay, type Source, type SourceNote } from './layer.ts';
import { locationsOf } from './locations.ts';
import { isMmdb } from './mmdb-file.ts';
import { readMmdb, type SourceFile } from './mmdb-source.ts';
import { readNetworks } from './networks-source.ts';
import { emptyRanges } from './range-list.ts';
import { isRangesText, readRanges } from './ranges-source.ts';
import { RowSet } from './row-set.ts';
import { writeTables } from './tables-writer.ts';

/** A file to compile: an MMDB file, a text of tor-geoipdb, or networks.csv; its octets tell which. */
export interface CompileInput {
  /** Its path, for people. */
  readonly name: string;
  readonly octets: Uint8Array;
}

/**
 * Compiles files into one shared buffer, which {@link GeoTables} reads; the most specific file comes first, and the first that
 * says something about a field wins. `key` is kept in the buffer: by it the caller knows what the buffer was made from.
 *
 * Takes seconds for a city database, so it belongs on a thread of its own. No file at all is fine: then nothing is known.
 * Throws {@link GeoSourceError} and `GeoLinesError`.
 */
export function compileTables(inputs: readonly CompileInput[], key: string): SharedArrayBuffer {
  if (inputs.length > MAX_SOURCES) {
    const beyond = inputs[MAX_SOURCES]?.name ?? '';
    throw new GeoSourceError(beyond, `more than ${MAX_SOURCES} files say where networks are`);
  }
  const names = new NameTable();
  const notes: SourceNote[] = [];
  let whole: Layer | undefined;
  for (const [i, input] of inputs.entries()) {
    const { note, layer } = readSource({ ...input, number: i + 1 }, names);
    notes.push(note);
    whole = whole === undefined ? layer : overlay(whole, layer);
  }
  return writeTables(locationsOf(whole ?? NOTHING), { key, sources: notes, names: names.names });
}

/** Sources are numbered in 4 bits. */
const MAX_SOURCES = 15;

/** Reads one file, whichever kind it is. Throws {@link GeoSourceError} and `GeoLinesError`. */
export function readSource(file: SourceFile, names: NameTable): Source {
  if (isMmdb(file.octets) || /\.mmdb$/i.test(file.name)) return readMmdb(file, names);
  const head = Buffer.from(file.octets.subarray(0, HEAD_LENGTH)).toString('latin1');
  if (isRangesText(head)) return readRanges(file, names);
  if (/^\s*[\x20-\x7e\t\r\n\xef\xbb\xbf]*$/.test(head.slice(0, TEXT_SAMPLE)))
    return readNetworks(file, names);
  throw new GeoSourceError(
    file.name,
    'neither an MMDB file nor a text: is it whole? There is no MMDB metadata at its end',
  );
}

/** Octets; the comments at the beginning of tor-geoipdb's files are shorter. */
const HEAD_LENGTH = 4096;
const TEXT_SAMPLE = 64;

const NOTHING: Layer = { ipv4: emptyRanges(32), ipv6: emptyRanges(64), facts: new RowSet(FACT_WORDS, 8) };
