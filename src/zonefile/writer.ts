// Zones as master files. RFC 1035 §5, RFC 2308 §4 ($TTL).
import { showRdata, showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName, showRelativeName } from '../wire/name.ts';

/** Everything one owner has, as a zone keeps it. */
export interface ShownOwner {
  readonly name: DomainName;
  readonly rrsets: readonly ShownRRset[];
}

/** Records of one owner and type. */
export interface ShownRRset {
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly rdatas: readonly Uint8Array[];
}

/**
 * Shows a zone as a master file that scans back to the same records: chunks of text, in ASCII, each of whole
 * lines. The apex is to come first in `owners` for the SOA to come first; they are walked once, and only the
 * first {@link SAMPLE} of them are held: these choose the `$TTL` and the width of the owners' column.
 */
export function* showZone(
  apex: DomainName,
  owners: Iterable<ShownOwner>,
): Generator<string, void, undefined> {
  const iterator = owners[Symbol.iterator]();
  const sample: ShownOwner[] = [];
  let next = iterator.next();
  for (; next.done !== true && sample.length < SAMPLE; next = iterator.next()) sample.push(next.value);
  const layout: Layout = { apex, ttl: commonTtl(sample), width: ownerWidth(apex, sample) };
  let text = showHead(layout, sample);
  for (const owner of sample) {
    text += showOwner(layout, owner);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  for (; next.done !== true; next = iterator.next()) {
    text += showOwner(layout, next.value);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** Owners that are looked at before the first line is written. */
export const SAMPLE = 4096;

// --- helpers ---

/** Characters; large enough for few writes, small enough to hold. */
const CHUNK = 32_768;
const LEAST_WIDTH = 7;
const MOST_WIDTH = 32;
const TTL_WIDTH = 7;
const TYPE_WIDTH = 7;

interface Layout {
  readonly apex: DomainName;
  /** What `$TTL` says. */
  readonly ttl: number;
  /** Characters in the owners' column. */
  readonly width: number;
}

function showHead({ apex, ttl }: Layout, sample: readonly ShownOwner[]): string {
  const soa = sample.find(({ name }) => name.length === apex.length)?.rrsets.find(isSoa)?.rdatas[0];
  const serial = soa === undefined ? undefined : showRdata(RRType.SOA, soa).split(' ')[2];
  const name = showName(apex);
  return `; zone ${name}${serial === undefined ? '' : `, serial ${serial}`}\n$ORIGIN ${name}\n$TTL ${ttl}\n\n`;
}

function showOwner(layout: Layout, owner: ShownOwner): string {
  let column = showRelativeName(owner.name, layout.apex).padEnd(layout.width);
  let text = '';
  for (const rrset of [...owner.rrsets].sort(soaThenNs)) {
    const ttl = (rrset.ttl === layout.ttl ? '' : String(rrset.ttl)).padEnd(TTL_WIDTH);
    const head = ` ${ttl} ${showType(rrset.type).padEnd(TYPE_WIDTH)} `;
    for (const rdata of rrset.rdatas) {
      const data = showRdata(rrset.type, rdata);
      text += `${column}${head}${isSoa(rrset) ? layOutSoa(data, layout.width) : data}\n`;
      column = ' '.repeat(layout.width);
    }
  }
  return text;
}

/** The fields of an SOA on lines of their own, each with its name. */
function layOutSoa(data: string, width: number): string {
  const [primary = '', mailbox = '', ...numbers] = data.split(' ');
  if (numbers.length !== SOA_FIELDS.length) return data;
  const indent = ' '.repeat(width + TTL_WIDTH + TYPE_WIDTH + 3);
  const lines = numbers.map((number, i) => {
    const field = SOA_FIELDS[i] ?? '';
    const time = i === 0 ? '' : showTime(Number(number));
    return `${indent}${number.padEnd(10)} ; ${field}${time}`;
  });
  return [`${primary} ${mailbox} (`, ...lines, `${indent})`].join('\n');
}

const SOA_FIELDS = ['serial', 'refresh', 'retry', 'expire', 'minimum'];

/** `, 1d12h`; nothing where the number of seconds says as much. */
function showTime(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const [unit, size] of UNITS) {
    if (rest >= size) text += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return seconds < 60 || rest > 0 ? '' : `, ${text}`;
}

const UNITS = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

function isSoa({ type }: ShownRRset): boolean {
  return type === RRType.SOA;
}

function soaThenNs(a: ShownRRset, b: ShownRRset): number {
  return rank(a) - rank(b);
}

function rank({ type }: ShownRRset): number {
  return type === RRType.SOA ? 0 : type === RRType.NS ? 1 : 2;
}

/** The TTL that most records have; the lowest of them where several do. */
function commonTtl(owners: readonly ShownOwner[]): number {
  const counts = new Map<number, number>();
  for (const { rrsets } of owners) {
    for (const { ttl, rdatas } of rrsets) counts.set(ttl, (counts.get(ttl) ?? 0) + rdatas.length);
  }
  const [best] = [...counts].sort(([ttlA, a], [ttlB, b]) => b - a || ttlA - ttlB);
  return best?.[0] ?? DEFAULT_TTL;
}

/** For a zone without records. */
const DEFAULT_TTL = 3600;

function ownerWidth(apex: DomainName, owners: readonly ShownOwner[]): number {
  let width = LEAST_WIDTH;
  for (const { name } of owners) {
    const length = showRelativeName(name, apex).length;
    if (length <= MOST_WIDTH) width = Math.max(width, length);
  }
  return width;
}
