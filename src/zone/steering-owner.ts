// Where steering lines live (STEERING.md, head): enough of it to know which owner is steered.
import { latin1 } from '../base/latin1.ts';
import { RRType } from '../wire/iana.ts';
import { childName, type DomainName, MAX_NAME_LENGTH, parentName } from '../wire/name.ts';
import type { RRset } from './record.ts';
import type { ZoneView } from './view.ts';

const LABEL = Uint8Array.from('_steer', (c) => c.charCodeAt(0));

/** Whether `name` is `_steer.<owner>`: it holds steering lines and is never answered. */
export function isSteeringOwner(name: DomainName): boolean {
  if (name[0] !== LABEL.length) return false;
  return LABEL.every((octet, i) => name[i + 1] === octet);
}

/** The owner whose steering lines stand at `name`; `undefined` when `name` is not `_steer.<owner>`. */
export function steeredOwner(name: DomainName): DomainName | undefined {
  return isSteeringOwner(name) ? parentName(name) : undefined;
}

/** `_steer.<owner>`; `undefined` when that would be over 255 octets. */
export function steeringOwner(owner: DomainName): DomainName | undefined {
  if (owner.length + 1 + LABEL.length > MAX_NAME_LENGTH) return undefined;
  return childName(LABEL, owner);
}

/** Whether `owner` has a policy line in `view`: its addresses and CNAMEs are steered (STEERING.md §9). */
export function isSteered(view: ZoneView, owner: DomainName): boolean {
  const name = steeringOwner(owner);
  if (name === undefined) return false;
  return (view.get(name)?.rrsets ?? []).some(holdsPolicyLine);
}

/** Whether TXT RDATA is a policy line: at least one word, and every word is `key=value`. */
export function isPolicyLine(rdata: Uint8Array): boolean {
  const words = showLine(rdata)
    .split(' ')
    .filter((word) => word !== '');
  return words.length > 0 && words.every((word) => /^[a-z][a-z0-9-]*=/i.test(word));
}

/** The character-strings of TXT RDATA joined by one space, each octet one character. */
export function showLine(rdata: Uint8Array): string {
  const strings: string[] = [];
  for (let at = 0; at < rdata.length; at += 1 + (rdata[at] ?? 0)) {
    strings.push(latin1(rdata.subarray(at + 1, at + 1 + (rdata[at] ?? 0))));
  }
  return strings.join(' ');
}

function holdsPolicyLine(rrset: RRset): boolean {
  return rrset.type === RRType.TXT && rrset.rdatas.some(isPolicyLine);
}
