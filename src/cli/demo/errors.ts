import { WaypostError } from '../../base/errors.ts';

/** Something in the demonstration did not come to pass. The text says what, and what was said meanwhile. */
export class DemoError extends WaypostError {
  readonly code = 'WP_DEMO';
}
