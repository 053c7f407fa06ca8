import type { DomainName } from '../../wire/name.ts';
import type { Change } from './change-step.ts';
import { type FiledPull, type KnownName, knowName, type NameRecords, type Standing } from './known-name.ts';
import type { LearnedName } from './learner.ts';
import { nameKey } from './plan.ts';
import type { PullFile } from './pull-file.ts';
import { signerOf, type UpdatedZone } from './watched.ts';

/** What is known of one zone: what was learned, what was done since, and what the file of pulls says. */
export class ZonePicture {
  readonly #zone: UpdatedZone;
  readonly #file: PullFile | undefined;
  readonly #names = new Map<string, LearnedName>();

  /** `file` is for zones with `memory: 'file'`. */
  constructor(zone: UpdatedZone, file: PullFile | undefined) {
    this.#zone = zone;
    this.#file = zone.action === 'edit' && zone.memory === 'file' ? file : undefined;
  }

  /** Whether there are names that could not be looked at. */
  get hasHidden(): boolean {
    return [...this.#names.values()].some(({ kind }) => kind === 'hidden');
  }

  /** Takes what was learned in the place of what was known. */
  take(names: readonly LearnedName[]): void {
    const before = new Map(this.#names);
    this.#names.clear();
    for (const name of names) {
      const key = nameKey(name.watched.name);
      this.#names.set(key, withStatements(name, before.get(key)));
    }
  }

  /** The names that are known, as they are at `nowS` (seconds since 1970). */
  known(nowS: number): KnownName[] {
    const known: KnownName[] = [];
    for (const name of this.#names.values()) {
      if (name.kind === 'known') known.push(this.#know(name.records, name, nowS));
    }
    return known;
  }

  /** Of these names alone. */
  knownOf(names: Iterable<DomainName>, nowS: number): KnownName[] {
    const known: KnownName[] = [];
    for (const key of new Set([...names].map(nameKey))) {
      const name = this.#names.get(key);
      if (name?.kind === 'known') known.push(this.#know(name.records, name, nowS));
    }
    return known;
  }

  /** Takes names as they are after a change. */
  replace(all: Iterable<NameRecords>): void {
    for (const records of all) {
      const key = nameKey(records.name);
      const held = this.#names.get(key);
      if (held?.kind === 'known') this.#names.set(key, { ...held, records });
    }
  }

  /** Of names that cannot be seen: what was said of these members last may have been heard or not. */
  forgetStatements(changes: Iterable<Change>): void {
    for (const { name, member } of changes) {
      const key = nameKey(name);
      const held = this.#names.get(key);
      if (held?.kind !== 'known' || held.records.stated === undefined) continue;
      const stated = new Map(held.records.stated);
      stated.delete(member.text);
      this.#names.set(key, { ...held, records: { ...held.records, stated } });
    }
  }

  // --- the file of pulls ---

  /** What the file says of a name, by member text. */
  filedAt(name: DomainName): ReadonlyMap<string, FiledPull> {
    return this.#file?.of(this.#zone.apex, name) ?? NO_PULLS;
  }

  /** Notes pulls that will be sent, on disk. Throws `PullFileError`. */
  notePulls(changes: readonly Change[], nowS: number): void {
    const pulls = changes.filter(({ kind }) => kind === 'pull');
    if (this.#file === undefined || pulls.length === 0) return;
    for (const { name, member, reason } of pulls) {
      const held = this.#names.get(nameKey(name));
      const ttl = held?.kind === 'known' ? held.records.sets.get(member.type)?.ttl : undefined;
      this.#file.note(this.#zone.apex, name, member.text, { since: nowS, ttl, reason });
    }
    this.#file.save();
  }

  /** Withdraws the notes of pulls that were not done. */
  withdrawPulls(changes: readonly Change[]): void {
    this.#forget(changes.filter(({ kind }) => kind === 'pull'));
  }

  /** Forgets what was put back, by us or, as was learned, by somebody else. */
  forgetRestored(changes: readonly Change[]): void {
    this.#forget(changes.filter(({ kind }) => kind === 'restore'));
  }

  /** Forgets the pulls of records that are there. */
  forgetReturned(nowS: number): void {
    if (this.#file === undefined) return;
    this.#forget(
      this.known(nowS).flatMap(({ watched, members }) =>
        [...members.values()]
          .filter(({ hasStaleMark }) => hasStaleMark)
          .map(({ member }) => ({ name: watched.name, member })),
      ),
    );
  }

  #forget(pulls: readonly Pick<Change, 'name' | 'member'>[]): void {
    if (this.#file === undefined) return;
    let isChanged = false;
    for (const { name, member } of pulls) {
      if (this.#file.forget(this.#zone.apex, name, member.text)) isChanged = true;
    }
    if (isChanged) this.#file.save();
  }

  #know(records: NameRecords, { watched }: LearnedName, nowS: number): KnownName {
    const filed = this.filedAt(watched.name);
    return knowName(records, watched, { zone: this.#zone, signer: signerOf(this.#zone.key), nowS, filed });
  }
}

// --- helpers ---

const NO_PULLS: ReadonlyMap<string, FiledPull> = new Map();

/**
 * What was said of the members of a name that cannot be seen is not learned by learning. That they are in is still so;
 * that they are down is said again, since others may have taken it back.
 */
function withStatements(name: LearnedName, before: LearnedName | undefined): LearnedName {
  if (name.kind === 'hidden' || name.records.stated === undefined) return name;
  if (before?.kind !== 'known' || before.records.stated === undefined) return name;
  const stated = new Map<string, Standing>();
  for (const [member, standing] of before.records.stated) {
    if (standing.kind === 'in') stated.set(member, standing);
  }
  return { ...name, records: { ...name.records, stated } };
}
