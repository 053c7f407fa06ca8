import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { ask } from '../../../src/cli/commands/dns2-client.ts';
import { ROTATION } from '../../../src/cli/commands/rotation.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { capture } from '../capture.ts';
import { type Responder, type Script, startResponder } from './responder.ts';

const CNAME = 5;

/** Three A records, the one with number `turn` first. */
function addresses(turn: number): Script {
  return { records: [0, 1, 2].map((i) => [1, [192, 0, 2, 1 + ((turn + i) % 3)]] as const) };
}

/** `wN` relative to the second label of the question `x.example.test`. */
function alias(n: number): readonly number[] {
  return [2, 'w'.charCodeAt(0), '0'.charCodeAt(0) + n, 0xc0, 14];
}

describe('cli/rotation', () => {
  let responder: Responder | undefined;
  afterEach(async () => {
    await responder?.close();
    responder = undefined;
  });

  async function rotation(script: (transport: 'udp' | 'tcp') => Script | undefined, ...args: string[]) {
    responder = await startResponder(script);
    return await run('--server', `127.0.0.1:${responder.port}`, ...args);
  }

  async function run(...args: string[]) {
    const terminal = capture();
    try {
      return {
        code: await ROTATION.run(['x.example.test', ...args], terminal),
        ...terminal.texts(),
        error: undefined,
      };
    } catch (error) {
      return { code: undefined, ...terminal.texts(), error };
    }
  }

  it('is exact, with one counter for UDP and TCP', async () => {
    let turn = 0;
    const { code, out, err } = await rotation(() => addresses(turn++), '-n', '7');
    const port = responder?.port;
    expect(out).to.equal(`x.example.test A at 127.0.0.1:${port}: 7 answers by UDP and TCP

#  by   first      then
1  udp  192.0.2.1  192.0.2.2 192.0.2.3
2  tcp  192.0.2.2  192.0.2.3 192.0.2.1
3  udp  192.0.2.3  192.0.2.1 192.0.2.2
4  tcp  192.0.2.1  192.0.2.2 192.0.2.3
5  udp  192.0.2.2  192.0.2.3 192.0.2.1
6  tcp  192.0.2.3  192.0.2.1 192.0.2.2
7  udp  192.0.2.1  192.0.2.2 192.0.2.3

member     1st  2nd  3rd
192.0.2.1    3    2    2
192.0.2.2    2    3    2
192.0.2.3    2    2    3

exact: any 3 consecutive answers start with each of the 3 members once; UDP and TCP share one counter
`);
    expect(err).to.equal('');
    expect(code).to.equal(0);
  });

  it('tells when each transport has a counter of its own', async () => {
    const turns = { udp: 0, tcp: 0 };
    const { code, out } = await rotation((transport) => addresses(turns[transport]++), '-n', '12');
    expect(out).to.contain('not exact: answer 2 (TCP) starts with 192.0.2.1 again, 1 after answer 1;');
    expect(out).to.contain(
      'over UDP alone: exact, over TCP alone: exact; UDP and TCP do not share one counter',
    );
    expect(code).to.equal(1);
  });

  it('is exact by shares when members have weights', async () => {
    let asked = 0;
    const { code, out } = await rotation(() => addresses([0, 1, 0, 2][asked++ % 4] ?? 0), '-n', '8');
    expect(out).to.contain(
      'exact by shares: any 4 consecutive answers start with 192.0.2.1 2×, 192.0.2.2 1×, 192.0.2.3 1×; UDP and TCP share one counter\n',
    );
    expect(code).to.equal(0);
  });

  it('is exact among the first of several tiers, and says who never is first', async () => {
    const answers = [addresses(0), { records: [1, 0, 2].map((i) => [1, [192, 0, 2, 1 + i]] as const) }];
    let asked = 0;
    const { code, out } = await rotation(() => answers[asked++ % 2], '-n', '6', '--udp');
    expect(out).to.contain(
      'exact by shares: any 2 consecutive answers start with 192.0.2.1 1×, 192.0.2.2 1×; 1 of 3 members never first: of later tiers, or of weight 0\n',
    );
    expect(code).to.equal(0);
  });

  it('is not exact when the order stays', async () => {
    const { code, out } = await rotation(() => addresses(0), '-n', '5', '--tcp');
    expect(out).to.contain('5 answers by TCP\n');
    expect(out).to.contain('not exact: answer 2 (TCP) starts with 192.0.2.1 again');
    expect(code).to.equal(1);
  });

  it('does not judge from too few answers', async () => {
    let turn = 0;
    const { code, out } = await rotation(() => addresses(turn++), '-n', '3', '--udp');
    expect(out).to.contain('not judged: 3 answers are too few for 3 members; ask at least 6 times (-n 6)');
    expect(code).to.equal(1);
  });

  it('follows the CNAME that turns, whatever the addresses behind it do', async () => {
    let turn = 0;
    const script = (): Script => {
      const n = turn++ % 3;
      return {
        records: [
          [CNAME, alias(n)],
          [1, [192, 0, 2, n]],
        ],
      };
    };
    const { code, out } = await rotation(script, '-n', '6');
    expect(out).to.contain('1  udp  w0.example.test  192.0.2.0\n');
    expect(out).to.match(/exact: any 3 consecutive answers start with each of the 3 members once/);
    expect(code).to.equal(0);
  });

  it('judges the addresses behind a chain that stays', async () => {
    let turn = 0;
    const script = (): Script => ({ records: [[CNAME, alias(1)], ...(addresses(turn++).records ?? [])] });
    const { code, out } = await rotation(script, '-n', '6');
    expect(out).to.contain('192.0.2.1    2    2    2');
    expect(code).to.equal(0);
  });

  it('judges CNAME records asked for by their type', async () => {
    let turn = 0;
    const { code } = await rotation(() => ({ records: [[CNAME, alias(turn++ % 2)]] }), 'CNAME', '-n', '4');
    expect(code).to.equal(0);
  });

  it('has an easy time with one member', async () => {
    const { code, out } = await rotation(() => ({ records: [[1, [192, 0, 2, 1]]] }), '-n', '2');
    expect(out).to.contain('exact: one member, which is always first');
    expect(code).to.equal(0);
  });

  it('asks servers with an IPv6 address, over both transports', async function () {
    let turn = 0;
    try {
      responder = await startResponder(() => addresses(turn++), '::1');
    } catch {
      console.log('    skipped: this machine has no IPv6');
      return this.skip();
    }
    const { code, out } = await run('--server', `[0::1]:${responder.port}`, '-n', '6');
    expect(out).to.contain(`at [::1]:${responder.port}: 6 answers by UDP and TCP`);
    expect(code).to.equal(0);
  });

  for (const [script, message] of [
    [{ rcode: 3 }, 'answers NXDOMAIN for x.example.test: there is no such name'],
    [{ rcode: 5 }, 'answers REFUSED for x.example.test: it serves no zone that the name belongs to'],
    [{}, 'has no A records for x.example.test (NODATA)'],
    [{ ...addresses(0), isTruncated: true }, 'is truncated: not all records came; ask with --tcp'],
    [
      {
        records: [
          [1, [192, 0, 2, 1]],
          [CNAME, [0xc0, 0xff]],
        ],
      },
      'sent a message that dns2 cannot read (UDP)',
    ],
  ] as const) {
    it(`says when a server ${message}`, async () => {
      const { error } = await rotation(() => script);
      expect(String(error)).to.contain(message);
    });
  }

  it('says how far it came when a server goes silent', async () => {
    let left = 2;
    const { error } = await rotation(() => (left-- > 0 ? addresses(left) : undefined), '--tcp');
    expect(String(error)).to.match(
      /NoAnswerError: after 2 answers: .* closed the connection without an answer \(TCP\)$/,
    );
  });

  describe('a server that is not there', () => {
    const question = { name: 'x.example.test', type: 'A' } as const;

    it('is named with what to look at, after the time-out over UDP', async () => {
      const silent = createSocket('udp4').bind(0, '127.0.0.1');
      await once(silent, 'listening');
      const server = { address: '127.0.0.1', port: silent.address().port };
      const error: unknown = await ask(question, server, 'udp', 30).catch((thrown: unknown) => thrown);
      silent.close();
      expect(String(error)).to.contain(
        'over UDP within 0.03 s; is a server running there, is the port right',
      );
    });

    it('is named at once over TCP', async () => {
      const gone = await startResponder(() => undefined);
      await gone.close();
      const server = { address: '127.0.0.1', port: gone.port };
      const error: unknown = await ask(question, server, 'tcp', 2000).catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain(
        `nothing listens on 127.0.0.1:${gone.port} over TCP; start the server`,
      );
    });
  });

  describe('the command line', () => {
    it('asks the first default of `listen` when no server is named', () => {
      expect(ROTATION.help).to.contain(`default: ${SETTINGS[0].fallback[0]}\n`);
    });

    for (const [args, message] of [
      [[], 'NAME is missing'],
      [['a.test', 'MX'], "'MX' is no type that rotates; expected one of A, AAAA, CNAME"],
      [['a.test', 'A', 'b'], "unexpected argument 'b'"],
      [['a..test'], "'a..test' has an empty label"],
      [['bücher.test'], 'IDNs as xn--'],
      [[`${'a'.repeat(64)}.test`], 'cannot be asked for'],
      [['a.test', '-n', '0'], '-n 0: expected an integer from 1 to 10000'],
      [['a.test', '-n', '-3'], 'option -n needs a value'],
      [['a.test', '--server'], 'option --server needs a value'],
      [['a.test', '-n', '3x'], '-n 3x: expected an integer'],
      [['a.test', '--server', 'localhost'], '--server localhost: expected an IP address with a port'],
      [['a.test', '--sever', '::1'], 'unknown option --sever; did you mean --server?'],
    ] as const) {
      it(`refuses [${args.join(' ').slice(0, 30)}]`, async () => {
        const error: unknown = await ROTATION.run(args, capture()).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(UsageError);
        expect(String(error)).to.contain(message);
      });
    }
  });
});
