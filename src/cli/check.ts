import { ConfigError } from '../config/load.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './commands.ts';
import { DEFAULT_CONFIG_FILE, loadConfigFile } from './config-file.ts';
import { paint, type Terminal } from './terminal.ts';

/** `waypost check`: everything that would keep `waypost serve` from starting, told at once. */
export const CHECK: Command = {
  help: `Reads the configuration exactly as waypost serve does and tells all errors at once, each with its place.

  -c, --config FILE   the configuration file; default: ${DEFAULT_CONFIG_FILE} in this directory, if there is one

exit code: 0 nothing is wrong, 1 something is, 2 the command line is
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: { config: { type: 'string', short: 'c' } },
      allowPositionals: true,
    });
    if (positionals.length > 0) throw new UsageError(`unexpected argument '${positionals[0]}'`);
    const errors = checkConfig(values.config, terminal);
    if (errors === 0) return 0;
    terminal.err(`${errors} ${errors === 1 ? 'error' : 'errors'}\n`);
    return 1;
  },
};

/** Says what is wrong with the configuration; returns how many errors there are. */
function checkConfig(named: string | undefined, terminal: Terminal): number {
  try {
    const { file } = loadConfigFile(named);
    const what = file ?? `there is no ${DEFAULT_CONFIG_FILE} here, the defaults hold`;
    terminal.out(`${what}: ${paint(terminal, 'green', 'no errors')}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(`${error.message}\n`);
    return error.problems.length;
  }
}
