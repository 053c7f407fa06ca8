// A planned message as it goes out, and as nsupdate would be told it. RFC 2136 §2, RFC 9664 §4.
import { type Edns, findOption, type Option } from '../../message/edns.ts';
import { type Message, type MessageRecord, makeQuery } from '../../message/message.ts';
import { showRdata, showType } from '../../rdata/table.ts';
import { EdnsOption, Opcode, RRClass, RRType } from '../../wire/iana.ts';
import { showName } from '../../wire/name.ts';
import type { PlannedMessage } from './plan.ts';

/** The message. It carries EDNS, so that a refusal can say why (RFC 8914). */
export function composeUpdate({ apex, prerequisites, updates, leaseS }: PlannedMessage): Message {
  return makeQuery(
    0,
    { name: apex, type: RRType.SOA, class: RRClass.IN },
    {
      opcode: Opcode.UPDATE,
      answers: prerequisites,
      authorities: updates,
      edns: { ...EDNS, options: leaseS === undefined ? [] : [leaseOption(leaseS)] },
    },
  );
}

/** What every request of an updater says of EDNS. */
export const EDNS: Edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };

/** The lease that a response grants, in seconds; `undefined` when it does not speak of leases. */
export function grantedLease({ edns }: Message): number | undefined {
  const option = findOption(edns, EdnsOption.UPDATE_LEASE);
  if (option === undefined || option.data.length < 4) return undefined;
  return new DataView(option.data.buffer, option.data.byteOffset).getUint32(0);
}

/** The message as lines for nsupdate, for people. */
export function showUpdate({ apex, prerequisites, updates, leaseS }: PlannedMessage): readonly string[] {
  return [
    `zone ${showName(apex)}`,
    ...prerequisites.map(showPrerequisite),
    ...updates.map(showChange),
    ...(leaseS === undefined ? [] : [`; update lease ${leaseS} s`]),
    'send',
  ];
}

function leaseOption(leaseS: number): Option {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, leaseS);
  return { code: EdnsOption.UPDATE_LEASE, data };
}

function showPrerequisite({ owner, type, class: rrClass, rdata }: MessageRecord): string {
  const place = showName(owner);
  if (rrClass === RRClass.IN) return `prereq yxrrset ${place} ${showType(type)} ${showRdata(type, rdata)}`;
  if (type === RRType.ANY) return `prereq nxdomain ${place}`;
  return `prereq nxrrset ${place} ${showType(type)}`;
}

function showChange({ owner, type, class: rrClass, ttl, rdata }: MessageRecord): string {
  const data = `${showType(type)} ${showRdata(type, rdata)}`;
  return rrClass === RRClass.IN
    ? `update add ${showName(owner)} ${ttl} ${data}`
    : `update delete ${showName(owner)} ${data}`;
}
