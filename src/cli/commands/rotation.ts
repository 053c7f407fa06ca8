import { type Endpoint, scanEndpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf } from '../../base/errors.ts';
import { Rcode } from '../../wire/iana.ts';
import { readArguments, readInteger, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { Progress } from '../terminal.ts';
import { ask, composeQuery, NoAnswerError, type Question, type Reply } from './dns2-client.ts';
import { judgeRotation, type RotatingAnswer, type Transport } from './exactness.ts';
import { showRotation } from './rotation-report.ts';

const TIMEOUT_MS = 2000; // for each answer; a server that rotates is near and quick
const MAX_COUNT = 10_000;
const DEFAULT_SERVER = '127.0.0.1:5300'; // the first default of `listen`
const TYPES = ['A', 'AAAA', 'CNAME'] as const;

/** `waypost rotation`: asks through dns2, which shares no code with the server, and judges the turns. */
export const ROTATION: Command = {
  help: `Asks for NAME again and again, one question after the other, and shows which record came first in each answer, how
often each member came first, and whether the rotation was exact: with n members, any n consecutive answers start with
each member once. Members with weights, and the first of several tiers, are exact by shares: the same turns come again
after as many answers as the weights add up to (ask at least twice as often). UDP and TCP are asked in turn, so that an exact series also shows that they share one counter. The
questions go through the npm package dns2, whose reading of the answers is independent of Waypost's own code.

  TYPE                A, AAAA or CNAME; default: A
  -n, --count N       how many questions in all, 1 to ${MAX_COUNT}; default: 30
  --server ADDR:PORT  whom to ask, IPv6 as [ADDR]:PORT, port 53 when left out; default: ${DEFAULT_SERVER}
  --udp, --tcp        ask over this transport alone; default: both

exit code: 0 the rotation was exact, 1 it was not or could not be judged, 2 the command line is wrong

  waypost rotation www.highperfweb.test
  waypost rotation highperfweb.test AAAA -n 100 --tcp
  waypost rotation example.com --server 192.0.2.53
`,
  async run(args, terminal) {
    const { question, count, server, transports } = readCommandLine(args);
    const progress = new Progress(terminal, 'asking', Date.now);
    const answers: RotatingAnswer[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const transport = transports[i % transports.length] ?? 'udp';
        const reply = await ask(question, server, transport, TIMEOUT_MS);
        answers.push({ transport, ...useful(reply, question, server, transport) });
        progress.update(i + 1, count);
      }
    } catch (error) {
      if (!(error instanceof NoAnswerError) || answers.length === 0) throw error;
      throw new NoAnswerError(`after ${answers.length} answers: ${error.message}`, { cause: error });
    } finally {
      progress.end();
    }
    const verdict = judgeRotation(answers);
    terminal.out(
      showRotation(
        terminal,
        `${question.name} ${question.type} at ${showEndpoint(server)}`,
        answers,
        verdict,
      ),
    );
    const isExact = verdict.flaw === undefined ? !verdict.isTooFew : verdict.shares !== undefined;
    return isExact ? 0 : 1;
  },
};

/** The records of a reply. Throws {@link NoAnswerError} when there are none to judge. */
function useful(reply: Reply, { name, type }: Question, server: Endpoint, transport: Transport): Reply {
  const who = showEndpoint(server);
  if (reply.rcode !== Rcode.NOERROR) {
    const rcode =
      Object.entries(Rcode).find(([, code]) => code === reply.rcode)?.[0] ?? `RCODE ${reply.rcode}`;
    const reason = REASONS[rcode];
    throw new NoAnswerError(
      `${who} answers ${rcode} for ${name}${reason === undefined ? '' : `: ${reason}`}`,
    );
  }
  if (reply.isTruncated) {
    const advice = transport === 'udp' ? 'ask with --tcp' : 'over TCP that is an error of the server';
    throw new NoAnswerError(`the answer of ${who} for ${name} is truncated: not all records came; ${advice}`);
  }
  if (reply.aliases.length + reply.addresses.length === 0) {
    throw new NoAnswerError(`${who} has no ${type} records for ${name} (NODATA)`);
  }
  return reply;
}

const REASONS: Readonly<Record<string, string>> = {
  NXDOMAIN: 'there is no such name',
  REFUSED: 'it serves no zone that the name belongs to',
  SERVFAIL: 'something is wrong in the server; see its log',
};

// --- the command line ---

interface CommandLine {
  readonly question: Question;
  readonly count: number;
  readonly server: Endpoint;
  readonly transports: readonly Transport[];
}

function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = readArguments({
    args: [...args],
    options: {
      count: { type: 'string', short: 'n', default: '30' },
      server: { type: 'string', default: DEFAULT_SERVER },
      udp: { type: 'boolean', default: false },
      tcp: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [name, type = 'A', ...others] = positionals;
  if (name === undefined) throw new UsageError('NAME is missing: whose rotation?');
  if (others.length > 0) throw new UsageError(`unexpected argument '${others[0]}'`);
  return {
    question: readQuestion(name, type),
    count: readInteger('-n', values.count, 1, MAX_COUNT),
    server: readServer(values.server),
    transports: values.udp === values.tcp ? ['udp', 'tcp'] : [values.udp ? 'udp' : 'tcp'],
  };
}

function readQuestion(name: string, word: string): Question {
  const type = TYPES.find((known) => known === word.toUpperCase());
  if (type === undefined) {
    throw new UsageError(`'${word}' is no type that rotates; expected one of ${TYPES.join(', ')}`);
  }
  if (!/^[\x21-\x7e]+$/.test(name) || name.includes('\\')) {
    throw new UsageError(`'${name}': expected a name in ASCII without spaces and escapes (IDNs as xn--…)`);
  }
  const question = { name: name === '.' ? name : name.replace(/\.$/, ''), type };
  if (/^\.|\.\./.test(question.name) && name !== '.') throw new UsageError(`'${name}' has an empty label`);
  try {
    composeQuery(question, 0);
  } catch (error) {
    throw new UsageError(`'${name}' cannot be asked for: ${messageOf(error)}`);
  }
  return question;
}

function readServer(text: string): Endpoint {
  const server = scanEndpoint(text, 53);
  if (server === undefined || server.port === 0) {
    throw new UsageError(
      `--server ${text}: expected an IP address with a port, such as 127.0.0.1:5300 or [::1]:5300`,
    );
  }
  return server;
}
