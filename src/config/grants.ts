// The shape of a zone's `update` list, each grant on its own; what needs the zone and the keys is in update-rules.ts.
import * as v from 'valibot';
import type { Network } from '../base/network.ts';
import { suggestionFor } from '../base/suggest.ts';
import { scanType, showType } from '../rdata/table.ts';
import { isSteeredType } from '../steer/member.ts';
import { isMetaType, RRType } from '../wire/iana.ts';
import { inlineTable, KEY_ENTRY } from './inline-table.ts';
import type { ValueKind } from './kinds.ts';
import { NETWORK_LIST, NETWORK_LIST_JSON } from './network-list.ts';

/** One grant as it is written: names and key are still text, since what they mean depends on the zone and `[keys]`. */
export interface WrittenGrant {
  readonly key: string;
  /** One or more patterns. */
  readonly names: readonly string[];
  /** `undefined`: all types. */
  readonly types: readonly number[] | undefined;
  readonly action: 'edit' | 'judge';
  /** Only with `judge`. */
  readonly load: boolean;
  /** `undefined`: from anywhere. */
  readonly from: readonly Network[] | undefined;
}

/** A list of update grants, each an inline table (or a `[[zone."NAME".update]]` of its own); may be empty. */
export function grants(): ValueKind<readonly WrittenGrant[]> {
  const schema = v.array(GRANT, `a list of tables such as ${FORM}`);
  return {
    type: 'list of tables',
    range:
      '`key`, `names` and `action` must be there; `action` is one of `"edit"`, `"judge"`; `load` goes with ' +
      '`"judge"` only, and then `types` are of A, AAAA and CNAME',
    json: JSON_SCHEMA,
    schema: () => schema,
  };
}

/** The mnemonic of a type that a zone can hold which `written` was perhaps meant to be. */
export function suggestedType(written: string): string | undefined {
  const known = Object.entries(RRType).filter(([, type]) => !isMetaType(type));
  return suggestionFor(
    written,
    known.map(([mnemonic]) => mnemonic),
  );
}

const FORM = '{ key = "deploy.", names = ["**"], action = "edit" }';
const NAME_FORM = 'a name in the zone such as "www", "@" or "**", in quotes';
const TYPE_FORM = 'an RR type such as "AAAA"';
const ACTIONS = ['edit', 'judge'] as const;

const TYPE = v.pipe(
  v.string(`${TYPE_FORM}, in quotes`),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const type = scanType(dataset.value);
    if (type !== undefined && !isMetaType(type)) return type;
    addIssue({ message: `${TYPE_FORM}${type === undefined ? typeHint(dataset.value) : META_HINT}` });
    return NEVER;
  }),
);

const META_HINT = ' that a zone can hold (without types, a grant is for all of them)';

const TABLE = inlineTable(
  {
    key: KEY_ENTRY,
    names: someOf(v.string(NAME_FORM), 'at least one name; "**" is the whole zone', `a list: ${NAME_FORM}`),
    types: v.optional(
      someOf(TYPE, 'at least one type, or no types at all for all of them', `a list: ${TYPE_FORM}`),
    ),
    action: v.picklist(ACTIONS, `one of ${ACTIONS.map((action) => `"${action}"`).join(', ')}`),
    load: v.optional(v.boolean('true or false (without quotes)'), false),
    from: NETWORK_LIST,
  },
  FORM,
);

const GRANT = v.pipe(
  TABLE,
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): WrittenGrant => {
    const slips = slipsOf(value);
    for (const { message, input, path } of slips) {
      addIssue({ message, input, ...(path === undefined ? {} : { path }) });
    }
    if (slips.length > 0) return NEVER;
    const { key, names, types, action, load, from } = value;
    return { key, names, types, action, load, from };
  }),
);

type Slip = Pick<v.BaseIssue<unknown>, 'message' | 'input' | 'path'>;

/** What does not go together in a grant. */
function slipsOf(grant: v.InferOutput<typeof TABLE>): readonly Slip[] {
  const { action, load, types = [] } = grant;
  const step = (key: keyof typeof grant) =>
    ({ type: 'object', origin: 'value', input: { ...grant }, key, value: grant[key] }) as const;
  if (action === 'edit') {
    const message = 'no load beside action = "edit": it lets a judge set weight=';
    return load ? [{ message, input: load, path: [step('load')] }] : [];
  }
  const message = '"A", "AAAA" or "CNAME": a judge says nothing about others';
  return [...types.entries()]
    .filter(([, type]) => !isSteeredType(type))
    .map(([i, type]) => {
      const item = { type: 'array', origin: 'value', input: [...types], key: i, value: type } as const;
      return { message, input: showType(type), path: [step('types'), item] };
    });
}

/** For editors; `waypost check` knows more. */
const JSON_SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      key: { description: 'Who: the name of a key of `[keys]`.', type: 'string', minLength: 1 },
      names: {
        description: 'Where: names and patterns, relative to the zone.',
        type: 'array',
        items: { type: 'string', minLength: 1 },
        minItems: 1,
      },
      types: {
        description: 'Which RR types. Left out: all.',
        type: 'array',
        items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9-]*$' },
        minItems: 1,
      },
      action: { description: 'What: change records, or judge members.', enum: ACTIONS },
      load: { description: 'With `judge`: may also set `weight=`.', type: 'boolean', default: false },
      from: NETWORK_LIST_JSON,
    },
    required: ['key', 'names', 'action'],
    additionalProperties: false,
  },
};

function someOf<T>(item: v.GenericSchema<unknown, T>, expectedOne: string, expectedList: string) {
  return v.pipe(v.array(item, expectedList), v.minLength(1, expectedOne));
}

function typeHint(written: string): string {
  const meant = suggestedType(written);
  return meant === undefined ? ' or "TYPE65280"' : `; did you mean "${meant}"?`;
}
