import { type ParseArgsConfig, parseArgs } from 'node:util';
import { WaypostError } from '../base/errors.ts';
import { suggestionFor } from '../base/suggest.ts';

/** A command line that cannot be understood. Exit code 2, and the usage is shown. */
export class UsageError extends WaypostError {
  readonly code = 'WP_USAGE';
}

/** `util.parseArgs` with errors for people. Throws {@link UsageError}. */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error;
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError(explain(error.message, Object.keys(config.options ?? {})));
  }
}

/** The number given with an option. Throws {@link UsageError} unless it is an integer from `min` to `max`. */
export function readInteger(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${option} ${text}: expected an integer from ${min} to ${max}`);
}

function explain(message: string, options: readonly string[]): string {
  const [first = ''] = message.split('\n');
  const wanting = /^Option '([^']*)' argument (?:is ambiguous|missing)/.exec(first)?.[1];
  if (wanting !== undefined) return `option ${wanting.replace(/ <value>$/, '')} needs a value`;
  const unknown = /^Unknown option '(-[^']*)'/.exec(first)?.[1];
  if (unknown === undefined) return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, '');
  const meant = unknown.startsWith('--') ? suggestionFor(unknown.slice(2), options) : undefined;
  return `unknown option ${unknown}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
}
