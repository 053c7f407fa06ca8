import { MmdbData, MmdbFormatError, type MmdbMap, type MmdbValue } from './mmdb-data.ts';

/** An MMDB file, opened: its search tree and its data, with the numbers of its metadata checked. */
export interface MmdbFile {
  /** Two records a node. */
  readonly tree: Uint8Array;
  readonly data: Uint8Array;
  readonly nodeCount: number;
  /** Bits: 24, 28 or 32. */
  readonly recordSize: number;
  readonly ipVersion: 4 | 6;
  /** What its makers call it: `GeoLite2-City`. Only shown; what a file holds is told by its records. */
  readonly databaseType: string;
  /** Seconds since 1970. */
  readonly built: number;
  /** How many values may be visited in all; a file that needs more is broken. */
  readonly steps: number;
}

/** Whether these octets are an MMDB file, or were one before they were cut. */
export function isMmdb(octets: Uint8Array): boolean {
  return metadataStart(octets) >= 0;
}

/** Opens an MMDB file without copying it. Throws {@link MmdbFormatError}. */
export function openMmdb(octets: Uint8Array): MmdbFile {
  const start = metadataStart(octets);
  if (start < 0) throw new MmdbFormatError('there is no MMDB metadata at its end: is the file whole?');
  const metadata = new MmdbData(octets.subarray(start), MAX_METADATA).value(0);
  if (!isMap(metadata)) throw new MmdbFormatError('its metadata is no map');
  const nodeCount = wholeNumber(metadata, 'node_count');
  const recordSize = wholeNumber(metadata, 'record_size');
  const ipVersion = wholeNumber(metadata, 'ip_version');
  const major = wholeNumber(metadata, 'binary_format_major_version');
  if (major !== 2) throw new MmdbFormatError(`its format is version ${major}; version 2 is understood`);
  if (recordSize !== 24 && recordSize !== 28 && recordSize !== 32) {
    throw new MmdbFormatError(`records of ${recordSize} bits; 24, 28 and 32 are understood`);
  }
  if (ipVersion !== 4 && ipVersion !== 6) throw new MmdbFormatError(`IP version ${ipVersion}`);
  const treeLength = (nodeCount * recordSize) / 4;
  const dataEnd = start - MARKER.length;
  if (nodeCount === 0 || treeLength + SEPARATOR_LENGTH > dataEnd) {
    throw new MmdbFormatError(
      `a search tree of ${nodeCount} nodes does not fit into ${octets.length} octets`,
    );
  }
  if (octets.subarray(treeLength, treeLength + SEPARATOR_LENGTH).some((octet) => octet !== 0)) {
    throw new MmdbFormatError('there are no 16 zeros between its tree and its data: is the file whole?');
  }
  return {
    tree: octets.subarray(0, treeLength),
    data: octets.subarray(treeLength + SEPARATOR_LENGTH, dataEnd),
    nodeCount,
    recordSize,
    ipVersion,
    databaseType: textOf(metadata, 'database_type'),
    built: Number(metadata['build_epoch'] ?? 0),
    steps: STEPS_PER_OCTET * octets.length + MAX_METADATA,
  };
}

// --- metadata ---

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
/** Octets; the format's own bound. */
const MAX_METADATA = 128 * 1024;
const SEPARATOR_LENGTH = 16;
/** What is visited once for every record that has it: the files known need less than 2. */
const STEPS_PER_OCTET = 16;

function metadataStart(octets: Uint8Array): number {
  const from = Math.max(0, octets.length - MAX_METADATA);
  const tail = Buffer.from(octets.buffer, octets.byteOffset + from, octets.length - from);
  const marker = tail.lastIndexOf(MARKER);
  return marker < 0 ? -1 : from + marker + MARKER.length;
}

function isMap(value: MmdbValue): value is MmdbMap {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function wholeNumber(metadata: MmdbMap, field: string): number {
  const value = metadata[field];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new MmdbFormatError(`its metadata has no ${field}`);
  }
  return value;
}

function textOf(metadata: MmdbMap, field: string): string {
  const value = metadata[field];
  return typeof value === 'string' ? value : '';
}
