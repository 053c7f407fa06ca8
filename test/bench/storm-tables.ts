import {
  CLIENTS,
  QUERIES_A_SECOND,
  type StormReport,
  type StormRun,
  UPDATES_A_SECOND,
  type Weather,
} from './part-storm.ts';
import { ratiosWithinRounds, summarize } from './statistics.ts';
import type { StormResult } from './storm-load.ts';
import { showFixed, showMegaoctets, showRange, showTable } from './table.ts';

/** The report as tables for people; empty when nothing was measured. */
export function showStorm({ runs }: StormReport): string {
  if (runs.length === 0) return '';
  return [
    `## Queries (${QUERIES_A_SECOND}/s, UDP) beside ${UPDATES_A_SECOND} updates/s from ${CLIENTS} clients: µs from sending to the answer`,
    showDelays(runs),
    '## The same storms: what became of the updates, and queries over TCP',
    showUpdates(runs),
  ].join('\n\n');
}

// --- tables ---

type Runs = StormReport['runs'];

function showDelays(runs: Runs): string {
  const of = (weather: Weather) => runs.find((entry) => entry.weather === weather)?.rounds ?? [];
  const p99 = (rounds: Runs[number]['rounds']) => rounds.map((run) => run?.typicalP99);
  const over = (weather: Weather, base: Weather): string =>
    weather === base
      ? ''
      : showFixed(summarize(ratiosWithinRounds(p99(of(weather)), p99(of(base))))?.median, 2);
  const rows = runs.map(({ weather, rounds }) => {
    const present = rounds.filter((run) => run !== undefined);
    const figure = (pick: (run: StormRun) => number) => summarize(present.map(pick));
    const typical = figure(({ typicalP99 }) => typicalP99);
    return [
      TITLES[weather],
      showFixed(figure(({ sent }) => sent.p50)?.median, 0),
      showFixed(typical?.median, 0),
      showRange(typical, (value) => showFixed(value, 0)),
      over(weather, 'quiet'),
      over(weather, 'elsewhere'),
      showFixed(figure(({ sent }) => sent.p99)?.median, 0),
      showFixed(figure(({ sent }) => sent.p999)?.median, 0),
      showFixed(figure(({ due }) => due.p99)?.median, 0),
      `${present.reduce((sum, { asked, answered }) => sum + asked - answered, 0)}`,
      `${present.reduce((sum, { wrong }) => sum + wrong, 0)}`,
    ];
  });
  const head = [
    'storm',
    'p50',
    'p99 in ¼ s',
    'range',
    '÷ quiet',
    '÷ elsewhere',
    'p99',
    'p99.9',
    'p99 when due',
    'lost',
    'wrong',
  ];
  return showTable(head, rows);
}

function showUpdates(runs: Runs): string {
  const rows = runs.map(({ weather, rounds }) => {
    const present = rounds.filter((run) => run !== undefined);
    const figure = (pick: (run: StormRun) => number) => summarize(present.map(pick))?.median;
    const share = (part: (storm: StormResult) => number): string => {
      const percents = present.flatMap(({ storm }) =>
        storm === undefined ? [] : [(100 * part(storm)) / storm.sent],
      );
      return percents.length === 0 ? '–' : `${showFixed(summarize(percents)?.median, 1)} %`;
    };
    const replied = (rcode: string) => share(({ replies }) => replies[rcode] ?? 0);
    return [
      TITLES[weather],
      replied('NOERROR'),
      replied('SERVFAIL'),
      replied('REFUSED'),
      replied('NOTAUTH'),
      share(({ unanswered }) => unanswered),
      showFixed(
        figure(({ cpuSeconds, asked }) => (cpuSeconds * QUERIES_A_SECOND) / asked),
        2,
      ),
      showMegaoctets(figure((run) => run.memoryOctets)),
      showFixed(
        figure(({ tcp }) => tcp.p50),
        0,
      ),
      showFixed(
        figure(({ tcp }) => tcp.p99),
        0,
      ),
    ];
  });
  const head = [
    'storm',
    'NOERROR',
    'SERVFAIL',
    'REFUSED',
    'NOTAUTH',
    'no reply',
    'server CPUs',
    'MB',
    'TCP p50',
    'TCP p99',
  ];
  return showTable(head, rows);
}

const TITLES: Readonly<Record<Weather, string>> = {
  quiet: 'none',
  signed: 'signed',
  elsewhere: 'signed, at another process',
  unsigned: 'unsigned',
  forged: 'bad signatures',
};
