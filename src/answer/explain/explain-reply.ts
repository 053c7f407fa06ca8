import { showNetwork } from '../../base/network.ts';
import {
  AddressFamily,
  type ClientSubnet,
  findOption,
  parseClientSubnet,
  parseExtendedError,
} from '../../message/edns.ts';
import type { MessageFlags, MessageRecord } from '../../message/message.ts';
import { parseMessage } from '../../message/parse.ts';
import { showRdata, showType } from '../../rdata/table.ts';
import { EdnsOption, showRcode } from '../../wire/iana.ts';
import { showName } from '../../wire/name.ts';
import type { ExplainedReply } from './explanation.ts';

/** A response, read as its receiver reads it, for people. */
export function explainReply(octets: Uint8Array): ExplainedReply {
  const { rcode, flags, answers, authorities, additionals, edns } = parseMessage(octets);
  const subnet = findOption(edns, EdnsOption.CLIENT_SUBNET);
  const error = findOption(edns, EdnsOption.EXTENDED_ERROR);
  return {
    rcode: showRcode(rcode),
    flags: FLAGS.filter((flag) => flags[flag]),
    answer: answers.map(showRecord),
    authority: authorities.map(showRecord),
    additional: additionals.map(showRecord),
    subnet: subnet && explainSubnet(parseClientSubnet(subnet.data)),
    error: error && parseExtendedError(error.data).extraText,
  };
}

function showRecord({ owner, ttl, type, rdata }: MessageRecord): string {
  return `${showName(owner)} ${ttl} IN ${showType(type)} ${showRdata(type, rdata)}`;
}

function explainSubnet(subnet: ClientSubnet): { readonly prefix: string; readonly scope: number } {
  const { family, sourcePrefixLength, scopePrefixLength, address } = subnet;
  const padded = new Uint8Array(family === AddressFamily.IPV6 ? 16 : 4);
  padded.set(address);
  return {
    prefix: showNetwork({ address: padded, prefixLength: sourcePrefixLength }),
    scope: scopePrefixLength,
  };
}

/** In the order of dig. */
const FLAGS: readonly (keyof MessageFlags)[] = ['qr', 'aa', 'tc', 'rd'];
