import type { DomainName } from '../wire/name.ts';

/** What a load made of one zone. Warnings and errors begin with file and line where there are any. */
export interface ZoneReport {
  readonly outcome: 'unchanged' | 'new' | 'changed' | 'removed' | 'failed';
  readonly apex: DomainName;
  readonly path: string;
  /** Of the zone as it is served now; `undefined` when it is not. */
  readonly serial: number | undefined;
  /** Records that are served now. */
  readonly records: number;
  readonly added: number;
  readonly removed: number;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** What a load did. */
export interface LoadReport {
  readonly zones: readonly ZoneReport[];
  /** What concerns no zone: a directory that cannot be read, a file whose name says none. */
  readonly errors: readonly string[];
}
