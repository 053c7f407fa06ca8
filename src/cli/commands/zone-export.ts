import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf, WaypostError } from '../../base/errors.ts';
import type { ControlClient } from '../../control/client.ts';
import type { Terminal } from '../terminal.ts';

/** The file cannot be written. What was there is there still. */
export class ExportError extends WaypostError {
  readonly code = 'WP_EXPORT';
}

/** What the command line of `waypost zone export` says. */
export interface ExportWish {
  /** The file; `-` is standard output; by default `NAME.zone` in this directory. */
  readonly file: string | undefined;
  readonly at: number | undefined;
  readonly force: boolean;
  readonly isJson: boolean;
}

/**
 * `waypost zone export NAME [FILE]`: writes a zone as a master file that loads to the same zone. The file is there whole
 * or not at all. Throws {@link ExportError}.
 */
export async function exportZone(
  client: ControlClient,
  terminal: Terminal,
  zone: string,
  { file, at, force, isJson }: ExportWish,
): Promise<number> {
  const chunks = client.zoneText(zone, at);
  if (file === '-') {
    for await (const text of chunks) await terminal.write(text);
    return 0;
  }
  const path = file ?? `${fileNameOf(zone)}.zone`;
  const octets = await writeWhole(path, chunks, force);
  if (isJson) terminal.out(`${JSON.stringify({ file: resolve(path), octets })}\n`);
  else terminal.out(`wrote ${path}, ${octets} octets\n`);
  return 0;
}

// --- helpers ---

/** The root zone's file is `root.zone`; what would lead into other directories does not. */
function fileNameOf(zone: string): string {
  const name = zone.replace(/\.$/, '').toLowerCase();
  if (name.includes('/'))
    throw new ExportError(`zone ${zone} is no name for a file: say which FILE to write`);
  return name === '' ? 'root' : name;
}

/** Writes beside the file first, and puts it in its place when all of it is on the disk. Returns its length. */
async function writeWhole(path: string, chunks: AsyncIterable<string>, force: boolean): Promise<number> {
  const part = join(dirname(path), `.waypost-${randomBytes(6).toString('hex')}.part`);
  let handle: FileHandle | undefined;
  let octets = 0;
  try {
    for await (const text of chunks) {
      handle ??= await open(part, 'wx', 0o644); // only now: an unknown zone leaves no trace
      octets += (await handle.write(text)).bytesWritten;
    }
    handle ??= await open(part, 'wx', 0o644);
    await handle.sync();
    await handle.close();
    if (force) renameSync(part, path);
    else linkSync(part, path); // fails where there is a file already
    return octets;
  } catch (error) {
    await handle?.close().catch(() => {}); // it may be closed
    if (error instanceof WaypostError) throw error;
    throw new ExportError(explain(error, path), { cause: error });
  } finally {
    rmSync(part, { force: true });
  }
}

function explain(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EEXIST') return `${path} is there already: name another file, or say --force to replace it`;
  return `cannot write ${path}: ${messageOf(error)}`;
}
