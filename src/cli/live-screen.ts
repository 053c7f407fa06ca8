import { displayWidth, type ScreenTerminal } from './terminal.ts';

/**
 * A screen that is drawn again and again in place. Only lines that are others than before are written, each at once, so that
 * nothing flickers; what does not fit is cut. It uses the terminal's second buffer: at the end everything is as it was.
 */
export class LiveScreen {
  readonly #terminal: ScreenTerminal;
  #shown: readonly string[] = [];
  #size = { rows: 0, columns: 0 };
  #isOpen = false;

  constructor(terminal: ScreenTerminal) {
    this.#terminal = terminal;
  }

  /** Shows these lines from the top. */
  draw(lines: readonly string[]): void {
    const { rows, columns } = this.#terminal.size();
    const isOther = rows !== this.#size.rows || columns !== this.#size.columns;
    let text = this.#isOpen ? '' : OPEN;
    if (isOther || !this.#isOpen) {
      text += CLEAR;
      this.#shown = [];
    }
    const next = inRows(lines, rows).map((line) => cutLine(line, columns));
    for (let row = 0; row < Math.max(next.length, this.#shown.length); row++) {
      const line = next[row] ?? '';
      if (line !== this.#shown[row]) text += `\u001b[${row + 1};1H${line}\u001b[0m\u001b[K`;
    }
    this.#isOpen = true;
    this.#shown = next;
    this.#size = { rows, columns };
    if (text !== '') this.#terminal.write(`${BEGIN}${text}${END}`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#shown = [];
    this.#terminal.write(CLOSE);
  }
}

/** The beginning of a line that fills at most `columns` cells. Colours in it take none. */
export function cutLine(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  let width = 0;
  let cut = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  for (const [part] of line.matchAll(/\u001b\[[0-9;]*m|./gsu)) {
    const isColour = part.startsWith('\u001b');
    if (!isColour) width += displayWidth(part);
    if (width > columns - 1) return `${cut}…`;
    cut += part;
  }
  return cut;
}

// --- helpers ---

/** Second buffer, no cursor. */
const OPEN = '\u001b[?1049h\u001b[?25l';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const CLEAR = '\u001b[2J';
/** Terminals that know it show what stands between at once. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

/** As many lines as there are rows; the last says how many are missing. */
function inRows(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, Math.max(rows - 1, 0)), `… ${lines.length - rows + 1} more lines`];
}
