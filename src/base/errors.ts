/** Every failure this program names. `code` is for machines and metrics; the text is for people. */
export abstract class WaypostError extends Error {
  abstract readonly code: `WP_${string}`;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
