import { scanIPv4, scanIPv6, showIPv4, showIPv6 } from '../base/ip.ts';
import type { RdataField } from './descriptor.ts';

/** An IPv4 address (RFC 1035 §3.4.1). */
export const IPV4: RdataField = {
  kind: 'IPv4 address',
  parse: (reader) => reader.take(4),
  scan: (words) => scanIPv4(words.take('IPv4 address')) ?? words.fail('IPv4 address'),
  show: (reader) => showIPv4(reader.take(4)),
};

/** An IPv6 address (RFC 3596 §2.2). */
export const IPV6: RdataField = {
  kind: 'IPv6 address',
  parse: (reader) => reader.take(16),
  scan: (words) => scanIPv6(words.take('IPv6 address')) ?? words.fail('IPv6 address'),
  show: (reader) => showIPv6(reader.take(16)),
};
