// Ping sockets of Linux (icmp(7), "ping_group_range"): datagram sockets that carry ICMP echo and need no rights.
import { createSocket, type Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { messageOf } from '../../base/errors.ts';
import { ProbeFailure } from './errors.ts';

/** Makes ping sockets. */
export interface PingSockets {
  /**
   * A socket of its own for one request: what is sent are ICMP messages, what comes are replies to them. The address'
   * port is not looked at. Throws an inconclusive {@link ProbeFailure}; errors that come later are told by the socket.
   */
  open(family: 4 | 6): Socket;
}

/**
 * Ping sockets through koffi, which makes the socket; then it is an ordinary datagram socket of Node's. Where that is
 * impossible the reason is returned instead.
 */
export function loadPingSockets(): PingSockets | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: `not known on ${process.platform}` };
  let calls: SocketCalls;
  try {
    calls = bindCalls(createRequire(import.meta.url)('koffi'));
  } catch (error) {
    return { reason: `koffi does not load: ${messageOf(error).split('\n', 1)[0]}` };
  }
  const trial = calls.openSocket(4);
  if (typeof trial === 'string') return { reason: explainErrno(trial) };
  calls.close(trial);
  return {
    open(family) {
      const fd = calls.openSocket(family);
      if (typeof fd === 'string') {
        const evidence = `cannot open a ping socket for IPv${family}: ${explainErrno(fd)}`;
        throw new ProbeFailure(evidence, { isInconclusive: true });
      }
      const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
      try {
        socket.bind({ fd }); // from here on the descriptor is the socket's to close
      } catch (error) {
        socket.close();
        calls.close(fd);
        throw error;
      }
      return socket;
    },
  };
}

// --- helpers ---

/** What libc has to do for us. */
interface SocketCalls {
  /** A descriptor, or the name of the error. */
  openSocket(family: 4 | 6): number | string;
  close(fd: number): void;
}

/** Linux numbers (asm-generic), the same on every architecture that Node and koffi know. */
const LINUX = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  IPPROTO_ICMP: 1,
  IPPROTO_ICMPV6: 58,
} as const;

function bindCalls(koffi: typeof Koffi): SocketCalls {
  const libc = koffi.load(null); // what Node itself is linked with
  const socket = libc.func('int socket(int family, int type, int protocol)');
  const close = libc.func('int close(int fd)');
  const names = new Map(Object.entries(koffi.os.errno).map(([name, errno]) => [errno, name]));
  const type = LINUX.SOCK_DGRAM | LINUX.SOCK_NONBLOCK | LINUX.SOCK_CLOEXEC;
  return {
    openSocket(family) {
      const fd: number =
        family === 4
          ? socket(LINUX.AF_INET, type, LINUX.IPPROTO_ICMP)
          : socket(LINUX.AF_INET6, type, LINUX.IPPROTO_ICMPV6);
      if (fd >= 0) return fd;
      const errno = koffi.errno();
      return names.get(errno) ?? `errno ${errno}`;
    },
    close: (fd) => void close(fd),
  };
}

function explainErrno(name: string): string {
  if (name !== 'EACCES') return name;
  return "this user's group is not in the sysctl net.ipv4.ping_group_range (EACCES)";
}
