// EDNS: RFC 6891; the options' own RFCs stand at the options.
import { MalformedMessageError } from '../wire/errors.ts';
import { EdnsOption } from '../wire/iana.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';
import { UnwritableMessageError } from './errors.ts';

/** What an OPT record says (RFC 6891 §6.1). The upper bits of the RCODE are in `Message.rcode`. */
export interface Edns {
  /** The largest UDP message the sender takes, as sent: values under 512 mean 512 (RFC 6891 §6.2.3). */
  readonly udpPayloadSize: number;
  readonly version: number;
  /** DO: the sender wants DNSSEC records (RFC 3225). The other flags are sent as 0 and not looked at. */
  readonly dnssecOk: boolean;
  readonly options: readonly Option[];
}

/** One EDNS option, its data not taken apart. */
export interface Option {
  /** See `EdnsOption`; others are legal too. */
  readonly code: number;
  readonly data: Uint8Array;
}

/** A client network (RFC 7871 §6). */
export interface ClientSubnet {
  /** 1 = IPv4, 2 = IPv6 (IANA "Address Family Numbers"); 0 = none, with SOURCE 0 only. */
  readonly family: number;
  readonly sourcePrefixLength: number;
  readonly scopePrefixLength: number;
  /** As many octets as SOURCE PREFIX-LENGTH needs, the bits after it 0. */
  readonly address: Uint8Array;
}

/** A COOKIE option (RFC 7873 §4). */
export interface Cookie {
  /** 8 octets. */
  readonly client: Uint8Array;
  /** 8 to 32 octets. */
  readonly server: Uint8Array | undefined;
}

/** An Extended DNS Error (RFC 8914 §2). */
export interface ExtendedDnsError {
  /** INFO-CODE: see `ExtendedError`. */
  readonly infoCode: number;
  /** EXTRA-TEXT, for people; may be empty. */
  readonly extraText: string;
}

/** Family numbers of {@link ClientSubnet}. */
export const AddressFamily = { NONE: 0, IPV4: 1, IPV6: 2 } as const;

/** The first option of a code, if there is one. */
export function findOption(edns: Edns | undefined, code: number): Option | undefined {
  return edns?.options.find((option) => option.code === code);
}

// --- the OPT record ---

/**
 * Reads the option list that is OPT's RDATA; unknown codes are kept (RFC 6891 §6.1.2). The data are copies.
 * Throws {@link MalformedMessageError}.
 */
export function parseOptions(reader: WireReader): readonly Option[] {
  const options: Option[] = [];
  while (reader.remaining > 0) {
    const code = reader.u16();
    const length = reader.u16();
    options.push({ code, data: reader.take(length).slice() });
  }
  return options;
}

/** Writes what {@link parseOptions} reads. */
export function composeOptions(writer: WireWriter, options: readonly Option[]): void {
  for (const option of options) {
    writer.u16(option.code);
    writer.u16(option.data.length);
    writer.bytes(option.data);
  }
}

// --- NSID (RFC 5001) ---

/** NSID: empty in a query, the server's identifier in a response; any octets. */
export function composeNsid(identifier: Uint8Array = new Uint8Array(0)): Option {
  return { code: EdnsOption.NSID, data: identifier };
}

// --- Client Subnet (RFC 7871) ---

/** Bits of an address by family. */
const ADDRESS_BITS: Readonly<Record<number, number>> = {
  [AddressFamily.NONE]: 0,
  [AddressFamily.IPV4]: 32,
  [AddressFamily.IPV6]: 128,
};

/**
 * Takes the data of a Client Subnet option apart. Throws {@link MalformedMessageError} for an unknown family,
 * lengths beyond the family's, an address of another length than SOURCE needs, and bits set after SOURCE (RFC
 * 7871 §6, §7.1.2). FAMILY 0 is taken with SOURCE 0, which `dig +subnet=0` sends.
 */
export function parseClientSubnet(data: Uint8Array): ClientSubnet {
  const reader = new WireReader(data);
  const family = reader.u16();
  const sourcePrefixLength = reader.u8();
  const scopePrefixLength = reader.u8();
  const address = reader.take(reader.remaining).slice();
  const subnet = { family, sourcePrefixLength, scopePrefixLength, address };
  const fault = faultOfSubnet(subnet);
  if (fault !== undefined) throw new MalformedMessageError(`client subnet with ${fault}`, 0);
  return subnet;
}

/** Writes what {@link parseClientSubnet} reads. Throws {@link UnwritableMessageError} for what that refuses. */
export function composeClientSubnet(subnet: ClientSubnet): Option {
  const fault = faultOfSubnet(subnet);
  if (fault !== undefined) throw new UnwritableMessageError(`client subnet with ${fault}`);
  const writer = new WireWriter();
  writer.u16(subnet.family);
  writer.u8(subnet.sourcePrefixLength);
  writer.u8(subnet.scopePrefixLength);
  writer.bytes(subnet.address);
  return { code: EdnsOption.CLIENT_SUBNET, data: writer.finish() };
}

/** The network of `prefixLength` bits around an address of 4 or 16 octets, as a query sends it: SCOPE 0. */
export function subnetOf(address: Uint8Array, prefixLength: number): ClientSubnet {
  const kept = address.slice(0, (prefixLength + 7) >> 3);
  const spare = 8 * kept.length - prefixLength;
  const last = kept.length - 1;
  if (last >= 0) kept[last] = (kept[last] ?? 0) & (0xff << spare);
  const family = address.length === 4 ? AddressFamily.IPV4 : AddressFamily.IPV6;
  return { family, sourcePrefixLength: prefixLength, scopePrefixLength: 0, address: kept };
}

function faultOfSubnet(subnet: ClientSubnet): string | undefined {
  const { family, sourcePrefixLength, scopePrefixLength, address } = subnet;
  const bits = ADDRESS_BITS[family];
  if (bits === undefined) return `unknown family ${family}`;
  if (sourcePrefixLength > bits) return `source prefix length ${sourcePrefixLength} over ${bits}`;
  if (scopePrefixLength > bits) return `scope prefix length ${scopePrefixLength} over ${bits}`;
  const length = (sourcePrefixLength + 7) >> 3;
  if (address.length !== length) return `${address.length} octets of address for ${sourcePrefixLength} bits`;
  const spare = 8 * length - sourcePrefixLength;
  if (((address[length - 1] ?? 0) & ((1 << spare) - 1)) !== 0) return 'bits set after its source prefix';
  return undefined;
}

// --- COOKIE (RFC 7873) ---

/** Takes the data of a COOKIE option apart. Throws {@link MalformedMessageError} (RFC 7873 §5.2.2). */
export function parseCookie(data: Uint8Array): Cookie {
  if (data.length !== 8 && (data.length < 16 || data.length > 40)) {
    throw new MalformedMessageError(`cookie of ${data.length} octets`, 0);
  }
  return { client: data.slice(0, 8), server: data.length > 8 ? data.slice(8) : undefined };
}

/** Writes what {@link parseCookie} reads. */
export function composeCookie(cookie: Cookie): Option {
  const writer = new WireWriter();
  writer.bytes(cookie.client);
  if (cookie.server !== undefined) writer.bytes(cookie.server);
  return { code: EdnsOption.COOKIE, data: writer.finish() };
}

// --- Extended DNS Errors (RFC 8914) ---

/**
 * Takes the data of an Extended DNS Error apart. Text that is not UTF-8 is read with replacement characters,
 * for it is for people only. Throws {@link MalformedMessageError}.
 */
export function parseExtendedError(data: Uint8Array): ExtendedDnsError {
  const reader = new WireReader(data);
  const infoCode = reader.u16();
  const extraText = new TextDecoder('utf-8', { ignoreBOM: true }).decode(reader.take(reader.remaining));
  // RFC 8914 §2: the text may end with a null octet, which is not part of it.
  return { infoCode, extraText: extraText.endsWith('\0') ? extraText.slice(0, -1) : extraText };
}

/** Writes what {@link parseExtendedError} reads. */
export function composeExtendedError(error: ExtendedDnsError): Option {
  const writer = new WireWriter();
  writer.u16(error.infoCode);
  writer.bytes(new TextEncoder().encode(error.extraText));
  return { code: EdnsOption.EXTENDED_ERROR, data: writer.finish() };
}
