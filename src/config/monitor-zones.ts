import type { Endpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import { suggestionFor } from '../base/suggest.ts';
import type { Aim } from '../monitor/aim.ts';
import { scanMember, suggestedMember } from '../steer/member.ts';
import { type NamePattern, scanNamePattern } from '../update/name-pattern.ts';
import { PresentationError } from '../wire/errors.ts';
import { type DomainName, foldName, isSubdomain, labelCount, scanFullName, showName } from '../wire/name.ts';
import { KeyFinder } from './key-finder.ts';
import type { MonitorConfig } from './monitor-settings.ts';
import { showPath, type TomlPath } from './positions.ts';
import type { Conflict } from './settings.ts';

/** A table `[zone."NAME"]` that is right by itself, with the names that belong to it. */
export interface ConfiguredZone {
  /** As the table is called. */
  readonly written: string;
  readonly apex: DomainName;
  readonly servers: readonly Endpoint[];
  readonly key: DomainName | undefined;
  readonly patterns: readonly NamePattern[];
  readonly names: readonly ConfiguredName[];
}

/** A table `[name."NAME"]`. */
export interface ConfiguredName {
  readonly written: string;
  readonly name: DomainName;
  readonly members: readonly string[] | 'auto';
  /** Tables of `[probe]`; those of the zone when it says none. */
  readonly probes: readonly string[];
  readonly keep: number;
  /** Seconds; `undefined`: what the records had. */
  readonly ttl: number | undefined;
  readonly aims: ReadonlyMap<string, Aim>;
}

/** What is looked after, and what is wrong with it. */
export interface ConfiguredZones {
  readonly zones: readonly ConfiguredZone[];
  readonly problems: readonly Conflict[];
  /** What works and is hardly meant so. */
  readonly warnings: readonly Conflict[];
}

/** Reads the tables `[zone]` and `[name]`: names, patterns, members, and what they refer to. */
export function configuredZones(config: MonitorConfig): ConfiguredZones {
  const finder = new KeyFinder(config.keys);
  const reader = new ZoneReader(config, finder);
  for (const written of Object.keys(config.zone)) reader.readZone(written);
  for (const written of Object.keys(config.name)) reader.readName(written);
  reader.end();
  const { zones, problems, warnings } = reader;
  return { zones, problems: [...problems, ...finder.problems], warnings };
}

/** Says that a table of `kind` of this name is missing, and which was perhaps meant. */
export function missingTable(
  path: TomlPath,
  kind: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
): Conflict {
  const meant = suggestionFor(name, Object.keys(known));
  const advice = meant === undefined ? 'write that table' : `did you mean "${meant}"?`;
  const message = `${showPath(path)} is "${name}", and there is no [${kind}.${name}]; ${advice}`;
  return { path, message };
}

interface ZoneDraft extends ConfiguredZone {
  readonly names: ConfiguredName[];
}

type NameTable = MonitorConfig['name'][string];

class ZoneReader {
  readonly zones: ZoneDraft[] = [];
  readonly problems: Conflict[] = [];
  readonly warnings: Conflict[] = [];
  readonly #config: MonitorConfig;
  readonly #finder: KeyFinder;
  /** How each name was written first. */
  readonly #written = new Map<string, string>();

  constructor(config: MonitorConfig, finder: KeyFinder) {
    this.#config = config;
    this.#finder = finder;
  }

  readZone(written: string): void {
    const settings = this.#config.zone[written];
    const path = ['zone', written];
    const apex = this.#name(written, path, 'zone');
    if (settings === undefined || apex === undefined) return;
    const { servers, action, learn, auto, probes } = settings;
    const key = settings.key === '' ? undefined : this.#finder.find(settings.key, [...path, 'key']);
    const say = (at: TomlPath, message: string) => this.problems.push({ path: [...path, ...at], message });
    if (servers.length === 0)
      say([], `zone "${written}" has no servers; say servers = ["ADDR"], the primary first`);
    if (action === 'judge' && settings.key === '') {
      say(['action'], `zone "${written}" has action = "judge" and no key: a server knows a judge by its key`);
    }
    if (auto.length > 0 && learn === 'query') {
      say(
        ['auto'],
        `zone "${written}" has auto, which needs learn = "axfr": names that are not known cannot be asked for`,
      );
    }
    if (auto.length > 0 && probes.length === 0) {
      say(['auto'], `zone "${written}" has auto and no probes; name some of [probe] in its probes`);
    }
    this.#findProbes(probes, [...path, 'probes']);
    const patterns = auto.flatMap((text, i) => this.#pattern(text, apex, [...path, 'auto', i]) ?? []);
    this.zones.push({ written, apex, servers, key, patterns, names: [] });
  }

  readName(written: string): void {
    const settings = this.#config.name[written];
    const path = ['name', written];
    const name = this.#name(written, path, 'name');
    if (settings === undefined || name === undefined) return;
    const zone = this.#zoneOf(name);
    if (zone === undefined) {
      const message = `name "${written}" is in no zone of this file; write a table [zone."…"] that it ends in`;
      this.problems.push({ path, message });
      return;
    }
    const ofZone = this.#config.zone[zone.written];
    const probes = settings.probes.length > 0 ? settings.probes : (ofZone?.probes ?? []);
    this.#findProbes(settings.probes, [...path, 'probes']);
    if (probes.length === 0) {
      const message = `name "${written}" has no probes, nor has its zone "${zone.written}"; name some of [probe]`;
      this.problems.push({ path, message });
    }
    const { members, load, slowStart } = settings;
    const keep = settings.keep ?? ofZone?.keep ?? 1;
    if (members !== 'auto' && keep >= members.length) {
      const message = `name "${written}" has ${members.length} members and keeps ${keep}: none of them is ever pulled`;
      this.warnings.push({ path: [...path, 'members'], message });
    }
    if (load !== '' && this.#config.load[load] === undefined) {
      this.problems.push(missingTable([...path, 'load'], 'load', load, this.#config.load));
    }
    if ((load !== '' || slowStart > 0) && ofZone?.action !== 'judge') {
      const at = load === '' ? 'slow-start' : 'load';
      const message = `name "${written}" has ${at}, which needs a zone with action = "judge": weights are on the lines of steered names`;
      this.problems.push({ path: [...path, at], message });
    }
    const ttl = settings.ttl ?? ofZone?.ttl ?? 0;
    zone.names.push({
      written,
      name,
      members,
      probes,
      keep,
      ttl: ttl === 0 ? undefined : ttl,
      aims: this.#aims(settings, path),
    });
  }

  end(): void {
    for (const { written, names, patterns } of this.zones) {
      if (names.length + patterns.length > 0) continue;
      const message = `zone "${written}" has no names: nothing is looked after there; write a table [name."…"] or say auto`;
      this.warnings.push({ path: ['zone', written], message });
    }
  }

  #aims({ member, members }: NameTable, path: TomlPath): ReadonlyMap<string, Aim> {
    const aims = new Map<string, Aim>();
    for (const [written, { address, port, path: page, host }] of Object.entries(member)) {
      const at = [...path, 'member', written];
      const text = scanMember(written);
      if (text === undefined) {
        const meant = suggestedMember(written);
        const advice =
          meant === undefined ? '"192.0.2.1" or "site1.example.test." are' : `did you mean "${meant}"?`;
        this.problems.push({ path: at, message: `${showPath(at)} is no member; ${advice}` });
        continue;
      }
      if (members !== 'auto' && !members.includes(text)) {
        const meant = suggestionFor(text, members);
        const advice = meant === undefined ? 'add it to members' : `did you mean "${meant}"?`;
        this.problems.push({ path: at, message: `${text} is not among the members of this name; ${advice}` });
      }
      aims.set(text, {
        address: address === '' ? undefined : address,
        port: port === 0 ? undefined : port,
        path: page === '' ? undefined : page,
        host: host === '' ? undefined : host,
      });
    }
    return aims;
  }

  #findProbes(names: readonly string[], path: TomlPath): void {
    const { probe } = this.#config;
    for (const [i, name] of names.entries()) {
      if (probe[name] === undefined) this.problems.push(missingTable([...path, i], 'probe', name, probe));
    }
  }

  /** The zone with the longest name that holds `name`. */
  #zoneOf(name: DomainName): ZoneDraft | undefined {
    const holding = this.zones.filter(({ apex }) => isSubdomain(name, apex));
    return holding.toSorted((a, b) => labelCount(b.apex) - labelCount(a.apex))[0];
  }

  #name(written: string, path: TomlPath, what: string): DomainName | undefined {
    const name = this.#scan(path, `is not a name`, () => foldName(scanFullName(written)));
    if (name === undefined) return undefined;
    const id = `${what} ${showName(name)}`;
    const before = this.#written.get(id);
    if (before === undefined) {
      this.#written.set(id, written);
      return name;
    }
    this.problems.push({
      path,
      message: `${what}s "${before}" and "${written}" are the same; keep one table`,
    });
    return undefined;
  }

  #pattern(text: string, apex: DomainName, path: TomlPath): NamePattern | undefined {
    return this.#scan(path, 'is wrong', () => scanNamePattern(text, apex));
  }

  #scan<T>(path: TomlPath, wrong: string, scan: () => T): T | undefined {
    try {
      return scan();
    } catch (error) {
      if (!(error instanceof PresentationError)) throw error;
      this.problems.push({ path, message: `${showPath(path)} ${wrong}: ${messageOf(error)}` });
      return undefined;
    }
  }
}
