import { messageOf } from '../../base/errors.ts';
import { suggestionFor } from '../../base/suggest.ts';
import { suggestedType } from '../../config/grants.ts';
import { keyName } from '../../config/keys.ts';
import { configuredUpdates } from '../../config/update-rules.ts';
import { showPlace } from '../../message/refusal.ts';
import { scanType } from '../../rdata/table.ts';
import { findZoneFiles } from '../../store/zone-directory.ts';
import { explainPermission, permitType, permitZone, type UpdateRules } from '../../update/permission.ts';
import { PresentationError } from '../../wire/errors.ts';
import { isMetaType, RRType } from '../../wire/iana.ts';
import {
  type DomainName,
  equalNames,
  foldName,
  isSubdomain,
  labelCount,
  scanFullName,
} from '../../wire/name.ts';
import { UsageError } from '../arguments.ts';
import { DEFAULT_CONFIG_FILE, loadConfigFile } from '../config-file.ts';
import { paint, type Terminal } from '../terminal.ts';

/**
 * `waypost zone may KEY NAME TYPE`: whether the rules of the configuration allow the key to change the type at the
 * name, by the code that judges updates. Needs no running server. 0 is yes, 1 no.
 */
export function tellPermission(
  words: readonly string[],
  { config: configFile, isJson }: { readonly config: string | undefined; readonly isJson: boolean },
  terminal: Terminal,
): number {
  const [keyText, ownerText, typeText] = words;
  if (keyText === undefined || ownerText === undefined || typeText === undefined) {
    throw new UsageError('zone may: KEY, NAME and TYPE are wanted, such as: deploy. www.example.com A');
  }
  const key = readName('KEY', keyText);
  const owner = readName('NAME', ownerText);
  const type = readType(typeText);
  const { config, file = DEFAULT_CONFIG_FILE } = loadConfigFile(configFile);
  const answer = (isAllowed: boolean, text: string): number => {
    const word = isAllowed ? paint(terminal, 'green', 'allowed') : paint(terminal, 'red', 'refused');
    terminal.out(isJson ? `${JSON.stringify({ isAllowed, text })}\n` : `${word}: ${text}\n`);
    return isAllowed ? 0 : 1;
  };

  const keys = Object.keys(config.keys);
  const isKnown = keys.map(keyName).some((name) => name !== undefined && equalNames(name, key));
  if (!isKnown) {
    const meant = suggestionFor(keyText, keys);
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`;
    return answer(false, `there is no key ${keyText} in ${file}${advice}`);
  }
  const { rules } = configuredUpdates(config);
  const apex = deepestAbove(owner, [...rules.map((zone) => zone.apex), ...zonesIn(config.zones)]);
  if (apex === undefined) {
    return answer(
      false,
      `${showPlace(owner)} is in no zone of ${file} or of the zone files in ${config.zones}`,
    );
  }
  const own = rules.find((zone) => equalNames(zone.apex, apex)) ?? { apex, grants: [] };
  const who = { key, address: undefined };
  const refusal = permitZone(own, who, zonesOf(key, rules));
  if (refusal !== undefined) return answer(false, refusal.reason);
  const isAllowed = permitType(own, who, owner, type).kind === 'permission';
  return answer(isAllowed, explainPermission(own, who, owner, type));
}

// --- what is asked ---

function readName(what: string, text: string): DomainName {
  try {
    return foldName(scanFullName(text));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new UsageError(`zone may: ${what} is wrong: ${messageOf(error)}`, { cause: error });
  }
}

function readType(text: string): number {
  const type = scanType(text);
  if (type === RRType.ANY) {
    throw new UsageError(
      'zone may: deleting a name needs a grant for every type it has; ask about each TYPE',
    );
  }
  if (type !== undefined && !isMetaType(type)) return type;
  const meant = suggestedType(text);
  const advice = type !== undefined || meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new UsageError(`zone may: '${text}' is no RR type that a zone can hold${advice}`);
}

// --- where it is ---

/**
 * The zones that the names of the zone files say: a zone without rules hides what is below it from the one above. Of
 * files that say none, and of a directory that is not there, `waypost check` tells.
 */
function zonesIn(directory: string): readonly DomainName[] {
  return [...(findZoneFiles({ directory }, [])?.values() ?? [])];
}

function deepestAbove(owner: DomainName, apexes: readonly DomainName[]): DomainName | undefined {
  const [deepest] = apexes
    .filter((apex) => isSubdomain(owner, apex))
    .toSorted((a, b) => labelCount(b) - labelCount(a));
  return deepest;
}

function zonesOf(key: DomainName, rules: readonly UpdateRules[]): readonly DomainName[] {
  return rules
    .filter(({ grants }) => grants.some((grant) => equalNames(grant.key, key)))
    .map(({ apex }) => apex);
}
