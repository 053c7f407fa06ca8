import { WaypostError } from '../base/errors.ts';

/** What is wrong with a transfer that comes in. */
export type TransferFlaw =
  /** The primary answers with an error. */
  | 'refused'
  /** A message of it is not signed as it must be. */
  | 'signature'
  /** It is not a transfer of this zone, or has an inner contradiction. */
  | 'malformed'
  /** It does not lead forward from the serial that is here. */
  | 'serial'
  /** It is larger than is allowed. */
  | 'too-large';

/** A transfer that cannot be used. Nothing was changed. The text says what is wrong with it. */
export class IncomingTransferError extends WaypostError {
  readonly code = 'WP_INCOMING_TRANSFER';
  readonly flaw: TransferFlaw;
  constructor(flaw: TransferFlaw, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.flaw = flaw;
  }
}
