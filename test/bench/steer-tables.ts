import type { SteerReport, SteerResult } from './part-steer.ts';
import { ratiosWithinRounds, summarize } from './statistics.ts';
import { showCount, showFixed, showRange, showTable } from './table.ts';

/** What {@link showSteer} says of Waypost's ratios is wanted to be so much. */
const TARGETS = { gdnsd: 1, plain: 0.9 } as const;

/** The report as tables for people; empty when nothing was measured. */
export function showSteer(report: SteerReport): string {
  const { results } = report;
  if (results.length === 0) return '';
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
    showTargets([
      ['steered ÷ gdnsd', ratio(own, gdnsd), `≥ ${TARGETS.gdnsd.toFixed(2)}`],
      [
        'steered ÷ plain rotation, asked without a client',
        ratio(own, plain),
        `≥ ${TARGETS.plain.toFixed(2)}`,
      ],
    ]),
  ].join('\n\n');
}

/** What was wanted beside what was found. */
export function showTargets(rows: readonly (readonly string[])[]): string {
  return showTable(['Waypost', 'found', 'target'], rows);
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
