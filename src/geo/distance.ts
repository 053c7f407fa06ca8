/**
 * Great-circle distance between two places, in whole metres, on a sphere of the Earth's mean radius. The Earth is flatter:
 * true distances differ by up to 0.6 %. The arithmetic itself is right to the metre, at any distance, across the poles
 * and the date line.
 */
export function distanceMetres(a: UnitVector, b: UnitVector): number {
  const [x, y, z] = [a.x - b.x, a.y - b.y, a.z - b.z];
  const halfChord = Math.min(1, Math.sqrt(x * x + y * y + z * z) / 2);
  // Near the antipode the arc sine is flat and loses half the digits; the sum of the vectors, which is short there, keeps them.
  if (halfChord <= SAFE_HALF_CHORD) return Math.round(2 * EARTH_RADIUS * Math.asin(halfChord));
  const [sx, sy, sz] = [a.x + b.x, a.y + b.y, a.z + b.z];
  const rest = Math.min(1, Math.sqrt(sx * sx + sy * sy + sz * sz) / 2);
  return Math.round(EARTH_RADIUS * (Math.PI - 2 * Math.asin(rest)));
}

/** A place as a vector of length 1 from the middle of the Earth. */
export interface UnitVector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Degrees. */
export function unitVector(latitude: number, longitude: number): UnitVector {
  const [phi, lambda] = [latitude * DEGREE, longitude * DEGREE];
  const around = Math.cos(phi);
  return { x: around * Math.cos(lambda), y: around * Math.sin(lambda), z: Math.sin(phi) };
}

/**
 * A distance as the `bias` of a member changes it (STEERING.md §2): percent from -99 to 99, positive d×(1−b/100), negative
 * d÷(1+b/100). Whole metres in, whole metres out, so that equal distances stay equal.
 */
export function biasedMetres(metres: number, bias: number): number {
  if (bias >= 0) return Math.round((metres * (100 - bias)) / 100);
  return Math.round((metres * 100) / (100 + bias));
}

const DEGREE = Math.PI / 180;
/** Metres: the mean radius of IUGG, (2a + b) / 3. */
const EARTH_RADIUS = 6_371_008.8;
/** Of a radius: a quarter of the way round. */
const SAFE_HALF_CHORD = Math.SQRT1_2;
