import { type Column, paint, showTable, type Terminal } from '../terminal.ts';
import type { RotatingAnswer, RotationVerdict, Shares, Transport } from './exactness.ts';

const MAX_ROWS = 60; // answers shown; more scroll the counts away and say no more
const MAX_BEHIND = 3; // records shown behind the first
const MAX_PLACES = 4; // places counted

/** The whole report: answers, counts, verdict. `what` is who was asked for what. */
export function showRotation(
  terminal: Terminal,
  what: string,
  answers: readonly RotatingAnswer[],
  verdict: RotationVerdict,
): string {
  const paragraphs = [
    `${what}: ${answers.length} answers by ${transportsOf(answers).map(upper).join(' and ')}\n`,
    showAnswers(answers, verdict),
    showCounts(answers, verdict),
    showVerdict(terminal, answers, verdict),
  ];
  return paragraphs.join('\n');
}

/** Each answer on a line: who was first, and who followed. */
function showAnswers(answers: readonly RotatingAnswer[], { turning, firsts }: RotationVerdict): string {
  const columns: readonly Column[] = [
    { title: '#', align: 'right' },
    { title: 'by' },
    { title: turning === 'aliases' ? 'CNAME' : 'first' },
    { title: 'then' },
  ];
  const rows = answers.slice(0, MAX_ROWS).map(({ transport, addresses }, i) => {
    const behind = turning === 'aliases' ? addresses : addresses.slice(1);
    const more = behind.length > MAX_BEHIND ? ` +${behind.length - MAX_BEHIND}` : '';
    return [`${i + 1}`, transport, firsts[i] ?? '', behind.slice(0, MAX_BEHIND).join(' ') + more];
  });
  const hidden = answers.length - rows.length;
  return showTable(columns, rows) + (hidden > 0 ? `… and ${hidden} more\n` : '');
}

/** How often each member stood in each place. */
function showCounts(
  answers: readonly RotatingAnswer[],
  { turning, firsts, members }: RotationVerdict,
): string {
  const placed =
    turning === 'aliases' ? firsts.map((first) => [first]) : answers.map(({ addresses }) => addresses);
  const places = Math.min(MAX_PLACES, Math.max(...placed.map(({ length }) => length)));
  const titles = ['1st', '2nd', '3rd', '4th'].slice(0, places);
  const columns: readonly Column[] = [
    { title: 'member' },
    ...titles.map((title) => ({ title, align: 'right' }) as const),
  ];
  const rows = members.toSorted().map((member) => {
    return [
      member,
      ...titles.map((_, place) => `${placed.filter((order) => order[place] === member).length}`),
    ];
  });
  return showTable(columns, rows);
}

function showVerdict(
  terminal: Terminal,
  answers: readonly RotatingAnswer[],
  verdict: RotationVerdict,
): string {
  const { members, isTooFew, flaw, shares, exactAlone, firsts } = verdict;
  const n = members.length;
  const transports = transportsOf(answers);
  const both = transports.length === 2;
  const exact = paint(terminal, 'green', 'exact');
  const shared = both ? '; UDP and TCP share one counter' : '';
  if (shares !== undefined) return `${exact} ${showShares(shares, members)}${shared}\n`;
  if (flaw !== undefined) {
    const { at, sameAs } = flaw;
    const lines = [
      `${paint(terminal, 'red', 'not exact')}: answer ${at + 1} (${upper(answers[at]?.transport ?? 'udp')}) starts with ${firsts[at]} again, ${at - sameAs} after answer ${sameAs + 1}; with ${n} members it is due every ${n}`,
    ];
    if (both) {
      const alone = transports.map((transport) => {
        return `over ${upper(transport)} alone: ${exactAlone.includes(transport) ? 'exact' : 'not exact'}`;
      });
      const meaning = exactAlone.length === 2 ? '; UDP and TCP do not share one counter' : '';
      lines.push(`${alone.join(', ')}${meaning}`);
    }
    lines.push('(whoever else asks for the name at the same time takes turns of the same counter;');
    lines.push(' where members have weights, ask at least twice as often as those add up to)');
    return `${lines.join('\n')}\n`;
  }
  if (isTooFew) {
    return `${paint(terminal, 'yellow', 'not judged')}: ${answers.length} answers are too few for ${n} members; ask at least ${2 * n} times (-n ${2 * n})\n`;
  }
  if (n === 1) return `${exact}: one member, which is always first\n`;
  return `${exact}: any ${n} consecutive answers start with each of the ${n} members once${shared}\n`;
}

/** Who is first how often; of the rest it is for the reader to say whether that is meant. */
function showShares({ period, turns }: Shares, members: readonly string[]): string {
  const leaders = members.filter((member) => turns.has(member)).toSorted();
  const times = leaders.map((member) => `${member} ${turns.get(member)}×`).join(', ');
  const others = members.length - leaders.length;
  const never =
    others === 0
      ? ''
      : `; ${others} of ${members.length} members never first: of later tiers, or of weight 0`;
  return `by shares: any ${period} consecutive answers start with ${times}${never}`;
}

function transportsOf(answers: readonly RotatingAnswer[]): readonly Transport[] {
  return (['udp', 'tcp'] as const).filter((transport) =>
    answers.some((answer) => answer.transport === transport),
  );
}

function upper(transport: Transport): string {
  return transport.toUpperCase();
}
