import { userInfo } from 'node:os';
import { suggestionFor } from '../../base/suggest.ts';
import { ControlClient } from '../../control/client.ts';
import type { MemberSaid } from '../../control/protocol.ts';
import type { MemberReport, MembersReport } from '../../steer/members-report.ts';
import type { OperatorWord } from '../../steer/operator-word.ts';
import { readArguments, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { loadConfigFile } from '../config-file.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';

/** `waypost member`: the operator's word on the members of a steered name, and how they all stand. */
export const MEMBER: Command = {
  help: `  out NAME MEMBER    take the member out of the answers, whatever monitors say
  up NAME MEMBER     answer the member, whatever monitors say
  auto NAME MEMBER   take that word back: monitors decide again
  list NAME          how each member stands, and who says so; 'list' may be left out
  --until WHEN       when the word lapses: a time such as 2026-11-22T09:58:41Z, or from now: 30m, 2h, 1d
  --reason TEXT      why; shown with the member, kept in the zone's history
  -c, --config FILE  the server's configuration; default: waypost.toml in this directory, if there is one
  --json             the answer as JSON

NAME is a steered name, one with a policy line at _steer.NAME. MEMBER is an address of it, or a CNAME target.
The word is kept in the member's line there, as state=, until= and reason=, until it lapses or is taken back.

example: waypost member out www.example.com 192.0.2.1 --until 2h --reason kernel-update

exit code: 0 done, 1 it cannot be done, or no server runs, 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: {
        until: { type: 'string' },
        reason: { type: 'string' },
        config: { type: 'string', short: 'c' },
        json: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const { state, name, member } = readWords(positionals);
    const { until, reason } = values;
    const option = until !== undefined ? '--until' : reason !== undefined ? '--reason' : undefined;
    if (option !== undefined && (state === undefined || state === 'auto')) {
      throw new UsageError(`${option} goes with out and up only`);
    }
    const client = new ControlClient(loadConfigFile(values.config).config.data);
    const isJson = values.json === true;
    if (state === undefined) {
      const report = await client.members(name);
      terminal.out(isJson ? `${JSON.stringify(report)}\n` : showMembers(report, terminal));
      return 0;
    }
    const by = loginName();
    const said = await client.sayOfMember({ state, name, member, until, reason, by });
    terminal.out(isJson ? `${JSON.stringify(said)}\n` : showSaid(said));
    for (const warning of said.warnings)
      terminal.err(`${paint(terminal, 'yellow', 'warning')}: ${warning}\n`);
    return 0;
  },
};

/** The words after `waypost member`; without a state it is asked only. */
function readWords(words: readonly string[]): {
  readonly state: OperatorWord['state'] | undefined;
  readonly name: string;
  readonly member: string;
} {
  const [what, ...rest] = words;
  if (what === undefined) throw new UsageError(`${SUB_COMMANDS}?`);
  if (what === 'out' || what === 'up' || what === 'auto') {
    const [name, member, extra] = rest;
    if (name === undefined || member === undefined) {
      throw new UsageError(
        `member ${what}: NAME and MEMBER are wanted, such as: ${what} www.example.com 192.0.2.1`,
      );
    }
    if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
    return { state: what, name, member };
  }
  const [name, extra] = what === 'list' ? rest : words;
  if (name === undefined) throw new UsageError('member list: NAME is wanted, such as: list www.example.com');
  if (extra === undefined) return { state: undefined, name, member: '' };
  if (what === 'list') throw new UsageError(`unexpected argument '${extra}'`);
  const meant = suggestionFor(what, ['out', 'up', 'auto', 'list']);
  const hint = meant === undefined ? `${SUB_COMMANDS}?` : `did you mean ${meant}?`;
  throw new UsageError(`there is no 'member ${what}'; ${hint}`);
}

const SUB_COMMANDS = 'out, up, auto or list';

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`; // a user that the system has no name for
  }
}

// --- what is shown ---

function showSaid(said: MemberSaid): string {
  const { owner, member, state, until, reason, serial, isChanged, report } = said;
  const what = state === 'auto' ? 'as monitors say' : state;
  const words = [
    `${owner} ${member} is ${isChanged ? '' : 'already '}${what}`,
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(reason === undefined ? [] : [`(${reason})`]),
  ];
  const heads = report.rrsets
    .filter(({ members }) => members.some((row) => row.member === member))
    .map(({ type, live, members }) => `; ${type}: ${live} of ${members.length} live`);
  return `${words.join(' ')}${heads.join('')}; serial ${serial}\n`;
}

function showMembers({ owner, policy, quorum, rrsets }: MembersReport, terminal: Terminal): string {
  const tables = rrsets.map(({ type, live, least, failsOpen, members }) => {
    const open = failsOpen
      ? `; fewer than the ${least} that min wants: it fails open, ${paint(terminal, 'yellow', '*')} is answered`
      : '';
    const columns = ['member', 'state', 'who says so', 'attributes'].map((title) => ({ title }));
    const rows = members.map((row) => [
      row.member,
      showState(row, failsOpen, terminal),
      showOpinions(row, quorum),
      row.attributes,
    ]);
    return `\n${owner} ${type}: ${live} of ${members.length} live${open}\n${showTable(columns, rows)}`;
  });
  return `policy: ${policy}\n${tables.join('')}`;
}

function showState({ state, isAnswered }: MemberReport, failsOpen: boolean, terminal: Terminal): string {
  const colour = state === 'live' ? 'green' : state === 'down' ? 'red' : 'yellow';
  return `${paint(terminal, colour, state)}${failsOpen && isAnswered && state !== 'live' ? '*' : ''}`;
}

/** What operator and monitors say of a member. */
export function showOpinions({ operator, verdicts }: MemberReport, quorum: number): string {
  const opinions: string[] = [];
  const tail = ({
    until,
    reason,
  }: {
    readonly until: string | undefined;
    readonly reason: string | undefined;
  }) => `${until === undefined ? '' : ` until ${until}`}${reason === undefined ? '' : ` (${reason})`}`;
  if (operator !== undefined) opinions.push(`operator: ${operator.state}${tail(operator)}`);
  for (const verdict of verdicts) {
    const since = verdict.since === undefined ? '' : ` since ${verdict.since}`;
    opinions.push(`${verdict.by} down${since}${tail(verdict)}`);
  }
  if (verdicts.length > 0 && verdicts.length < quorum) opinions.push(`quorum is ${quorum}`);
  return opinions.join('; ');
}
