/** Whole units, the two largest. */
export function showDuration(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  );
  if (seconds < 60) return `${seconds} s`;
  return `${days === 0 ? '' : `${days} d `}${hours} h ${minutes} min`;
}

/** In kB and MB of a thousand. */
export function showOctets(octets: number): string {
  return octets < 1e6 ? `${Math.round(octets / 1e3)} kB` : `${(octets / 1e6).toFixed(1)} MB`;
}
