// The shape of a zone's `transfer` list; what needs the keys is in transfer-rules.ts.
import * as v from 'valibot';
import type { Network } from '../base/network.ts';
import type { TransferView } from '../transfer/permission.ts';
import { inlineTable, KEY_ENTRY } from './inline-table.ts';
import type { ValueKind } from './kinds.ts';
import { NETWORK_LIST, NETWORK_LIST_JSON } from './network-list.ts';

/** One grant as it is written: the key is still text, since which keys there are is said elsewhere. */
export interface WrittenTransferGrant {
  readonly key: string;
  readonly view: TransferView;
  /** `undefined`: from anywhere. */
  readonly from: readonly Network[] | undefined;
}

/** A list of transfer grants, each an inline table (or a `[[zone."NAME".transfer]]` of its own); may be empty. */
export function transferGrants(): ValueKind<readonly WrittenTransferGrant[]> {
  const schema = v.array(GRANT, `a list of tables such as ${FORM}`);
  return {
    type: 'list of tables',
    range: '`key` must be there; `view` is one of `"live"` (the default), `"raw"`',
    json: JSON_SCHEMA,
    schema: () => schema,
  };
}

const FORM = '{ key = "secondary.", view = "raw" }';
const VIEWS = ['live', 'raw'] as const satisfies readonly TransferView[];

const TABLE = inlineTable(
  {
    key: KEY_ENTRY,
    view: v.optional(v.picklist(VIEWS, `one of ${VIEWS.map((view) => `"${view}"`).join(', ')}`), 'live'),
    from: NETWORK_LIST,
  },
  FORM,
);

const GRANT = v.pipe(
  TABLE,
  v.transform(({ key, view, from }): WrittenTransferGrant => ({ key, view, from })),
);

/** For editors; `waypost check` knows more. */
const JSON_SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      key: { description: 'Who: the name of a key of `[keys]`.', type: 'string', minLength: 1 },
      view: { description: 'What: live sets, or everything that is stored.', enum: VIEWS, default: 'live' },
      from: NETWORK_LIST_JSON,
    },
    required: ['key'],
    additionalProperties: false,
  },
};
