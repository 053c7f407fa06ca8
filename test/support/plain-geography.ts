import { showAddress } from '../../src/base/ip.ts';
import { endOf, heldIPv4, octetsOfNumber } from './plain-address.ts';
import {
  CENTRES,
  NOTHING,
  PlainDatabase,
  PlainNetworks,
  type PlainSource,
  type Said,
} from './plain-sources.ts';

/** What is known of an address; absent where nothing is. */
export interface PlainFacts {
  /** 1/10,000 degree. */
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  readonly country: string | undefined;
  readonly continent: string | undefined;
  readonly asn: number | undefined;
  readonly isp: string | undefined;
}

/** An address of which nothing is known. */
export const NOTHING_KNOWN: PlainFacts = {
  position: undefined,
  country: undefined,
  continent: undefined,
  asn: undefined,
  isp: undefined,
};

/** From an address on, up to the next segment, the sources say the same. IPv4 by 32 bits, IPv6 by its upper 64. */
export interface Segment {
  readonly start: bigint;
  /** `undefined`: IPv6 addresses that are looked up as the IPv4 address they hold. */
  readonly facts: PlainFacts | undefined;
}

/**
 * Where addresses are, as geo/README.md says it and with nothing compiled: every address is asked for in every source. Slow.
 * A source is the text of a networks.csv or the octets of an MMDB file; the most specific comes first.
 */
export class PlainGeography {
  readonly #sources: readonly PlainSource[];

  constructor(sources: readonly (string | Buffer)[]) {
    this.#sources = sources.map((source) =>
      typeof source === 'string' ? new PlainNetworks(source) : new PlainDatabase(source),
    );
  }

  /** What is known of an address of 4 or 16 octets. */
  factsOf(address: Uint8Array): PlainFacts {
    const held = heldIPv4(address);
    if (held !== undefined) return this.factsOf(held.address);
    if (address.length === 4) return joined(this.#sources.map((source) => source.at(address).said));
    // IPv6 is known by /64 networks, by their first address; these two hold IPv4, and nothing else is known of them.
    const first = address.map((octet, i) => (i < 8 ? octet : 0));
    if (/^(::|64:ff9b::)$/.test(showAddress(first))) return NOTHING_KNOWN;
    return joined(this.#sources.map((source) => source.at(first).said));
  }

  /** All addresses of a family, network by network of the sources, from the first to the last. */
  *segments(family: 4 | 6): Iterable<Segment> {
    const bits = family === 4 ? 32 : 64;
    const end = 1n << BigInt(bits);
    const kept = this.#sources.map(() => ({ until: 0n, said: NOTHING }));
    const known = new Map<Said, PlainFacts>();
    for (let at = 0n; at < end; ) {
      const held = family === 6 ? HELD_NETWORKS.find(({ from, to }) => from <= at && at < to) : undefined;
      if (held !== undefined) {
        yield { start: at, facts: undefined };
        at = held.to;
        continue;
      }
      const address = octetsOfNumber(at, bits);
      let next = end;
      let speakers = 0;
      let speaker = NOTHING;
      for (const [i, source] of this.#sources.entries()) {
        let keep = kept[i] ?? { until: 0n, said: NOTHING };
        if (keep.until <= at) {
          const { said, prefixLength } = source.at(address);
          keep = { until: endOf(at, Math.min(bits, prefixLength), bits), said };
          kept[i] = keep;
        }
        if (keep.until < next) next = keep.until;
        if (keep.said !== NOTHING) {
          speakers++;
          speaker = keep.said;
        }
      }
      if (family === 6) for (const { from } of HELD_NETWORKS) if (from > at && from < next) next = from;
      let facts = speakers === 1 ? known.get(speaker) : undefined;
      if (facts === undefined) {
        facts = speakers === 0 ? NOTHING_KNOWN : joined(kept.map(({ said }) => said));
        if (speakers === 1) known.set(speaker, facts);
        if (known.size > MAX_KEPT) known.clear();
      }
      yield { start: at, facts };
      at = next;
    }
  }
}

const MAX_KEPT = 50_000;

/** /64 networks with such addresses: `::`, 64:ff9b::, Teredo, 6to4. */
const HELD_NETWORKS = [
  { from: 0n, to: 1n },
  { from: 0x0064_ff9b_0000_0000n, to: 0x0064_ff9b_0000_0001n },
  { from: 0x2001_0000_0000_0000n, to: 0x2001_0001_0000_0000n },
  { from: 0x2002_0000_0000_0000n, to: 0x2003_0000_0000_0000n },
] as const;

/** "For each field (position, country, AS number, operator) the first file that says something wins." */
function joined(all: readonly Said[]): PlainFacts {
  const place = all.find(({ country, continent }) => country !== undefined || continent !== undefined);
  const centre = CENTRES.get(place?.country ?? '');
  const at =
    all.find(({ latitude, longitude }) => latitude !== undefined && longitude !== undefined) ?? centre;
  return {
    position:
      at?.latitude === undefined || at.longitude === undefined
        ? undefined
        : { latitude: units(at.latitude), longitude: units(at.longitude) },
    country: place?.country,
    continent: place?.continent ?? centre?.continent,
    asn: all.find(({ asn }) => asn !== undefined)?.asn,
    isp: all.find(({ isp }) => isp !== undefined)?.isp,
  };
}

/** 1/10,000 degree of degrees. */
export function units(degrees: number): number {
  return Math.round(degrees * 10_000) + 0;
}
