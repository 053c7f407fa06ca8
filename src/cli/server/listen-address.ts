import type { Endpoint } from '../../base/endpoint.ts';
import { scanAddress } from '../../base/ip.ts';
import type { ListenAddress } from '../../serve/listen.ts';
import { UsageError } from '../arguments.ts';

/** The same address as sockets want it. */
export function listenAddressOf({ address, port }: Endpoint): ListenAddress {
  const octets = scanAddress(address);
  if (octets === undefined) throw new UsageError(`not an address: '${address}'`);
  return { octets, port };
}
