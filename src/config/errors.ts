import { WaypostError } from '../base/errors.ts';

/** A file that should hold a secret and cannot be used. Does not show what it holds. */
export class SecretFileError extends WaypostError {
  readonly code = 'WP_SECRET_FILE';
}
