import type { ListenAddress } from './listen.ts';
import { isWildcard, ListenError, showListenAddress } from './listen.ts';
import { LINUX, type SystemCalls } from './system-calls.ts';

/** A bound UDP socket. The control thread owns the descriptor; a query thread only uses its number. */
export interface UdpSocket {
  readonly fd: number;
  /** 4 (IPv4) or 16 (IPv6) octets. */
  readonly addressLength: number;
  /** Bound to 0.0.0.0 or ::, so packets carry IP_PKTINFO and replies must use it. */
  readonly wildcard: boolean;
}

/** The sockets of all threads and the addresses they are really bound to (ports chosen by the system filled in). */
export interface OpenedSockets {
  readonly addresses: readonly ListenAddress[];
  /** One list per thread, each with one socket per address. */
  readonly perThread: readonly (readonly UdpSocket[])[];
}

/**
 * Opens for each of `threads` threads its own socket on every address (SO_REUSEPORT): the kernel spreads the clients
 * over them, and a thread that dies is replaced on the same descriptors without losing what waits in them.
 * Throws {@link ListenError}; then nothing stays open.
 */
export function openUdpSockets(
  calls: SystemCalls,
  addresses: readonly ListenAddress[],
  threads: number,
): OpenedSockets {
  const perThread: UdpSocket[][] = Array.from({ length: threads }, () => []);
  try {
    // SO_REUSEPORT would silently share the port with another server of the same user, so ask without it first.
    for (const address of addresses) if (address.port !== 0) probe(calls, address);
    const bound = addresses.map((address) => {
      let actual = address;
      for (const sockets of perThread) {
        sockets.push(openOne(calls, actual));
        actual = actual.port === 0 ? { ...actual, port: boundPort(calls, sockets.at(-1)?.fd ?? -1) } : actual;
      }
      return actual;
    });
    return { addresses: bound, perThread };
  } catch (error) {
    closeUdpSockets(calls, perThread);
    throw error;
  }
}

/** Closes what {@link openUdpSockets} opened. Only after the threads have left them. */
export function closeUdpSockets(calls: SystemCalls, perThread: readonly (readonly UdpSocket[])[]): void {
  for (const { fd } of perThread.flat()) calls.close(fd);
}

// --- helpers ---

/** A thread that waits for packets looks at its control word at least this often. */
const WAIT_MICROSECONDS = 100_000;
/** Some 10,000 waiting queries: 50 ms at full speed, longer than any pause of a thread. The kernel may grant less. */
const RECEIVE_BUFFER_OCTETS = 4 << 20;
const SEND_BUFFER_OCTETS = 1 << 20;

function probe(calls: SystemCalls, address: ListenAddress): void {
  const fd = newSocket(calls, address);
  try {
    bindTo(calls, fd, address);
  } finally {
    calls.close(fd);
  }
}

function openOne(calls: SystemCalls, address: ListenAddress): UdpSocket {
  const fd = newSocket(calls, address);
  try {
    const set = (level: number, option: number, ...value: number[]): boolean =>
      calls.setsockopt(fd, level, option, Int32Array.from(value), 4 * value.length) === 0;
    const must = (level: number, option: number, ...value: number[]): void => {
      if (!set(level, option, ...value)) throw failure(calls, address);
    };
    must(LINUX.SOL_SOCKET, LINUX.SO_REUSEPORT, 1);
    must(LINUX.SOL_SOCKET, LINUX.SO_RCVTIMEO, ...microseconds(WAIT_MICROSECONDS));
    must(LINUX.SOL_SOCKET, LINUX.SO_SNDTIMEO, ...microseconds(WAIT_MICROSECONDS));
    set(LINUX.SOL_SOCKET, LINUX.SO_RCVBUF, RECEIVE_BUFFER_OCTETS);
    set(LINUX.SOL_SOCKET, LINUX.SO_SNDBUF, SEND_BUFFER_OCTETS);
    const wildcard = isWildcard(address);
    // Never believe a forged "fragmentation needed": an attacker could make us send fragments he can replace
    // (RFC 9715 §3.1). OMIT is younger than DONT; systems that have neither keep their default.
    if (address.octets.length === 4) {
      if (!set(LINUX.IPPROTO_IP, LINUX.IP_MTU_DISCOVER, LINUX.IP_PMTUDISC_OMIT)) {
        set(LINUX.IPPROTO_IP, LINUX.IP_MTU_DISCOVER, LINUX.IP_PMTUDISC_DONT);
      }
      if (wildcard) must(LINUX.IPPROTO_IP, LINUX.IP_PKTINFO, 1);
    } else {
      if (!set(LINUX.IPPROTO_IPV6, LINUX.IPV6_MTU_DISCOVER, LINUX.IPV6_PMTUDISC_OMIT)) {
        set(LINUX.IPPROTO_IPV6, LINUX.IPV6_MTU_DISCOVER, LINUX.IPV6_PMTUDISC_DONT);
      }
      if (wildcard) must(LINUX.IPPROTO_IPV6, LINUX.IPV6_RECVPKTINFO, 1);
    }
    bindTo(calls, fd, address);
    return { fd, addressLength: address.octets.length, wildcard };
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** A socket that would bind exactly its own address: IPv6 ones do not take IPv4 too. */
function newSocket(calls: SystemCalls, address: ListenAddress): number {
  const family = address.octets.length === 4 ? LINUX.AF_INET : LINUX.AF_INET6;
  const fd = calls.socket(family, LINUX.SOCK_DGRAM | LINUX.SOCK_CLOEXEC, 0);
  if (fd < 0) throw failure(calls, address);
  if (family === LINUX.AF_INET6) {
    if (calls.setsockopt(fd, LINUX.IPPROTO_IPV6, LINUX.IPV6_V6ONLY, Int32Array.of(1), 4) !== 0) {
      const error = failure(calls, address);
      calls.close(fd);
      throw error;
    }
  }
  return fd;
}

function bindTo(calls: SystemCalls, fd: number, address: ListenAddress): void {
  const name = sockaddrOf(address);
  if (calls.bind(fd, name, name.length) !== 0) throw failure(calls, address);
}

/** struct sockaddr_in (16 octets) or sockaddr_in6 (28). */
function sockaddrOf({ octets, port }: ListenAddress): Uint8Array {
  const name = new Uint8Array(octets.length === 4 ? 16 : 28);
  name[0] = octets.length === 4 ? LINUX.AF_INET : LINUX.AF_INET6;
  name[2] = port >> 8;
  name[3] = port & 0xff;
  name.set(octets, octets.length === 4 ? 4 : 8);
  return name;
}

function boundPort(calls: SystemCalls, fd: number): number {
  const name = new Uint8Array(28);
  calls.getsockname(fd, name, Int32Array.of(name.length));
  return ((name[2] ?? 0) << 8) | (name[3] ?? 0);
}

/** struct timeval of a 64-bit system, as four 32-bit words. */
function microseconds(count: number): number[] {
  return [Math.floor(count / 1_000_000), 0, count % 1_000_000, 0];
}

function failure(calls: SystemCalls, address: ListenAddress): ListenError {
  return new ListenError('UDP', showListenAddress(address), calls.errnoName(calls.errno()));
}
