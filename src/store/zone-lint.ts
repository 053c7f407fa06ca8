import { latin1 } from '../base/latin1.ts';
import { type LintContext, lintSteering } from '../steer/lint.ts';
import type { DomainName } from '../wire/name.ts';
import type { Finding } from '../zone/finding.ts';
import type { Owner } from '../zone/record.ts';
import { isSteeringOwner, steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { parseOwnerKey } from './owner-key.ts';
import { type FileDifference, touchedKeys } from './zone-difference.ts';

/** What is known of a zone beside its records, for the warnings about its steering. */
export type ZoneSurroundings = Omit<LintContext, 'nowSeconds'>;

/** Gives the warnings about steering lines that can be read and are probably not meant. */
export class ZoneLint {
  readonly #nowMs: () => number;
  readonly #surroundings: (apex: DomainName) => ZoneSurroundings;

  /** Without `surroundings` the rules that look beyond the zone say nothing. */
  constructor(
    nowMs: () => number,
    surroundings: (apex: DomainName) => ZoneSurroundings = () => NOTHING_KNOWN,
  ) {
    this.#nowMs = nowMs;
    this.#surroundings = surroundings;
  }

  /** About these owners, as far as they are `_steer.<owner>`; yields between them. */
  *of(view: ZoneView, owners: Iterable<Owner>): Generator<void, Finding[]> {
    const nowSeconds = Math.floor(this.#nowMs() / 1000);
    const context = { ...this.#surroundings(view.apex), nowSeconds };
    const findings: Finding[] = [];
    for (const owner of owners) {
      findings.push(...lintSteering(view, [owner], context));
      yield;
    }
    return findings;
  }

  /** About the steered owners that a difference has touched; `view` is the zone after it. Yields as {@link of} does. */
  ofChanged(view: ZoneView, difference: FileDifference): Generator<void, Finding[]> {
    return this.of(view, touchedSteering(view, difference));
  }
}

const NOTHING_KNOWN: ZoneSurroundings = { geo: () => undefined, liveSecondaries: [] };

function* touchedSteering(view: ZoneView, difference: FileDifference): Iterable<Owner> {
  const names = new Map<string, DomainName>();
  for (const key of touchedKeys(difference)) {
    const name = parseOwnerKey(key, 0, key.length, view.apex);
    const at = isSteeringOwner(name) ? name : steeringOwner(name);
    if (at !== undefined) names.set(latin1(at), at);
  }
  for (const name of names.values()) {
    const owner = view.get(name);
    if (owner !== undefined) yield owner;
  }
}
