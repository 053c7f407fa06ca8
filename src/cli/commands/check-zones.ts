import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Effects } from '../../base/effects.ts';
import { ZoneDatabase } from '../../store/database.ts';
import type { ZoneImage } from '../../store/image-filler.ts';
import type { LoadReport } from '../../store/load-report.ts';
import type { ZoneSurroundings } from '../../store/zone-lint.ts';
import { ZoneLoader } from '../../store/zone-loader.ts';
import { ZoneWriter } from '../../store/zone-writer.ts';
import type { DomainName } from '../../wire/name.ts';

/** Which zone files are to be checked: all of a directory, or only some. */
export interface CheckedFiles {
  readonly directory: string;
  readonly files?: readonly string[];
  /** Whether a zone comes from a primary. */
  isSecondary?(apex: DomainName): boolean;
  /** Whether any zone does. */
  hasSecondaries?(): boolean;
  /** What warnings about the steering of a zone need to know. */
  surroundings?(apex: DomainName): ZoneSurroundings;
}

/**
 * Loads zone files exactly as the server does, into a database that is thrown away, and tells what it found. Calls
 * `onProgress` with the records of a zone so far.
 */
export async function checkZoneFiles(
  checked: CheckedFiles,
  effects: Effects,
  onProgress: (records: number) => void,
): Promise<LoadReport> {
  const scratch = mkdtempSync(join(tmpdir(), 'waypost-check-'));
  try {
    const database = new ZoneDatabase(scratch);
    try {
      const writer = new ZoneWriter({ database, image: NO_IMAGE, effects });
      const loader = new ZoneLoader({
        ...checked,
        database,
        writer,
        effects,
        onProgress: (_, records) => onProgress(records),
      });
      return await loader.load();
    } finally {
      database.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Nobody asks while files are checked. */
const NO_IMAGE: ZoneImage = {
  addZone() {},
  clearZone() {},
  removeZone() {},
  apply() {},
  beginBulk() {},
  endBulk() {},
  rebuild() {},
};
