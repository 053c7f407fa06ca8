import type { SteerReport, SteerResult } from './part-steer.ts';
import { ratiosWithinRounds, summarize } from './statistics.ts';
import { ALONE_CASES, type AloneReport, aloneMedians } from './steer-alone.ts';
import type { SteerFigures } from './steer-figures.ts';
import { showCount, showFixed, showMegaoctets, showRange, showTable } from './table.ts';

/** The report as tables for people; empty when nothing was measured. */
export function showSteer(report: SteerReport): string {
  const { results, figures } = report;
  if (results.length === 0 && figures === undefined) return '';
  const own = rates(results.find(({ name, row }) => name === 'waypost' && row === 'steered'));
  const plain = rates(results.find(({ name, row }) => name === 'waypost' && row === 'plain'));
  const gdnsd = rates(results.find(({ name }) => name === 'gdnsd'));
  const rows = results.map((result) => {
    const mine = rates(result);
    const perCpu = summarize(mine.filter((rate) => rate !== undefined));
    const runs = result.rounds.flatMap((run) => (run === undefined ? [] : [run]));
    const asked = runs.reduce((sum, { answered, lost }) => sum + answered + lost, 0);
    const lost = runs.reduce((sum, run) => sum + run.lost, 0);
    return [
      `${result.name} ${result.version}, ${result.row === 'steered' ? result.how : ROWS[result.row]}`,
      showCount(perCpu?.median),
      showRange(perCpu, showCount),
      ratio(own, mine),
      showCount(summarize(runs.map(({ answeredPerSecond }) => answeredPerSecond))?.median),
      `${showFixed((100 * lost) / asked, 2)} %`,
      result.row === 'steered' && result.nearest !== undefined
        ? `${showFixed(100 * result.nearest, 0)} %`
        : '–',
    ];
  });
  const head = [
    'server',
    'answers per CPU-second',
    'range',
    'Waypost steered ÷ it',
    'answers per second',
    'lost',
    'nearest',
  ];
  const database = report.isRealDatabase ? 'a city database' : 'a made-up city database';
  const share = `${showFixed(100 * report.ipv6Share, 0)} % IPv6`;
  return [
    `## Answers by place: 12 sites, random clients of ${database} (${share}), server on one core`,
    showTable(head, rows),
    showTable(
      ['Waypost', 'found', 'target'],
      [
        ['steered answers per CPU-second ÷ gdnsd', ratio(own, gdnsd), '≥ 1.00'],
        ['the same ÷ plain rotation, asked without a client', ratio(own, plain), '≥ 0.90'],
        ...(figures === undefined ? [] : figureRows(figures)),
      ],
    ),
    ...(report.alone === undefined ? [] : [showAlone(report.alone)]),
  ].join('\n\n');
}

function showAlone(report: AloneReport): string {
  const costs = aloneMedians(report);
  const rows = ALONE_CASES.map(({ what }, i) => {
    return [what, showFixed(costs[i], 0), showFixed((costs[i] ?? 0) / (costs[0] ?? 1), 2)];
  });
  return `### Answering alone, no sockets\n\n${showTable(['answer', 'CPU ns', '÷ first'], rows)}`;
}

function figureRows(figures: SteerFigures): readonly (readonly string[])[] {
  const { compiled, firstStart, keptStart, policyChange, manyNames } = figures;
  return [
    [
      `compile ${showMegaoctets(compiled?.sourceOctets)} MB on one thread, CPU s`,
      showFixed(compiled?.cpuSeconds, 2),
      '≤ 4 (60 MB)',
    ],
    ['tables, MB', showMegaoctets(compiled?.tablesOctets), '≤ 120'],
    ['start until a steered answer, tables to be compiled, s', showFixed(firstStart, 2), '–'],
    ['start until a steered answer, kept tables, s', showFixed(keptStart, 2), '≤ 0.50'],
    [
      `policy of 12 members changed on all threads, ms (median of ${policyChange?.changes ?? 0})`,
      showFixed(policyChange?.medianMs, 1),
      '–',
    ],
    ['the slowest of them', showFixed(policyChange?.highestMs, 1), '≤ 50'],
    ['the same, counted from the acknowledgement', showFixed(policyChange?.highestAfterMs, 1), '–'],
    ['1 000 steered names: resident before questions, MB', showMegaoctets(manyNames?.beforeOctets), '–'],
    ['highest resident, asked from random places, MB', showMegaoctets(manyNames?.highestOctets), '≤ 1000'],
    ['answers per CPU-second meanwhile', showCount(manyNames?.answeredPerCpuSecond), '–'],
  ];
}

const ROWS = { plain: 'plain rotation', plainWithClients: 'plain rotation, same clients' } as const;

function rates(result: SteerResult | undefined): readonly (number | undefined)[] {
  return result?.rounds.map((run) => run?.answeredPerCpuSecond) ?? [];
}

function ratio(
  numerators: readonly (number | undefined)[],
  denominators: readonly (number | undefined)[],
): string {
  return showFixed(summarize(ratiosWithinRounds(numerators, denominators))?.median, 2);
}
