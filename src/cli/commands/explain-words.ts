import type { ExplainedPlace } from '../../answer/explain/explanation.ts';

/** A position, for people. */
export function showPlace({ latitude, longitude, isCountryCentre }: ExplainedPlace): string {
  return `${latitude.toFixed(2)},${longitude.toFixed(2)}${isCountryCentre ? ' (centre of the country)' : ''}`;
}

/** Every line that is not empty moved to the right. */
export function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}
