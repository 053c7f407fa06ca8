import { messageOf, WaypostError } from '../../base/errors.ts';
import { scanAddress } from '../../base/ip.ts';
import { type Network, nearestNetwork, scanNetwork, showNetwork } from '../../base/network.ts';
import { scanType } from '../../rdata/table.ts';
import { PresentationError } from '../../wire/errors.ts';
import { isMetaType, RRType } from '../../wire/iana.ts';
import { scanFullName, type WireName } from '../../wire/name.ts';

/** A question, and who asks it. */
export interface ExplainedQuestion {
  readonly name: WireName;
  readonly type: number;
  /** Where the query comes from: 4 or 16 octets. */
  readonly source: Uint8Array;
  /** The network of its Client Subnet option. */
  readonly subnet: Network | undefined;
}

/** A question as people write it. */
export interface WrittenQuestion {
  /** The final dot may be left out. */
  readonly name: string;
  readonly type: string;
  readonly client: string;
  /** The network of the Client Subnet option, such as 198.51.100.0/24. */
  readonly ecs?: string | undefined;
}

/** A question that cannot be explained; the text says what is wrong with it. */
export class ExplainError extends WaypostError {
  readonly code = 'WP_EXPLAIN';
}

/** Reads a question. Throws {@link ExplainError}. */
export function scanQuestion({ name, type, client, ecs }: WrittenQuestion): ExplainedQuestion {
  const source = scanAddress(client);
  if (source === undefined) {
    throw new ExplainError(
      `client '${client}' is no address: expected one such as 203.0.113.7 or 2001:db8::7`,
    );
  }
  const subnet = ecs === undefined ? undefined : scanSubnet(ecs);
  return { ...scanNameAndType(name, type), source, subnet };
}

/** Reads what is asked, without who asks. Throws {@link ExplainError}. */
export function scanNameAndType(
  name: string,
  type: string,
): { readonly name: WireName; readonly type: number } {
  const number = scanType(type);
  if (number === undefined)
    throw new ExplainError(`'${type}' is no type: expected one such as A, AAAA or CNAME`);
  if (isMetaType(number) && number !== RRType.ANY) {
    throw new ExplainError(`${type.toUpperCase()} asks for no records that can be explained`);
  }
  try {
    return { name: scanFullName(name), type: number };
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new ExplainError(messageOf(error), { cause: error });
  }
}

/** Reads an address, or a network, which stands for its first address; `undefined` for anything else. */
export function scanClient(text: string): Uint8Array | undefined {
  return scanAddress(text) ?? scanNetwork(text)?.address;
}

function scanSubnet(text: string): Network {
  const network = text.includes('/') ? scanNetwork(text) : undefined;
  if (network !== undefined) return network;
  const nearest = nearestNetwork(text);
  if (nearest === undefined) {
    throw new ExplainError(`client subnet '${text}' is no network: expected one such as 198.51.100.0/24`);
  }
  const meant = text.includes('/')
    ? showNetwork(nearest)
    : `${text}/${nearest.address.length === 4 ? 24 : 56}`;
  const what = text.includes('/')
    ? 'has bits set after its prefix (RFC 7871 §6 refuses it)'
    : 'has no prefix length';
  throw new ExplainError(`client subnet '${text}' ${what}: did you mean ${meant}?`);
}
