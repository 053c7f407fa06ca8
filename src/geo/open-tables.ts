import { GeoTablesError } from './errors.ts';
import { GeoTables } from './tables.ts';
import { checkOf, TablesWord } from './tables-layout.ts';

/**
 * Opens tables that were kept in a file. Throws {@link GeoTablesError} unless they are whole and what was written: compile
 * the sources again then.
 */
export function openTables(memory: SharedArrayBuffer): GeoTables {
  const tables = new GeoTables(memory);
  const words = new Int32Array(memory);
  if (checkOf(words) !== words[TablesWord.CHECK])
    throw new GeoTablesError('these compiled tables are damaged');
  return tables;
}
