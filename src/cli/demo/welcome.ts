import { paint, showTable, type Terminal } from '../terminal.ts';
import type { DemoStage } from './stage.ts';

/** What runs where, and what to try in another terminal. */
export function showDemo(stage: DemoStage, terminal: Terminal): string {
  const columns = [{ title: '' }, { title: 'pid', align: 'right' as const }, { title: '' }];
  const rows = [
    ...stage.webServers.map(({ number, pid, url }) => [`web server ${number}`, String(pid), url]),
    ...stage.programs.map(([name, pid]) => [name, String(pid), '']),
  ];
  return `${paint(terminal, 'bold', 'waypost demo')}: everything runs on this machine, in ${stage.directory}

${showTable(columns, rows)}
in another terminal:
${tryLines(stage)
  .map((line) => `  ${line}\n`)
  .join('')}`;
}

/** Lines for a shell. */
export function tryLines(stage: DemoStage): readonly string[] {
  return [stage.answers.digLine, `${stage.statusLine} --watch`];
}
