import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PAGE = new Uint8Array(8192);
const INTERVAL_MS = 500;
const MOST = 100_000;

/** Writes and syncs a little twice a second: what the disk alone takes for what makes an update durable. */
export class DiskProbe {
  readonly #times: number[] = [];
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #timer: NodeJS.Timeout;
  #isBusy = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
    this.#timer = setInterval(() => void this.#look(), INTERVAL_MS).unref();
  }

  static async start(directory: string): Promise<DiskProbe> {
    const path = join(directory, 'disk-probe');
    return new DiskProbe(path, await open(path, 'w'));
  }

  /** Ends it; the milliseconds that each write and sync took. */
  async stop(): Promise<readonly number[]> {
    clearInterval(this.#timer);
    await this.#file.close();
    await rm(this.#path, { force: true });
    return this.#times;
  }

  async #look(): Promise<void> {
    if (this.#isBusy || this.#times.length >= MOST) return;
    this.#isBusy = true;
    const startMs = performance.now();
    try {
      await this.#file.write(PAGE);
      await this.#file.datasync();
      this.#times.push(performance.now() - startMs);
    } catch {
      return; // closed meanwhile
    } finally {
      this.#isBusy = false;
    }
  }
}
