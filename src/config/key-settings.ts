import { TSIG_ALGORITHM_WORDS } from '../message/tsig-algorithm.ts';
import { choice, file, integer, secret } from './kinds.ts';
import type { Setting } from './setting.ts';

/** The settings of the tables `[keys."NAME"]`: the same in every configuration file that has keys. */
export const KEY_SETTINGS = [
  {
    key: 'keys.*.algorithm',
    kind: choice(TSIG_ALGORITHM_WORDS),
    fallback: 'hmac-sha256',
    about:
      'How messages are signed with the key of this name (TSIG, RFC 8945); see [keys.md](keys.md). Both ends must say the ' +
      'same. `hmac-md5` and `hmac-sha1` are for clients that know nothing better; `waypost check` warns of them.',
    example: 'hmac-sha512',
  },
  {
    key: 'keys.*.secret-file',
    kind: file(),
    fallback: '',
    about:
      'The file that holds the secret in base64. Nobody but its owner may read or write it (mode 0600). ' +
      '`waypost key NAME --write DIR` makes it.',
    example: 'keys/ci.secret',
  },
  {
    key: 'keys.*.secret',
    kind: secret(),
    fallback: '',
    about:
      'The secret itself, in base64, instead of `secret-file`. Then the configuration file must not be readable by ' +
      'everybody; `waypost check` warns if it is.',
    example: 'bm90IGEgc2VjcmV0LCBqdXN0IGFuIGV4YW1wbGUhISE=',
  },
  {
    key: 'keys.*.minimum-mac',
    kind: integer(0, 64, 'octets'),
    fallback: 0,
    about:
      'The shortest signature that is accepted with this key, for clients that truncate it (RFC 8945 §5.2.2.1); at ' +
      'least 10 and half of what the algorithm gives. 0 is the length that the algorithm gives, which clients send ' +
      'unless they are told otherwise.',
    example: 16,
  },
] as const satisfies readonly Setting[];
