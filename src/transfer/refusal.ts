import type { Rcode } from '../wire/iana.ts';

/** Why a zone is not transferred. */
export interface TransferRefusal {
  readonly kind: 'refusal';
  readonly rcode: Rcode;
  /** For people: Extended DNS Error text and the log. Lower case, no full stop. */
  readonly reason: string;
}

/** Makes a refusal. */
export function refuseTransfer(rcode: Rcode, reason: string): TransferRefusal {
  return { kind: 'refusal', rcode, reason };
}
