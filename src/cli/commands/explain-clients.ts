import { scanNameAndType } from '../../answer/explain/question.ts';
import type { Config } from '../../config/settings.ts';
import { MOST_CLIENTS } from '../../control/explain.ts';
import { foldName, showName } from '../../wire/name.ts';
import { realEffects } from '../effects.ts';
import { OfflineZonesError } from '../offline-zones.ts';
import { displayWidth, Progress, paint, showTable, type Terminal } from '../terminal.ts';
import { type ClientShares, type MovedClients, ShareTally } from './client-shares.ts';
import { readClients } from './clients-file.ts';
import { type ExplainBackend, openBackend, openOffline } from './explain-backend.ts';
import { showSource } from './explain-text.ts';

/** What is asked about many clients. */
export interface ClientsCommand {
  readonly name: string;
  /** `undefined`: A and AAAA. */
  readonly type: string | undefined;
  readonly file: string;
  /** A zone file that might be loaded. */
  readonly against: string | undefined;
  /** How many clients are named for each move. */
  readonly examples: number;
  readonly isJson: boolean;
}

/** `waypost explain NAME --clients FILE`: which member gets how large a part of them, and who would move. */
export async function explainClients(
  command: ClientsCommand,
  config: Config,
  terminal: Terminal,
): Promise<number> {
  const { name, type, file, against, examples, isJson } = command;
  const asked = showName(scanNameAndType(name, type ?? 'A').name);
  const served = await openBackend(config, terminal);
  let candidate: ExplainBackend | undefined;
  try {
    candidate = against === undefined ? undefined : await openCandidate(config, terminal, name, against);
    const tallies = (type === undefined ? ['A', 'AAAA'] : [type.toUpperCase()]).map((each) => {
      return { type: each, tally: new ShareTally(each, examples) };
    });
    const { nowMs } = realEffects({ level: 'error', format: 'text' });
    const progress = new Progress(terminal, 'asking for clients', nowMs);
    let done = 0;
    try {
      for await (const clients of readClients(file, BATCH)) {
        for (const { type: each, tally } of tallies) {
          const question = { name, type: each, clients };
          const now = await served.classes(question);
          tally.add(clients, now, candidate && (await candidate.classes(question)));
        }
        done += clients.length;
        progress.update(done);
      }
    } finally {
      progress.end();
    }
    const shares = withoutRepeats(tallies.map(({ tally }) => tally.result()));
    if (isJson) {
      const body = { version: 1, name: asked, from: served.from, against, types: shares };
      terminal.out(`${JSON.stringify(body)}\n`);
    } else {
      terminal.out(`${asked} for the clients of ${file}\n${showSource(served.from)}\n`);
      for (const each of shares) terminal.out(showShares(each, against, terminal));
    }
    return 0;
  } finally {
    candidate?.close();
    served.close();
  }
}

/** Small enough that the server has its turns, and that progress is seen. */
const BATCH = Math.min(5000, MOST_CLIENTS);

async function openCandidate(
  config: Config,
  terminal: Terminal,
  name: string,
  path: string,
): Promise<ExplainBackend> {
  const owner = foldName(scanNameAndType(name, 'A').name);
  return await openOffline(config, terminal, {
    path,
    zoneOf(zones) {
      const apex = zones.zoneAbove(owner);
      if (apex !== undefined) return apex;
      throw new OfflineZonesError(
        `${showName(owner)} is in no zone that is served: ${path} takes the place of none`,
      );
    },
  });
}

/** CNAMEs are the same whichever type of address is asked for. */
function withoutRepeats(all: readonly ClientShares[]): readonly ClientShares[] {
  const [first, ...others] = all;
  const isRepeat = ({ steered }: ClientShares): boolean =>
    steered?.type === 'CNAME' && steered.owner === first?.steered?.owner;
  const isNothing = ({ steered }: ClientShares): boolean => steered === undefined;
  const kept = [first, ...others.filter((each) => !isRepeat(each))].filter((each) => each !== undefined);
  const telling = kept.filter((each) => !isNothing(each));
  return telling.length > 0 ? telling : kept.slice(0, 1);
}

// --- what is shown ---

function showShares(shares: ClientShares, against: string | undefined, terminal: Terminal): string {
  const { type, clients, steered, members, classes, moved } = shares;
  const count = `${clients.toLocaleString('en-US')} client${clients === 1 ? '' : 's'}`;
  if (steered === undefined)
    return `\n${type}: ${count}; not steered: the answer does not depend on who asks\n`;
  const title = `${steered.owner} ${steered.type}: answers to ${count} that begin with each member`;
  return [
    `\n${paint(terminal, 'bold', title)}\n`,
    showMembers(members, clients),
    `\n${paint(terminal, 'bold', 'who gets the same')}\n`,
    showClasses(classes, clients),
    moved === undefined ? '' : showMoves(moved, clients, against ?? '', terminal),
  ].join('');
}

function showMembers(members: ClientShares['members'], clients: number): string {
  const most = Math.max(...members.map(({ share, candidate = 0 }) => Math.max(share, candidate)), 1e-9);
  const hasCandidate = members.some(({ candidate }) => candidate !== undefined);
  const columns = [
    { title: 'member' },
    { title: hasCandidate ? 'now' : 'share', align: 'right' },
    ...(hasCandidate
      ? [{ title: 'then', align: 'right' } as const, { title: 'change', align: 'right' } as const]
      : []),
    { title: '' },
  ] as const;
  const rows = members.map(({ member, share, candidate }) => [
    member,
    showPercent(share),
    ...(candidate === undefined ? [] : [showPercent(candidate), showChange(candidate - share)]),
    bar((candidate ?? share) / most),
  ]);
  return clients === 0 ? 'no client in the file\n' : showTable(columns, rows);
}

function showClasses(classes: ClientShares['classes'], clients: number): string {
  const rows = classes
    .slice(0, SHOWN)
    .map((each) => [
      each.clients.toLocaleString('en-US'),
      showPercent(each.clients / clients),
      showTiers(each.tiers),
      each.example,
    ]);
  const more = classes.length > SHOWN ? `and ${classes.length - SHOWN} more\n` : '';
  const columns = [
    { title: 'clients', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'members that answer' },
    { title: 'such as' },
  ] as const;
  return `${showTable(columns, rows)}${more}`;
}

function showMoves(
  { clients: moved, moves }: MovedClients,
  clients: number,
  against: string,
  terminal: Terminal,
): string {
  const share = clients === 0 ? '0 %' : showPercent(moved / clients);
  const title = `with ${against} ${moved.toLocaleString('en-US')} of ${clients.toLocaleString('en-US')} would move (${share})`;
  if (moves.length === 0) return `\n${paint(terminal, 'bold', title)}\n`;
  const columns = [
    { title: 'clients', align: 'right' },
    { title: 'from' },
    { title: 'to' },
    { title: 'such as' },
  ] as const;
  const rows = moves
    .slice(0, SHOWN)
    .map(({ from, to, clients: count, examples }) => [
      count.toLocaleString('en-US'),
      cut(from.join(' ') || 'nobody'),
      cut(to.join(' ') || 'nobody'),
      examples.join(' '),
    ]);
  const more = moves.length > SHOWN ? `and ${moves.length - SHOWN} more\n` : '';
  return `\n${paint(terminal, 'bold', title)}\n${showTable(columns, rows)}${more}`;
}

/** Rows of a table; JSON has all. */
const SHOWN = 20;
const BAR_CELLS = 24;
const WIDEST = 48;

function showTiers(tiers: readonly (readonly string[])[]): string {
  return cut(tiers.map((tier) => tier.join(' ')).join('; then ') || 'nobody');
}

function cut(text: string): string {
  return displayWidth(text) <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`;
}

function showPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function showChange(change: number): string {
  const points = (100 * change).toFixed(1);
  return Number(points) > 0 ? `+${points}` : points.replace(/^-0\.0$/, '0.0');
}

/** A part of the widest bar, in eighths of a cell. */
function bar(part: number): string {
  const eighths = Math.round(part * BAR_CELLS * 8);
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : String.fromCharCode(0x2590 - rest));
}
