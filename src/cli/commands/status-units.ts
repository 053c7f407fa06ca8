/** Whole units, the two largest. */
export function showDuration(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  );
  if (seconds < 60) return `${seconds} s`;
  return `${days === 0 ? '' : `${days} d `}${hours} h ${minutes} min`;
}
