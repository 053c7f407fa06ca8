// What is left of steering lines when their time has come: STEERING.md §2 and §7.
import { RRType } from '../wire/iana.ts';
import type { RecordDifference } from '../zone/net-change.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner, RR } from '../zone/record.ts';
import { showLine } from '../zone/steering-owner.ts';
import { composeSteeringLine, scanSteeringLine } from './lines.ts';
import { splitLine } from './words.ts';

/**
 * The change that takes what has lapsed by `nowSeconds` out of the lines that `owner` (a `_steer.<owner>`) holds:
 * verdict lines, and of member lines the operator's word; a member line that says nothing more goes too.
 */
export function lapseChange(owner: Owner, nowSeconds: number): RecordDifference {
  const removed: RR[] = [];
  const added: RR[] = [];
  const type = RRType.TXT;
  const { ttl = 0, rdatas = [] } = rrsetOf(owner, type) ?? {};
  for (const rdata of rdatas) {
    const text = showLine(rdata);
    if (!hasLapsed(text, nowSeconds)) continue;
    removed.push({ owner: owner.name, type, ttl, rdata });
    const { line } = scanSteeringLine(text);
    const rest = line?.kind === 'member' ? restOf(text) : undefined;
    if (rest !== undefined) added.push({ owner: owner.name, type, ttl, rdata: rest });
  }
  return { removed, added };
}

function hasLapsed(text: string, nowSeconds: number): boolean {
  const { line } = scanSteeringLine(text);
  const { until } =
    line?.kind === 'verdict' ? line.verdict : line?.kind === 'member' ? line.attributes : NO_END;
  return until !== undefined && until <= nowSeconds;
}

/** A member line without the operator's word, otherwise as it was written; `undefined` when only the member is left. */
function restOf(text: string): Uint8Array | undefined {
  const words = splitLine(text)
    .map((word) => word.text)
    .filter((word) => !/^(state|until|reason)=/.test(word));
  return words.length < 2 ? undefined : composeSteeringLine(words.join(' '));
}

const NO_END: { readonly until?: number } = {};
