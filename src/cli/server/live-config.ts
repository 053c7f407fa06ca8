import type { Log } from '../../base/effects.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';
import type { Config } from '../../config/settings.ts';
import type { LoadedKeys } from '../key-ring.ts';
import { Permissions } from './permissions.ts';

/** A configuration that is right, with its keys. */
export interface Configuration {
  readonly config: Config;
  readonly keys: LoadedKeys;
}

/**
 * The configuration of a running server: keys, zone tables and location data are read again on a reload, the rest holds until
 * the next start.
 */
export class LiveConfig {
  readonly #read: () => Configuration;
  readonly #log: Log;
  #config: Config;
  #permissions: Permissions;

  /** `read` reads the configuration again; it throws `WaypostError`s. */
  constructor(first: Configuration, read: () => Configuration, log: Log) {
    this.#read = read;
    this.#log = log;
    this.#config = first.config;
    this.#permissions = new Permissions(first.config, first.keys.ring);
  }

  /** As it was at the start, with what a reload takes over as it was at the last one. */
  get config(): Config {
    return this.#config;
  }

  get permissions(): Permissions {
    return this.#permissions;
  }

  /** Reads the configuration again. Returns what is wrong with it, as lines: then the old one holds on. */
  reload(): readonly string[] {
    let fresh: Configuration;
    try {
      fresh = this.#read();
    } catch (error) {
      if (!(error instanceof WaypostError)) throw error;
      return messageOf(error).split('\n');
    }
    const { config, keys } = fresh;
    for (const warning of keys.warnings) this.#log.warn(`config: ${warning}`);
    const waiting = waitingFor(this.#config, config);
    if (waiting.length > 0)
      this.#log.warn('config: these settings have changed and hold from the next start on', {
        settings: waiting.join(' '),
      });
    this.#config = { ...this.#config, keys: config.keys, zone: config.zone, geo: config.geo };
    this.#permissions = new Permissions(config, keys.ring);
    return [];
  }
}

/** The settings, by their first word, that differ and are not taken over while the server runs. */
function waitingFor(old: Config, fresh: Config): readonly string[] {
  const settings = ({ keys: _keys, zone: _zone, geo: _geo, ...rest }: Config) =>
    new Map(Object.entries(rest));
  const before = settings(old);
  return [...settings(fresh)]
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name)))
    .map(([name]) => name);
}
