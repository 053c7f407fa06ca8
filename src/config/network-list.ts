import * as v from 'valibot';
import { nearestNetwork, scanNetwork, showNetwork } from '../base/network.ts';

const FORM = 'a network such as "192.0.2.0/24" or "2001:db8::/32"';

const NETWORK = v.pipe(
  v.string(`${FORM}, in quotes`),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const network = scanNetwork(dataset.value);
    if (network !== undefined) return network;
    const meant = nearestNetwork(dataset.value);
    const hint = meant === undefined ? '' : `; did you mean "${showNetwork(meant)}"?`;
    addIssue({ message: `${FORM}${hint}` });
    return NEVER;
  }),
);

/** The networks that a grant is narrowed to: one or more, or `undefined` for anywhere. */
export const NETWORK_LIST = v.optional(
  v.pipe(
    v.array(NETWORK, `a list: ${FORM}`),
    v.minLength(1, 'at least one network, or no from at all for anywhere'),
  ),
);

/** For editors. */
export const NETWORK_LIST_JSON = {
  description: 'From where: networks. Left out: anywhere.',
  type: 'array',
  items: { type: 'string', pattern: '^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$' },
  minItems: 1,
};
