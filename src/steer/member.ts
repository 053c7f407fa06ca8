// Members: the records of a steered RRset, known by their data in presentation format (STEERING.md, head).
import { scanAddress, showAddress } from '../base/ip.ts';
import { canonicalRdata, showRdata } from '../rdata/table.ts';
import { PresentationError } from '../wire/errors.ts';
import { RRType } from '../wire/iana.ts';
import { foldName, scanName, showName } from '../wire/name.ts';

/** The types whose RRsets a policy line steers. */
export const STEERED_TYPES: readonly number[] = [RRType.A, RRType.CNAME, RRType.AAAA];

/** Whether RRsets of this type have members. */
export function isSteeredType(type: number): boolean {
  return STEERED_TYPES.includes(type);
}

/** The member that a record of a steered type is: its data in presentation format, names in lower case. */
export function memberOf(type: number, rdata: Uint8Array): string {
  return showRdata(type, canonicalRdata(type, rdata));
}

/** Reads the member that begins a line: an address in any form, or an absolute name. `undefined` for anything else. */
export function scanMember(text: string): string | undefined {
  const address = scanAddress(text);
  if (address !== undefined) return showAddress(address);
  return text.endsWith('.') ? scanTarget(text) : undefined;
}

/** What a word that is no member was perhaps meant to be. */
export function suggestedMember(text: string): string | undefined {
  if (!text.includes('.') || /^[\d.]+$/.test(text) || text.includes('=')) return undefined;
  return scanTarget(`${text}.`);
}

function scanTarget(text: string): string | undefined {
  try {
    return showName(foldName(scanName(text, undefined)));
  } catch (error) {
    if (error instanceof PresentationError) return undefined;
    throw error;
  }
}
