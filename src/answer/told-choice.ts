import type { ClientPlace } from '../geo/client-place.ts';
import { ChoiceWord, TierWord } from '../steer/choices.ts';
import type { Chooser } from '../steer/chooser.ts';
import type { SteeredChoice } from './trace.ts';

/** What only the answer itself knows of a choice. */
export interface ToldAnswer extends Pick<SteeredChoice, 'records' | 'isLow' | 'isBySubnet' | 'scope'> {
  /** The tickets that were drawn, by the tags of their tiers. */
  readonly tickets: ReadonlyMap<number, number>;
}

/** A choice as a trace is told of it, which stays as it is when the next one is made. */
export function toldChoice(
  chooser: Chooser,
  choice: number,
  place: ClientPlace,
  { tickets, ...answer }: ToldAnswer,
): SteeredChoice {
  const { choosing, ranking, words } = chooser;
  const { segments } = ranking;
  const tiers = chooser.tiersAt(choice);
  const tagOf = (tier: number) =>
    words[choice + ChoiceWord.FIRST_TIER + TierWord.WORDS * tier + TierWord.TAG] ?? 0;
  return {
    choosing,
    ranking,
    kind: segments.kindOf(place, segments.segmentOf(place)),
    location: place.location,
    tiers,
    turns: tiers.map((_, tier) => tickets.get(tagOf(tier))),
    ...answer,
  };
}
