import { WaypostError } from '../base/errors.ts';
import type { HistoryLine, RecordLine, UndoReport } from './protocol.ts';
import { Streamed } from './stream.ts';

/**
 * What the control socket can ask about the history of zones. Zones are named in presentation format. Everything may
 * throw {@link HistoryError}, the iterables when they are begun.
 */
export interface HistoryControlled {
  /** The newest `most` entries of a zone's journal, newest first; then, when asked for, their records. */
  entries(zone: string, most: number, withRecords: boolean): Iterable<HistoryLine>;
  /** A zone as a master file, as it is or as it was at a serial. */
  text(zone: string, serial: number | undefined): Iterable<string>;
  /** The records of a zone, the same way. */
  records(zone: string, serial: number | undefined): Iterable<RecordLine>;
  /** What is to be removed (`-`) and added (`+`) to make one serial of a zone of another. */
  difference(zone: string, from: number, to: number): Iterable<RecordLine>;
  /** Takes back the change that led to a serial. Resolves when answers show it. */
  undo(zone: string, serial: number): Promise<UndoReport>;
}

/** A question about the history that has no answer: the message says why, to the person who asked. */
export class HistoryError extends WaypostError {
  readonly code = 'WP_HISTORY';
}

/** What a request about the history gets; `undefined` when it is about something else. Throws {@link HistoryError}. */
export function routeHistory(
  history: HistoryControlled,
  what: string,
  parameters: URLSearchParams,
): Streamed | Promise<UndoReport> | undefined {
  const zone = parameters.get('zone') ?? '';
  switch (what) {
    case 'GET /zone/history':
      return Streamed.lines(
        history.entries(zone, readNumber(parameters, 'most') ?? DEFAULT_ENTRIES, parameters.has('records')),
      );
    case 'GET /zone/text':
      return new Streamed('text/dns', history.text(zone, readNumber(parameters, 'at')));
    case 'GET /zone/records':
      return Streamed.lines(history.records(zone, readNumber(parameters, 'at')));
    case 'GET /zone/diff':
      return Streamed.lines(
        history.difference(zone, wantNumber(parameters, 'from'), wantNumber(parameters, 'to')),
      );
    case 'POST /zone/undo':
      return history.undo(zone, wantNumber(parameters, 'serial'));
    default:
      return undefined;
  }
}

// --- helpers ---

const DEFAULT_ENTRIES = 20;

function wantNumber(parameters: URLSearchParams, name: string): number {
  const value = readNumber(parameters, name);
  if (value === undefined) throw new HistoryError(`the parameter ${name} is wanted`);
  return value;
}

function readNumber(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new HistoryError(`the parameter ${name} is '${text}': expected a number`);
}
