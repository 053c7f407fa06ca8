import { WaypostError } from '../base/errors.ts';

/** Octets that are not a DNS message. Becomes FORMERR. `offset` counts octets from the message start. */
export class MalformedMessageError extends WaypostError {
  readonly code = 'WP_MALFORMED_MESSAGE';
  readonly offset: number;
  constructor(what: string, offset: number) {
    super(`${what} at octet ${offset}`);
    this.offset = offset;
  }
}

/** Text that is not what it should be in presentation format (RFC 1035 §5.1). */
export class PresentationError extends WaypostError {
  readonly code = 'WP_PRESENTATION';
}
