import type { ServerResponse } from 'node:http';
import { breathe } from '../store/slices.ts';

/** A response that is made while it is sent, so that nobody holds all of it. */
export class Streamed {
  readonly contentType: string;
  readonly #chunks: Iterable<string>;

  constructor(contentType: string, chunks: Iterable<string>) {
    this.contentType = contentType;
    this.#chunks = chunks;
  }

  /** Values as lines of JSON. */
  static lines(values: Iterable<unknown>): Streamed {
    return new Streamed('application/x-ndjson', chunksOf(values));
  }

  /**
   * Sends everything; what is thrown before the first chunk comes before the head of the response. Ends early when the
   * client goes away, or takes nothing for {@link STALLED_MS}. Throws what making the chunks throws: then the response
   * is cut off, so that the client cannot take it for the whole.
   */
  async send(response: ServerResponse): Promise<void> {
    const chunks = this.#chunks[Symbol.iterator]();
    try {
      let next = chunks.next();
      response.writeHead(200, { 'content-type': this.contentType });
      for (; next.done !== true; next = chunks.next()) {
        if (!response.write(next.value)) await drained(response);
        if (response.destroyed) return;
        await breathe();
      }
      response.end();
    } catch (error) {
      if (response.headersSent) response.destroy();
      throw error;
    } finally {
      chunks.return?.();
    }
  }
}

// --- helpers ---

/** Characters. */
const CHUNK = 32_768;

/** A client that holds a snapshot of the database and does not read. */
const STALLED_MS = 60_000;

function* chunksOf(values: Iterable<unknown>): Iterable<string> {
  let text = '';
  for (const value of values) {
    text += `${JSON.stringify(value)}\n`;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** Resolves when more may be written, or the response is closed. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), STALLED_MS);
    const done = (): void => {
      clearTimeout(stalled);
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}
