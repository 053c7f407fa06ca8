import { WaypostError } from '../base/errors.ts';

/** A program or a web server that we wanted something of has not done it: the text says which one, and why. */
export class ErrandError extends WaypostError {
  readonly code = 'WP_ERRAND';
}

/** A load cannot be read: the text says where, what came instead, and what to do. */
export class LoadError extends WaypostError {
  readonly code = 'WP_LOAD';
}
