import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'smol-toml';
import { messageOf, WaypostError } from '../../base/errors.ts';
import { suggestionFor } from '../../base/suggest.ts';
import {
  TSIG_ALGORITHM_WORDS,
  TSIG_ALGORITHMS,
  type TsigAlgorithm,
  wholeAlgorithm,
} from '../../message/tsig-algorithm.ts';
import { PresentationError } from '../../wire/errors.ts';
import { foldName, scanName, showName } from '../../wire/name.ts';
import { readArguments, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';

/** A secret file that cannot be written; what stands there stays. */
export class SecretWriteError extends WaypostError {
  readonly code = 'WP_SECRET_WRITE';
}

/** `waypost key`: makes a TSIG key and shows it in the forms of those who are to have it. */
export const KEY: Command = {
  help: `Makes a random secret and prints it as configuration for waypost.toml, as a key file for nsupdate -k (also dig -k;
it is BIND's own form), and for Knot DNS and its knsupdate. Nothing is kept: redirect the output, or use --write.

  --algorithm ALGORITHM  ${TSIG_ALGORITHM_WORDS.slice(0, 4).join(', ')},
                         ${TSIG_ALGORITHM_WORDS.slice(4, 7).join(', ')},
                         ${TSIG_ALGORITHM_WORDS.slice(7).join(', ')}; default: ${TSIG_ALGORITHM_WORDS[0]}
  --write DIR            put the secret into DIR/NAME.secret, which the configuration then names, and the file for
                         nsupdate -k into DIR/NAME.key (both of mode 0600; never overwritten)
  --for waypost          print the lines for waypost.toml alone, to be appended to it; so also bind (nsupdate), knot

exit code: 0 done, 1 the file is there already or cannot be written, 2 the command line is wrong

  waypost key ci.example.com --write keys
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: { algorithm: { type: 'string' }, write: { type: 'string' }, for: { type: 'string' } },
      allowPositionals: true,
    });
    const [written, ...more] = positionals;
    if (written === undefined) throw new UsageError('NAME is missing: what shall the key be called?');
    if (more.length > 0) throw new UsageError(`unexpected argument '${more[0]}'`);
    const name = readName(written);
    const algorithm = readAlgorithm(values.algorithm ?? TSIG_ALGORITHM_WORDS[0]);
    const secret = randomBytes(algorithm.hashLength).toString('base64');
    const key = { name, algorithm, secret };
    const form = readForm(values.for);
    const file = values.write === undefined ? undefined : writeKey(values.write, key);
    terminal.out(form === undefined ? showKey(key, file) : FORMS[form](key, file));
    return 0;
  },
};

interface NewKey {
  /** With its final dot; only characters that need no escapes anywhere. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** Base64. */
  readonly secret: string;
}

/** In all forms. `file`: where the secret was put; an absolute path. */
function showKey(key: NewKey, file: string | undefined): string {
  return `# waypost.toml
${showForWaypost(key, file)}
# a file for nsupdate -k FILE (mode 0600), or a clause of BIND's named.conf
${showForBind(key)}
# knot.conf
${showForKnot(key)}`;
}

type ShowKey = (key: NewKey, file: string | undefined) => string;

/** What `--for` may name. */
const FORMS = {
  waypost: (key, file) => `\n${showForWaypost(key, file)}`,
  bind: showForBind,
  knot: showForKnot,
} as const satisfies Record<string, ShowKey>;

function showForWaypost({ name, algorithm, secret }: NewKey, file: string | undefined): string {
  const settings = {
    algorithm: algorithm.word,
    ...(file === undefined ? { secret } : { 'secret-file': file }),
  };
  return `[keys."${name}"]\n${stringify(settings).trimEnd()}\n`;
}

function showForBind({ name, algorithm, secret }: NewKey): string {
  return `key "${name}" {
	algorithm ${algorithm.word};
	secret "${secret}";
};
`;
}

/** Knot DNS has no truncated forms. */
function showForKnot({ name, algorithm, secret }: NewKey): string {
  const whole = wholeAlgorithm(algorithm);
  if (whole !== algorithm)
    return `# (Knot DNS does not know ${algorithm.word}; make the key with ${whole.word})\n`;
  return `key:
  - id: ${name}
    algorithm: ${algorithm.word}
    secret: ${secret}

# a file for knsupdate -k FILE or kdig -k FILE (mode 0600)
${algorithm.word}:${name}:${secret}
`;
}

/** A name that is the same in all these files, and the beginning of a file name. */
function readName(written: string): string {
  let name: string;
  try {
    name = showName(foldName(scanName(written.endsWith('.') ? written : `${written}.`, undefined)));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new UsageError(error.message);
  }
  if (/^[a-z0-9_-][a-z0-9._-]*\.$/.test(name)) return name;
  throw new UsageError(`'${written}': the name of a key is made of letters, digits, '-', '_' and '.'`);
}

function readForm(text: string | undefined): keyof typeof FORMS | undefined {
  switch (text) {
    case undefined:
    case 'waypost':
    case 'bind':
    case 'knot':
      return text;
    default:
      throw new UsageError(`--for ${text} is not known; known: ${Object.keys(FORMS).join(', ')}`);
  }
}

function readAlgorithm(text: string): TsigAlgorithm {
  const word = TSIG_ALGORITHM_WORDS.find((each) => each === text.toLowerCase());
  if (word !== undefined) return TSIG_ALGORITHMS[word];
  const meant = suggestionFor(text, TSIG_ALGORITHM_WORDS);
  const advice = meant === undefined ? `known: ${TSIG_ALGORITHM_WORDS.join(', ')}` : `did you mean ${meant}?`;
  throw new UsageError(`--algorithm ${text} is not known; ${advice}`);
}

/** Puts the key into new private files and returns the path of its secret. Throws {@link SecretWriteError}. */
function writeKey(directory: string, key: NewKey): string {
  const stem = resolve(join(directory, key.name.slice(0, -1)));
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SecretWriteError(`the directory cannot be made: ${messageOf(cause)}`, { cause });
  }
  const secret = `${stem}.secret`;
  writePrivate(secret, `${key.secret}\n`);
  try {
    writePrivate(`${stem}.key`, showForBind(key));
  } catch (error) {
    rmSync(secret);
    throw error;
  }
  return secret;
}

function writePrivate(path: string, text: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      fchmodSync(file, 0o600); // whatever the umask says
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new SecretWriteError(
        `${path} is there already and stays as it is; remove it first, or take another name`,
      );
    }
    throw new SecretWriteError(`the secret cannot be written: ${messageOf(cause)}`, { cause });
  }
}
