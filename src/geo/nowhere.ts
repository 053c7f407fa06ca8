import { compileTables } from './compile.ts';
import { GeoTables } from './tables.ts';

/** Tables in which nothing is known of any address. */
export const NOWHERE: GeoTables = new GeoTables(compileTables([], ''));
