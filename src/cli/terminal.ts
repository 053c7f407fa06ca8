import { isatty } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';

/** Where a command's words go. */
export interface Terminal {
  /** Standard output: what was asked for. */
  out(text: string): void;
  /** As `out`, for much text: resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Standard error: errors, warnings, progress. */
  err(text: string): void;
  /** Whether standard error is looked at by a person: lines on it may be redrawn. */
  readonly isWatched: boolean;
  /** Whether standard output understands colours and the user has nothing against them (NO_COLOR). */
  readonly hasColours: boolean;
  /** Standard output as a screen that can be drawn on; `undefined` when it is none. */
  readonly screen?: ScreenTerminal | undefined;
  /** The keyboard; `undefined` when standard input is none. */
  readonly keys?: Keyboard | undefined;
}

/** A terminal to draw on. */
export interface ScreenTerminal {
  write(text: string): void;
  /** How large it is now, in cells. */
  size(): { readonly rows: number; readonly columns: number };
}

/** A keyboard whose keys come one by one, unechoed. */
export interface Keyboard {
  /**
   * Calls with each key, Ctrl-C (`\u0003`) included, until the returned function is called; with Ctrl-D (`\u0004`), too, when
   * the terminal has gone.
   */
  listen(onKey: (key: string) => void): () => void;
}

/** The terminal, files or pipes that this process was started with. */
export function processTerminal(): Terminal {
  const { NO_COLOR: noColour = '', TERM: kind = '' } = process.env;
  return {
    out: (text) => void process.stdout.write(text),
    write: (text) =>
      new Promise((resolve) => {
        if (process.stdout.write(text)) resolve();
        else process.stdout.once('drain', resolve);
      }),
    err: (text) => void process.stderr.write(text),
    isWatched: process.stderr.isTTY === true && kind !== 'dumb',
    hasColours: process.stdout.isTTY === true && kind !== 'dumb' && noColour === '',
    screen: process.stdout.isTTY === true && kind !== 'dumb' ? STANDARD_SCREEN : undefined,
    keys: isatty(0) ? STANDARD_KEYS : undefined,
  };
}

const STANDARD_SCREEN: ScreenTerminal = {
  write: (text) => void process.stdout.write(text),
  size: () => ({ rows: process.stdout.rows, columns: process.stdout.columns }),
};

const CTRL_D = '\u0004';

const STANDARD_KEYS: Keyboard = {
  listen(onKey) {
    const { stdin } = process;
    const take = (text: string): void => {
      for (const key of text) onKey(key);
    };
    const end = (): void => onKey(CTRL_D);
    stdin.setEncoding('utf8').setRawMode(true).on('data', take);
    stdin.on('end', end).on('error', end).resume(); // the terminal has gone
    return () => {
      stdin.off('data', take).off('end', end).setRawMode(false).pause();
    };
  },
};

// --- colours ---

const COLOURS = { bold: [1, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], grey: [90, 39] } as const;

/** The text in a colour, where there are colours. */
export function paint(terminal: Terminal, colour: keyof typeof COLOURS, text: string): string {
  const [on, off] = COLOURS[colour];
  return terminal.hasColours ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

// --- tables ---

/** A column of a table: its heading, and on which side its cells stand; `left` unless said. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table with aligned columns, two spaces between them, one line per row, no spaces at line ends. */
export function showTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => displayWidth(cells[i] ?? ''))));
  const showCell = ({ align = 'left' }: Column, i: number, cell: string): string => {
    const space = ' '.repeat((widths[i] ?? 0) - displayWidth(cell));
    return align === 'right' ? space + cell : cell + space;
  };
  const showLine = (cells: readonly string[]): string =>
    columns
      .map((column, i) => showCell(column, i, cells[i] ?? ''))
      .join('  ')
      .trimEnd();
  return lines.map((cells) => `${showLine(cells)}\n`).join('');
}

/** How many terminal cells a text fills: two for East Asian wide characters, none for colours and combining marks. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (/\p{Mark}|\p{Cf}|\p{Cc}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** CJK, kana, Hangul, full-width forms, emoji: the blocks that Unicode's East Asian Width calls W or F. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

// --- progress ---

const SHOW_AFTER_MS = 2000; // work shorter than this needs no explanation
const REDRAW_AFTER_MS = 100;

/**
 * Says how far long work has come. Nothing for the first two seconds; then one line on standard error that is redrawn
 * and goes away at the end. Where nobody watches: one plain line at the end.
 */
export class Progress {
  readonly #terminal: Terminal;
  readonly #what: string;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #drawnMs: number | undefined;
  #done = 0;

  /** `what` is the work: 'asking', 'loading zones'. */
  constructor(terminal: Terminal, what: string, nowMs: () => number) {
    this.#terminal = terminal;
    this.#what = what;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** Call it as often as you like; what is not known, `done` or `total`, may be left out; `detail` says on what. */
  update(done?: number, total?: number, detail = ''): void {
    this.#done = done ?? 0;
    const now = this.#nowMs();
    if (!this.#terminal.isWatched || now - this.#startMs < SHOW_AFTER_MS) return;
    if (this.#drawnMs !== undefined && now - this.#drawnMs < REDRAW_AFTER_MS) return;
    this.#drawnMs = now;
    const share = total === undefined ? `${done ?? ''}` : `${done} of ${total}`;
    this.#terminal.err(
      `\r\u001b[2K${this.#what}: ${detail} ${share} (${this.#seconds(now)} s)`.replaceAll(/ {2,}/g, ' '),
    );
  }

  /** The work is over, well or badly. */
  end(): void {
    const now = this.#nowMs();
    if (this.#drawnMs !== undefined) this.#terminal.err('\r\u001b[2K');
    else if (!this.#terminal.isWatched && this.#done > 0 && now - this.#startMs >= SHOW_AFTER_MS) {
      this.#terminal.err(`${this.#what}: ${this.#done} in ${this.#seconds(now)} s\n`);
    }
  }

  #seconds(now: number): number {
    return Math.round((now - this.#startMs) / 1000);
  }
}
