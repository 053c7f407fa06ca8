import { WaypostError } from '../base/errors.ts';

/** A message or an option that has no wire form; the text says why. */
export class UnwritableMessageError extends WaypostError {
  readonly code = 'WP_UNWRITABLE_MESSAGE';
}
