#!/usr/bin/env node
import { messageOf, WaypostError } from '../base/errors.ts';
import { suggestionFor } from '../base/suggest.ts';
import { UsageError } from './arguments.ts';
import { COMMANDS, type CommandRow } from './commands.ts';
import { processTerminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** The exit codes of every command (70 is EX_SOFTWARE of sysexits.h). */
const ExitCode = { OK: 0, FAILED: 1, USAGE: 2, BUG: 70 } as const;

const terminal = processTerminal();
// `waypost rotation … | head` closes the pipe early: that is no failure of ours, and nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? ExitCode.OK : ExitCode.FAILED);
});
process.on('uncaughtException', (error) => {
  process.exit(report(error, undefined));
});
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let row: CommandRow | undefined;
  try {
    const [word, ...rest] = args;
    if (word === undefined) {
      terminal.err(showHelp());
      return ExitCode.USAGE;
    }
    if (word === '--version' || word === '-V') return print(`waypost ${VERSION}\n`);
    if (word === '--help' || word === '-h') return print(showHelp());
    if (word === 'help') return print(rest[0] === undefined ? showHelp() : await showCommandHelp(rest[0]));
    row = findCommand(word);
    const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
    if (options.includes('--help') || options.includes('-h')) return print(await showCommandHelp(word));
    return await (await row.load()).run(rest, terminal);
  } catch (error) {
    return report(error, row);
  }
}

/** The one place where a thrown error becomes words and an exit code. */
function report(error: unknown, row: CommandRow | undefined): number {
  if (error instanceof UsageError) {
    const usage = row === undefined ? '' : `${showUsage(row)}\n`;
    terminal.err(`waypost: ${error.message}\n${usage}`);
    return ExitCode.USAGE;
  }
  if (error instanceof WaypostError) {
    // A message that begins with its place (file:line:column) stays as it is, so that editors find it.
    const prefix = /^[^\s:]+:\d+:\d+: /.test(error.message) ? '' : 'waypost: ';
    terminal.err(`${prefix}${error.message}\n`);
    return ExitCode.FAILED;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  terminal.err(
    `waypost: unexpected error: ${messageOf(error)}\n${stack ?? ''}\nthis is a bug of waypost: please report it with the lines above\n`,
  );
  return ExitCode.BUG;
}

function print(text: string): number {
  terminal.out(text);
  return ExitCode.OK;
}

function findCommand(word: string): CommandRow {
  const row = COMMANDS.find(({ name }) => name === word);
  if (row !== undefined) return row;
  if (word.startsWith('-')) throw new UsageError(`unknown option ${word}; waypost --help lists the commands`);
  const meant = suggestionFor(word, ['help', ...COMMANDS.map(({ name }) => name)]);
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new UsageError(`there is no command '${word}'${advice} (waypost help lists them)`);
}

// --- help ---

function showHelp(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length), 'help'.length);
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
  return `waypost: an authoritative DNS server whose zones are changed, and hosts judged, while they are served

usage: waypost COMMAND [OPTIONS] [ARGUMENTS]

${lines}  ${'help'.padEnd(width)}  tell about a command: waypost help COMMAND

waypost --version shows the version. The manual is docs/README.md.
`;
}

async function showCommandHelp(word: string): Promise<string> {
  if (word === 'help') return showHelp();
  const row = findCommand(word);
  const { help } = await row.load();
  return `waypost ${row.name}: ${row.summary}\n\n${showUsage(row)}\n\n${help}`;
}

function showUsage({ name, usage }: CommandRow): string {
  return `usage: waypost ${name} ${usage}`.trimEnd();
}
