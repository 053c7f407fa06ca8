import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type Koffi from 'koffi';
import { messageOf, WaypostError } from '../base/errors.ts';

/**
 * The few libc calls that batched UDP needs. All return what the C functions return; −1 means look at `errno`.
 * Addresses of memory are BigInts that are made once, so that a call in the hot loop allocates nothing.
 */
export interface SystemCalls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Int32Array,
    length: number,
  ) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: Int32Array) => number;
  readonly close: (fd: number) => number;
  readonly poll: (descriptors: bigint, count: number, timeoutMs: number) => number;
  readonly recvmmsg: (fd: number, headers: bigint, count: number, flags: number, timeout: bigint) => number;
  readonly sendmmsg: (fd: number, headers: bigint, count: number, flags: number) => number;
  /** Where the buffer's memory is; it stays there as long as the buffer is referenced. */
  readonly addressOf: (buffer: ArrayBuffer) => bigint;
  /** The `errno` of this thread's last call. */
  readonly errno: () => number;
  /** `EADDRINUSE` for 98, or `errno 98` when the number has no name. */
  readonly errnoName: (errno: number) => string;
}

/**
 * Binds the calls through koffi. Where that is impossible (not Linux, koffi not installed, an architecture whose
 * structures are laid out differently) the reason is returned instead.
 */
export function loadSystemCalls(): SystemCalls | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: `recvmmsg is not known on ${process.platform}` };
  if (!KNOWN_ARCHITECTURES.includes(process.arch) || endianness() !== 'LE') {
    return { reason: `the layout of mmsghdr on ${process.arch} is not known here` };
  }
  let koffi: typeof Koffi;
  try {
    koffi = createRequire(import.meta.url)('koffi');
  } catch (error) {
    return { reason: `koffi does not load: ${firstLine(error)}` };
  }
  const failures: string[] = [];
  for (const library of C_LIBRARIES) {
    try {
      return bindCalls(koffi, koffi.load(library));
    } catch (error) {
      failures.push(firstLine(error));
    }
  }
  return { reason: `the C library does not load: ${failures.join('; ')}` };
}

/** A system call that failed in a way that cannot be waited out. */
export class SystemCallError extends WaypostError {
  readonly code = 'WP_SYSTEM_CALL';
  constructor(call: string, errnoName: string) {
    super(`${call} failed with ${errnoName}`);
  }
}

/** Linux numbers (asm-generic), the same on every architecture this file accepts. */
export const LINUX = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_REUSEPORT: 15,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  IPPROTO_IP: 0,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_PMTUDISC_DONT: 0,
  IP_PMTUDISC_OMIT: 5,
  IPPROTO_IPV6: 41,
  IPV6_MTU_DISCOVER: 23,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_PMTUDISC_DONT: 0,
  IPV6_PMTUDISC_OMIT: 5,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_WAITFORONE: 0x10000,
  POLLIN: 1,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
  EFAULT: 14,
  ENOSYS: 38,
  ENOTSOCK: 88,
  ECONNREFUSED: 111,
} as const;

// --- helpers ---

const KNOWN_ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];
const C_LIBRARIES = ['libc.so.6', `libc.musl-${muslName(process.arch)}.so.1`, 'libc.so'];

function muslName(architecture: string): string {
  if (architecture === 'x64') return 'x86_64';
  return architecture === 'arm64' ? 'aarch64' : architecture;
}

function bindCalls(koffi: typeof Koffi, libc: ReturnType<typeof Koffi.load>): SystemCalls {
  const names = new Map(Object.entries(koffi.os.errno).map(([name, errno]) => [errno, name]));
  return {
    socket: libc.func('int socket(int family, int type, int protocol)'),
    setsockopt: libc.func(
      'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
    ),
    bind: libc.func('int bind(int fd, const void *address, uint32_t length)'),
    getsockname: libc.func('int getsockname(int fd, void *address, void *length)'),
    close: libc.func('int close(int fd)'),
    poll: libc.func('int poll(void *descriptors, unsigned long count, int timeout)'),
    recvmmsg: libc.func('int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)'),
    sendmmsg: libc.func('int sendmmsg(int fd, void *headers, uint32_t count, int flags)'),
    addressOf: (buffer) => koffi.address(buffer),
    errno: () => koffi.errno(),
    errnoName: (errno) => names.get(errno) ?? `errno ${errno}`,
  };
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? '';
}
