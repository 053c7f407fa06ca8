/** A command in the documentation, and what it is shown to print. */
export interface Example {
  /** Empty: no command; what `waypost serve` says when it is up. */
  readonly command: string;
  readonly output: string;
  /** Where it stands in its page, from 1. */
  readonly line: number;
}

/**
 * The examples of a page: in fences marked `console waypost`, `$ ` begins a command, `> ` goes on with it, and what
 * follows is its output. A fence marked `console waypost serve` is the server's own words.
 */
export function examplesOf(page: string): Example[] {
  const examples: Example[] = [];
  let fence: string | undefined;
  let current: { command: string; output: string[]; line: number } | undefined;
  const finish = (): void => {
    if (current !== undefined) examples.push({ ...current, output: current.output.join('\n') });
    current = undefined;
  };
  for (const [index, text] of page.split('\n').entries()) {
    const line = index + 1;
    const opened = /^\s*```(.*)$/.exec(text)?.[1];
    if (opened !== undefined) {
      finish();
      fence = fence === undefined ? opened : undefined;
      if (fence === 'console waypost serve') current = { command: '', output: [], line };
      continue;
    }
    if (fence?.startsWith('console waypost') !== true) continue;
    if (text.startsWith('$ ')) {
      finish();
      current = { command: text.slice(2), output: [], line };
    } else if (text.startsWith('> ') && current !== undefined && current.output.length === 0) {
      current.command += `\n${text.slice(2)}`;
    } else current?.output.push(text);
  }
  finish();
  return examples;
}

/**
 * Whether `printed` is what is shown. A line `...` stands for any lines, `<words>` in a line for any text that is not
 * empty. Space at line ends and empty lines at the end do not count.
 */
export function matchesOutput(shown: string, printed: string): boolean {
  const pattern = tidy(shown)
    .split('\n')
    .map((line) => (line === '...' ? '(?:.*\n)*?' : `${patternOf(line)}\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(`${tidy(printed)}\n`);
}

function tidy(text: string): string {
  return text.replace(/[ \t]+$/gm, '').trimEnd();
}

function patternOf(line: string): string {
  return line
    .split(/<[a-z][a-z ]*>/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.+');
}
