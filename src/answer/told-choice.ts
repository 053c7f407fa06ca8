import type { ClientPlace } from '../geo/client-place.ts';
import { ChoiceWord, type Chooser, TierWord } from '../steer/chooser.ts';
import type { SteeredChoice } from './trace.ts';

/** What only the answer itself knows of a choice. */
export interface ToldAnswer extends Pick<SteeredChoice, 'records' | 'isLow' | 'isBySubnet' | 'scope'> {
  /** The tickets that were drawn, by the tags of their tiers. */
  readonly tickets: ReadonlyMap<number, number>;
}

/** A choice as a trace is told of it, which stays as it is when the next one is made. */
export function toldChoice(
  { choosing, ranking, words }: Chooser,
  choice: number,
  place: ClientPlace,
  { tickets, ...answer }: ToldAnswer,
): SteeredChoice {
  const { segments } = ranking;
  const count = words[choice + ChoiceWord.TIERS] ?? 0;
  const heads = Array.from({ length: count }, (_, i) => choice + ChoiceWord.FIRST_TIER + TierWord.WORDS * i);
  const firstMember = choice + ChoiceWord.FIRST_TIER + TierWord.WORDS * count;
  const ends = [0, ...heads.map((head) => words[head + TierWord.END] ?? 0)];
  return {
    choosing,
    ranking,
    kind: segments.kindOf(place, segments.segmentOf(place)),
    location: place.location,
    tiers: heads.map((_, i) => [
      ...words.subarray(firstMember + (ends[i] ?? 0), firstMember + (ends[i + 1] ?? 0)),
    ]),
    turns: heads.map((head) => tickets.get(words[head + TierWord.TAG] ?? 0)),
    ...answer,
  };
}
