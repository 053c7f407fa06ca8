import type { TomlInput, ValueKind } from './kinds.ts';

/**
 * One row of the table of settings. Everything about a setting is here: the loader, the checker, the JSON Schema and
 * the reference page are made from it.
 */
export interface Setting {
  /** Where it stands in the file: table and key, `.` between them. `*` stands for any key (`keys.*.algorithm`). */
  readonly key: string;
  readonly kind: ValueKind<unknown>;
  /** The value when the file says nothing, as it would be written there. */
  readonly fallback: TomlInput;
  /** What it does and why one would change it; whole sentences, Markdown. */
  readonly about: string;
  /** A value that is not the default, as it would be written in the file. */
  readonly example: TomlInput;
  /** For keys with `*`: what stands there in the example, of several in their order; otherwise `ci.`. */
  readonly exampleName?: string | readonly string[];
  /** Tables that the example needs before it can be right, as TOML. */
  readonly exampleNeeds?: string;
  /** Lines that the example needs beside it in the same table, as TOML. */
  readonly exampleBeside?: string;
}

/** A configuration file: its settings, and what is said of it as a whole. */
export interface SettingsFile {
  /** `waypost.toml`. */
  readonly name: string;
  /** One sentence, for editors. */
  readonly description: string;
  /** The beginning of the reference page, Markdown, with its title. */
  readonly introduction: string;
  readonly settings: readonly Setting[];
}
