import type { MonitorStatus } from '../../monitor/report/status.ts';
import { type Painter, recentLines, statusHead, statusTable } from '../../monitor/report/table.ts';
import { LiveScreen } from '../live-screen.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';

/** The state of a monitor on one page. */
export function showMonitorStatus(status: MonitorStatus, terminal: Terminal): string {
  const painter = painterOf(terminal);
  const { columns, rows } = statusTable(status, painter);
  const table = rows.length === 0 ? '' : `\n${showTable(columns, rows)}`;
  return `${statusHead(status, painter).join('\n')}\n${table}`;
}

/**
 * Shows the state on a live screen, with what has happened lately below, until the returned function is called.
 * `undefined` when the terminal cannot be drawn on.
 */
export function watchStatus(terminal: Terminal, status: () => MonitorStatus): (() => void) | undefined {
  const { screen } = terminal;
  if (screen === undefined) return undefined;
  const live = new LiveScreen(screen);
  const draw = (): void => live.draw(screenLines(status(), terminal, screen.size().rows));
  draw();
  const redraw = setInterval(draw, REDRAW_MS);
  return () => {
    clearInterval(redraw);
    live.close();
  };
}

/** The page, and in the rows that are left what has happened, the newest at the bottom. */
export function screenLines(status: MonitorStatus, terminal: Terminal, rows: number): readonly string[] {
  const page = showMonitorStatus(status, terminal).trimEnd().split('\n');
  const room = Math.max(rows - page.length - 2, 0);
  const recent = recentLines(status, Math.min(room, MAX_RECENT_LINES), painterOf(terminal));
  return recent.length === 0 ? page : [...page, '', ...recent];
}

// --- helpers ---

const REDRAW_MS = 250;
const MAX_RECENT_LINES = 20;

function painterOf(terminal: Terminal): Painter {
  return (colour, text) => paint(terminal, colour, text);
}
