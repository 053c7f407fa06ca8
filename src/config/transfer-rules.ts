import type { TransferGrant, TransferRules } from '../transfer/permission.ts';
import { KeyFinder } from './key-finder.ts';
import { keyName } from './keys.ts';
import type { Config, Conflict } from './settings.ts';

/** Who may have which zone, and what is wrong with it. */
export interface ConfiguredTransfers {
  /** Of each table `[zone."NAME"]`, in the order of the file; one without grants allows nobody anything. */
  readonly rules: readonly TransferRules[];
  readonly problems: readonly Conflict[];
}

/** Makes the rules of the tables `[zone."NAME"]`: finds the keys. Of wrong zone names others tell. */
export function configuredTransfers({ keys, zone }: Pick<Config, 'keys' | 'zone'>): ConfiguredTransfers {
  const finder = new KeyFinder(keys);
  const rules: TransferRules[] = [];
  for (const [written, { transfer }] of Object.entries(zone)) {
    const grants = transfer.map(({ key: writtenKey, view, from }, i): TransferGrant | undefined => {
      const key = finder.find(writtenKey, ['zone', written, 'transfer', i, 'key']);
      return key && { key, view, from };
    });
    const apex = keyName(written);
    if (apex !== undefined) rules.push({ apex, grants: grants.filter((grant) => grant !== undefined) });
  }
  return { rules, problems: finder.problems };
}
