import { LINUX, type SystemCalls } from './system-calls.ts';
import type { UdpSocket } from './udp-socket.ts';

/** Datagrams taken and given per system call. Larger batches measured no faster and fall out of the L1 cache. */
export const BATCH = 64;
/** The largest payload of a UDP datagram over IPv4: 65,535 less the two headers. */
export const MAX_UDP_RESPONSE = 65_507;

// All "words" are indices into the arena as Int32Array; all "at" are offsets in octets.

/** struct mmsghdr, 64-bit: pointers take two words. */
export const Header = {
  WORDS: 16,
  NAME: 0,
  NAME_LENGTH: 2,
  VECTOR: 4,
  VECTOR_COUNT: 6,
  CONTROL: 8,
  CONTROL_LENGTH: 10,
  FLAGS: 12,
  LENGTH: 14,
} as const;

/** struct iovec. */
export const Vector = { WORDS: 4, BASE: 0, LENGTH: 2 } as const;

/** One sockaddr per message; two to a cache line. */
export const NAME_STRIDE = 32;
/** One IP_PKTINFO or IPV6_PKTINFO control message per message. */
export const CONTROL_STRIDE = 64;
/**
 * A buffer takes any datagram (65,535 octets). 65,856 = 64 × 1,029, and 1,029 is odd: the first lines of the buffers
 * spread over all sets of the L1 and L2 caches. With 65,536 they would all compete for one set.
 */
export const BUFFER_STRIDE = 65_856;
export const BUFFER_OCTETS = 65_535;

/** Where one socket's headers are in the arena. The buffers, names and control data are common to all sockets. */
export interface Lane {
  readonly fd: number;
  readonly addressLength: number;
  /** Where the address is in sockaddr_in or sockaddr_in6. */
  readonly addressOffset: number;
  readonly wildcard: boolean;
  readonly receiveHeaders: bigint;
  readonly sendHeaders: bigint;
  readonly receiveHeaderWord: number;
  readonly sendHeaderWord: number;
  readonly receiveVectorWord: number;
  readonly sendVectorWord: number;
  /** Which message each send header points to; it is only pointed elsewhere when requests went unanswered. */
  readonly pointsTo: Uint8Array;
  /** Octets of control data that one message takes: 0 without a wildcard. */
  readonly controlLength: number;
  /** The word of `ipi_ifindex` within a message's control data. */
  readonly interfaceWord: number;
  /** It gave packets lately, so ask it without polling first. */
  hot: boolean;
}

/** The memory of a thread's batches, laid out once, page-aligned; the kernel reads and writes it directly. */
export interface UdpArena {
  readonly octets: Uint8Array;
  readonly words: Int32Array;
  readonly lanes: readonly Lane[];
  readonly namesAt: number;
  readonly controlsAt: number;
  readonly buffersAt: number;
  /** struct pollfd[]: `fd` in one word, `events` and `revents` in the next. */
  readonly pollWord: number;
  readonly pollDescriptors: bigint;
}

/** Lays the arena out for these sockets: about 4.3 MB. */
export function layOutArena(calls: SystemCalls, sockets: readonly UdpSocket[]): UdpArena {
  const pollAt = sockets.length * LANE_OCTETS;
  const namesAt = roundUp(pollAt + 8 * sockets.length, 64);
  const controlsAt = namesAt + BATCH * NAME_STRIDE;
  const buffersAt = roundUp(controlsAt + BATCH * CONTROL_STRIDE, PAGE);
  const size = buffersAt + BATCH * BUFFER_STRIDE;

  const buffer = new ArrayBuffer(size + PAGE);
  const address = calls.addressOf(buffer);
  const skew = Number(-address & BigInt(PAGE - 1));
  const base = address + BigInt(skew);
  const octets = new Uint8Array(buffer, skew, size);
  const words = new Int32Array(buffer, skew, size / 4);
  const pointers = new BigInt64Array(buffer, skew, namesAt / 8);
  const pointerTo = (at: number): bigint => base + BigInt(at);

  const lanes = sockets.map((socket, n): Lane => {
    const receiveAt = n * LANE_OCTETS;
    const sendAt = receiveAt + BATCH * 64;
    const receiveVectorAt = sendAt + BATCH * 64;
    const sendVectorAt = receiveVectorAt + BATCH * 16;
    const controlLength = socket.wildcard ? PKTINFO_SPACE[socket.addressLength === 4 ? 4 : 16] : 0;
    for (let i = 0; i < BATCH; i++) {
      for (const [headersAt, vectorsAt] of [
        [receiveAt, receiveVectorAt],
        [sendAt, sendVectorAt],
      ] as const) {
        const header = headersAt + i * 64;
        const vector = vectorsAt + i * 16;
        pointers[header / 8] = pointerTo(namesAt + i * NAME_STRIDE);
        words[header / 4 + Header.NAME_LENGTH] = socket.addressLength === 4 ? 16 : 28;
        pointers[header / 8 + Header.VECTOR / 2] = pointerTo(vector);
        words[header / 4 + Header.VECTOR_COUNT] = 1;
        pointers[header / 8 + Header.CONTROL / 2] = socket.wildcard
          ? pointerTo(controlsAt + i * CONTROL_STRIDE)
          : 0n;
        words[header / 4 + Header.CONTROL_LENGTH] = controlLength;
        pointers[vector / 8] = pointerTo(buffersAt + i * BUFFER_STRIDE);
        words[vector / 4 + Vector.LENGTH] = BUFFER_OCTETS;
      }
    }
    words[pollAt / 4 + 2 * n] = socket.fd;
    words[pollAt / 4 + 2 * n + 1] = LINUX.POLLIN;
    return {
      ...socket,
      addressOffset: socket.addressLength === 4 ? 4 : 8,
      receiveHeaders: pointerTo(receiveAt),
      sendHeaders: pointerTo(sendAt),
      receiveHeaderWord: receiveAt / 4,
      sendHeaderWord: sendAt / 4,
      receiveVectorWord: receiveVectorAt / 4,
      sendVectorWord: sendVectorAt / 4,
      pointsTo: Uint8Array.from({ length: BATCH }, (_, i) => i),
      controlLength,
      interfaceWord: socket.addressLength === 4 ? 4 : 8,
      hot: false,
    };
  });
  return {
    octets,
    words,
    lanes,
    namesAt,
    controlsAt,
    buffersAt,
    pollWord: pollAt / 4,
    pollDescriptors: pointerTo(pollAt),
  };
}

// --- helpers ---

const PAGE = 4096;
/** Two arrays of headers and two of vectors. */
const LANE_OCTETS = BATCH * (64 + 64 + 16 + 16);
/** CMSG_SPACE of struct in_pktinfo and struct in6_pktinfo, by address length. */
const PKTINFO_SPACE = { 4: 32, 16: 40 } as const;

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
