// How a monitor remembers, in the zone itself, what it has pulled.
import { scanInstant, showInstant } from '../../base/instant.ts';
import { composeSteeringLine } from '../../steer/lines.ts';
import { scanMember } from '../../steer/member.ts';
import { scanKeyName } from '../../steer/verdict-line.ts';
import { type KeyRow, keyRow, scanKeys, scanWhole, showKeys, splitLine } from '../../steer/words.ts';
import { childName, type DomainName, MAX_NAME_LENGTH, parentName, showName } from '../../wire/name.ts';
import { showLine } from '../../zone/steering-owner.ts';

/**
 * A mark: one TXT record at `_pulled.<owner>`, for one record that was deleted there and is to come back.
 *
 * ```text
 * _pulled.www 60 TXT "192.0.2.1 pulled by=mon-bj. since=2026-11-22T09:58:41Z ttl=60 reason=timeout"
 * ```
 *
 * On a server that knows no verdicts a pulled record is simply gone, and it must be known for certain who took it: what an
 * operator deletes is never added again. A mark is written and removed in the same message as its record (RFC 2136 §3.4: all
 * of it or nothing), so the two never disagree, whoever dies when, and however many replies are lost; a file of
 * the monitor's own could only come before the deletion or after it. It also outlives the monitor's machine, is seen by
 * other monitors and by people, travels with the zone, and gives the operator a way to say "do not put this back" while
 * the record is out: delete the mark. (To add the record and delete it again says it too, if the monitor saw the zone in
 * between: a record that is there makes it remove its mark.) Where a key may not write TXT there is `pull-file.ts`.
 */
export interface Mark {
  /** See `memberOf`. */
  readonly member: string;
  /** Who pulled it: the name of its key. */
  readonly by: DomainName;
  /** Seconds since 1970. */
  readonly since: number | undefined;
  /** The TTL that the record had; seconds. */
  readonly ttl: number | undefined;
  /** In a word. */
  readonly reason: string | undefined;
}

/** `_pulled.<owner>`; `undefined` when that would be over 255 octets. */
export function markOwner(owner: DomainName): DomainName | undefined {
  return owner.length + 1 + LABEL.length > MAX_NAME_LENGTH ? undefined : childName(LABEL, owner);
}

/** The owner whose marks stand at `name`; `undefined` when `name` is not `_pulled.<owner>`. */
export function markedOwner(name: DomainName): DomainName | undefined {
  if (name[0] !== LABEL.length || !LABEL.every((octet, i) => name[i + 1] === octet)) return undefined;
  return parentName(name);
}

/** Reads TXT RDATA; `undefined` for what is no mark. */
export function parseMark(rdata: Uint8Array): Mark | undefined {
  const [first, second, ...rest] = splitLine(showLine(rdata));
  const member = first === undefined ? undefined : scanMember(first.text);
  if (member === undefined || second?.text !== PULLED) return undefined;
  const draft: MarkDraft = { by: undefined, since: undefined, ttl: undefined, reason: undefined };
  const faults = scanKeys(draft, rest, { what: 'a mark', rows: ROWS });
  const { by } = draft;
  return faults.length > 0 || by === undefined ? undefined : { member, ...draft, by };
}

/** Writes what {@link parseMark} reads; `undefined` when a word has over 255 octets. */
export function composeMark({ member, by, since, ttl, reason }: Mark): Uint8Array | undefined {
  return composeSteeringLine([member, PULLED, ...showKeys({ by, since, ttl, reason }, ROWS)].join(' '));
}

/** A sentence as one word of a line. */
export function reasonWord(reason: string): string | undefined {
  const word = reason
    .replace(/[^\x21-\x7e]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_REASON);
  return word === '' ? undefined : word;
}

// --- words ---

interface MarkDraft {
  by: DomainName | undefined;
  since: number | undefined;
  ttl: number | undefined;
  reason: string | undefined;
}

const LABEL = Uint8Array.from('_pulled', (c) => c.charCodeAt(0));
const PULLED = 'pulled';
const MAX_REASON = 60;
const MAX_TTL = 0x7fff_ffff;

const ROWS: readonly KeyRow<MarkDraft>[] = [
  keyRow('by', "a key's name, with its final dot", scanKeyName, (by) =>
    by === undefined ? undefined : showName(by),
  ),
  keyRow('since', 'a time (RFC 3339)', scanInstant, (since) =>
    since === undefined ? undefined : showInstant(since),
  ),
  keyRow(
    'ttl',
    'seconds',
    (value) => scanWhole(value, 0, MAX_TTL),
    (ttl) => (ttl === undefined ? undefined : `${ttl}`),
  ),
  keyRow(
    'reason',
    'a word',
    (value) => (value === '' ? undefined : value),
    (reason) => reason,
  ),
];
