import { WaypostError } from '../base/errors.ts';

/** Why another server could not be asked. */
export type ExchangeFailure =
  /** Nothing came in time that answers the request. */
  | 'timeout'
  /** Nothing listens there, there is no way there, or the connection broke off. */
  | 'unreachable'
  /** What came is no DNS message, or no answer to what was asked. */
  | 'malformed'
  /** The other end does not accept our signature, or we not its. */
  | 'signature'
  /** Given up by our own side. */
  | 'aborted'
  /** Too many requests of our own are waiting. */
  | 'busy';

/** A request to another server had no answer that can be used. The text says where, what, and what to look at. */
export class ExchangeError extends WaypostError {
  readonly code = 'WP_EXCHANGE';
  readonly failure: ExchangeFailure;
  /** With BADTIME: by how many seconds the other clock is ahead of ours (negative: behind). */
  readonly skewS: number | undefined;

  constructor(
    failure: ExchangeFailure,
    message: string,
    options: ErrorOptions & { readonly skewS?: number } = {},
  ) {
    super(message, options);
    this.failure = failure;
    this.skewS = options.skewS;
  }
}
