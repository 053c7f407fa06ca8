import type { Network } from '../base/network.ts';
import { RangeList } from './range-list.ts';

/** A network and the number of what is said of it. */
export interface NumberedNetwork {
  readonly network: Network;
  readonly value: number;
}

/**
 * The number of every address: that of the longest network that holds it; 0 where none does. No network is twice in the
 * list, and those of IPv6 are no longer than /64.
 */
export function rangesOf(networks: readonly NumberedNetwork[], bits: 32 | 64): RangeList {
  const sorted = networks
    .filter(({ network }) => network.address.length === (bits === 32 ? 4 : 16))
    .map((each) => spanOf(each, bits))
    // A network before those within it.
    .sort((a, b) => a.high - b.high || a.low - b.low || a.prefixLength - b.prefixLength);
  const list = new RangeList(bits, Math.max(16, 2 * sorted.length));
  list.append(0, 0, 0);
  const open: Span[] = [];
  const closeBefore = (next: Span | undefined): void => {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (next !== undefined && compareKeys(last.endHigh, last.endLow, next) >= 0) return;
      open.pop();
      appendAfter(list, last, open.at(-1)?.value ?? 0);
    }
  };
  for (const span of sorted) {
    closeBefore(span);
    list.append(span.high, span.low, span.value);
    open.push(span);
  }
  closeBefore(undefined);
  return list;
}

/** A network as its first and last key. */
interface Span {
  readonly high: number;
  readonly low: number;
  readonly endHigh: number;
  readonly endLow: number;
  readonly prefixLength: number;
  readonly value: number;
}

function spanOf({ network, value }: NumberedNetwork, bits: 32 | 64): Span {
  const { address, prefixLength } = network;
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  const [high, low] = [view.getUint32(0), bits === 64 ? view.getUint32(4) : 0];
  const endHigh = (high | hostBits(prefixLength)) >>> 0;
  const endLow = bits === 64 ? (low | hostBits(Math.max(0, prefixLength - 32))) >>> 0 : 0;
  return { high, low, endHigh, endLow, prefixLength, value };
}

/** The bits after the prefix in the first 32. */
function hostBits(prefixLength: number): number {
  return prefixLength >= 32 ? 0 : 0xffff_ffff >>> prefixLength;
}

function compareKeys(high: number, low: number, span: Span): number {
  return high - span.high || low - span.low;
}

/** Behind `inner` the number is `value`. */
function appendAfter(list: RangeList, { endHigh, endLow }: Span, value: number): void {
  if (list.bits === 64 && endLow < MAX_WORD) list.append(endHigh, endLow + 1, value);
  else if (endHigh < MAX_WORD) list.append(endHigh + 1, 0, value);
}

const MAX_WORD = 0xffff_ffff;
