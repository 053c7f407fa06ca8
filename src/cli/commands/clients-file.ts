import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { scanClient } from '../../answer/explain/question.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';

/** A file of clients that cannot be read, or has a line that is no client. */
export class ClientsFileError extends WaypostError {
  readonly code = 'WP_CLIENTS_FILE';
}

/** The most clients of a file. */
export const MOST_CLIENTS_IN_FILE = 1_000_000;

/**
 * The clients of a file in batches of `size`: an address or a network on each line; what follows a space, a comma or `#` is
 * passed over. `-` is standard input. Throws {@link ClientsFileError} with the line.
 */
export async function* readClients(path: string, size: number): AsyncIterable<readonly string[]> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  let batch: string[] = [];
  let number = 0;
  let count = 0;
  try {
    for await (const line of linesOf(input, path)) {
      number++;
      const client = /^\s*([^\s,#]*)/.exec(line)?.[1] ?? '';
      if (client === '') continue;
      if (scanClient(client) === undefined) {
        const cut = client.length > 60 ? `${client.slice(0, 60)}…` : client;
        throw new ClientsFileError(
          `${path}:${number}:1: '${cut}' is no address, nor a network such as 203.0.113.0/24`,
        );
      }
      if (++count > MOST_CLIENTS_IN_FILE) {
        throw new ClientsFileError(
          `${path}:${number}:1: more than ${MOST_CLIENTS_IN_FILE} clients: take a sample`,
        );
      }
      batch.push(client);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    if (error instanceof WaypostError) throw error;
    throw new ClientsFileError(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    if (input !== process.stdin) input.destroy();
  }
  if (batch.length > 0) yield batch;
}

// --- helpers ---

/** Characters; a file without line ends is none of clients, and must not be held whole. */
const MOST_OF_A_LINE = 4096;

async function* linesOf(input: Readable, path: string): AsyncIterable<string> {
  input.setEncoding('utf8');
  let number = 0;
  let rest = '';
  for await (const chunk of input) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    number += lines.length;
    yield* lines;
    if (rest.length > MOST_OF_A_LINE) {
      throw new ClientsFileError(
        `${path}:${number + 1}:1: a line of more than ${MOST_OF_A_LINE} characters: expected an address or a network on each line`,
      );
    }
  }
  if (rest !== '') yield rest;
}
