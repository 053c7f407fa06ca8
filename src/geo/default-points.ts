/**
 * Whether this is the point that the databases give to addresses of which they know the country alone: the middle of
 * the country, often in a field. A client is not there, so the country's centre of population is the better guess.
 */
export function isDefaultPoint(country: string | undefined, latitude: number, longitude: number): boolean {
  const points = country === undefined ? undefined : DEFAULT_POINTS.get(country);
  if (points === undefined) return false;
  return points.some(([lat, lon]) => Math.abs(lat - latitude) < NEAR && Math.abs(lon - longitude) < NEAR);
}

/** Degrees; the databases round differently. */
const NEAR = 0.002;

/** GeoIP2 and GeoLite2, and what is derived from them: the points of now, and of older files. */
const DEFAULT_POINTS: ReadonlyMap<string, readonly (readonly [number, number])[]> = new Map([
  [
    'US',
    [
      [37.751, -97.822],
      [38, -97],
    ],
  ],
  [
    'CN',
    [
      [34.7732, 113.722],
      [34.7725, 113.7266],
    ],
  ],
  [
    'AU',
    [
      [-33.494, 143.2104],
      [-27, 133],
    ],
  ],
  ['IN', [[21.9974, 79.0011]]],
  ['DE', [[51.2993, 9.491]]],
]);
