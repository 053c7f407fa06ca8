/**
 * How far from its centre (see `COUNTRIES`) a country reaches at most, islands included; kilometres, rounded up. For those who
 * compare a place with one that is known by its country alone.
 */
export function countryReachKm(country: string | undefined): number {
  return FAR_REACHING.get(country ?? '') ?? USUAL_REACH_KM;
}

/** Every other country lies within: the farthest are Norway, the DR Congo and French Polynesia. */
const USUAL_REACH_KM = 1500;

/** From the outermost points on a map, such as the ends of the Aleutians, Kamchatka, Easter Island and the Azores. */
const FAR_REACHING: ReadonlyMap<string, number> = new Map([
  ['UM', 12_500],
  ['US', 7000],
  ['RU', 6500],
  ['TF', 5000],
  ['AQ', 4500],
  ['CA', 4000],
  ['CL', 4000],
  ['CN', 4000],
  ['ID', 4000],
  ['BR', 3500],
  ['KI', 3500],
  ['AU', 3500],
  ['AR', 2500],
  ['FM', 2500],
  ['IN', 2500],
  ['JP', 2500],
  ['MX', 2500],
  ['SH', 2500],
  ['ZA', 2500],
  ['GL', 2500],
  ['DZ', 2000],
  ['ES', 2000],
  ['KZ', 2000],
  ['LY', 2000],
  ['MY', 2000],
  ['PT', 2000],
]);
