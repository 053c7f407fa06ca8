import { messageOf, WaypostError } from '../base/errors.ts';
import { showAddress } from '../base/ip.ts';

/** An address and port to listen on. Port 0 lets the system choose. */
export interface ListenAddress {
  /** 4 or 16 octets, network order. */
  readonly octets: Uint8Array;
  readonly port: number;
}

/** Shows `192.0.2.1:53` or `[2001:db8::1]:53`. */
export function showListenAddress({ octets, port }: ListenAddress): string {
  const text = showAddress(octets);
  return octets.length === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}

/** Whether the address is 0.0.0.0 or ::, so that the reply's source must be chosen per request. */
export function isWildcard(address: ListenAddress): boolean {
  return address.octets.every((octet) => octet === 0);
}

/** An address that cannot be listened on: which, why, and what to do about it. */
export class ListenError extends WaypostError {
  readonly code = 'WP_LISTEN';
  /** The system's own code, such as `EADDRINUSE`. */
  readonly systemCode: string;
  readonly address: string;
  /** `address` is text, as `showListenAddress` gives it. */
  constructor(transport: 'UDP' | 'TCP', address: string, systemCode: string) {
    super(`cannot listen on ${address} (${transport}): ${reasonFor(systemCode, transport)}`);
    this.address = address;
    this.systemCode = systemCode;
  }
}

/** The system's code of an error of node:dgram or node:net, or else its text. */
export function systemCodeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return messageOf(error);
}

// --- helpers ---

function reasonFor(systemCode: string, transport: 'UDP' | 'TCP'): string {
  switch (systemCode) {
    case 'EADDRINUSE': {
      const show = transport === 'UDP' ? 'ss -lunp' : 'ss -ltnp';
      return `another program uses this address and port (${show} names it); stop that program or choose another port`;
    }
    case 'EACCES':
    case 'EPERM':
      return (
        'no permission for this port; ports below 1024 need the capability CAP_NET_BIND_SERVICE ' +
        '(systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE) or root; or choose a higher port'
      );
    case 'EADDRNOTAVAIL':
      return 'no interface of this machine has this address; correct it or configure the interface first';
    case 'EAFNOSUPPORT':
      return 'this system has no support for the address family; leave the address out';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; raise the limit (ulimit -n, LimitNOFILE=)';
    default:
      return `the system refused it with ${systemCode}`;
  }
}
