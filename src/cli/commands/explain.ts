import { readArguments, readInteger, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { loadConfigFile } from '../config-file.ts';
import { openBackend } from './explain-backend.ts';
import { explainClients } from './explain-clients.ts';
import { showExplanation } from './explain-text.ts';

/** `waypost explain`: why a client gets the answer it gets, and what many clients get. */
export const EXPLAIN: Command = {
  help: `  --client IP        who asks: the address the query comes from
  --ecs PREFIX       the network of its Client Subnet option, such as 198.51.100.0/24
  --clients FILE     many clients at once: an address or network on each line ('-': standard input), at most a
                     million: which member gets how large a part of them
  --against ZONEFILE with --clients: who would move if this file were loaded in place of the zone's own
  --examples N       with --against: clients named for each move (default 3)
  -c, --config FILE  the server's configuration; default: waypost.toml in this directory, if there is one
  --json             the answer as JSON (docs/explain.md)

The running server is asked; it answers as it answers every query, but no counter goes on. Where no server runs, its
database is read, or where there is none the zone files. TYPE is A unless it is given; with --clients, A and AAAA.

example: waypost explain www.example.com A --client 203.0.113.7 --ecs 198.51.100.0/24

exit code: 0 explained, whatever the answer is, 1 it cannot be, 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: {
        client: { type: 'string' },
        ecs: { type: 'string' },
        clients: { type: 'string' },
        against: { type: 'string' },
        examples: { type: 'string' },
        config: { type: 'string', short: 'c' },
        json: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const { client, ecs, clients, against, examples } = values;
    const [name, type, extra] = positionals;
    if (name === undefined)
      throw new UsageError('explain: NAME is wanted, such as: www.example.com --client 203.0.113.7');
    if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
    if (client !== undefined && clients !== undefined)
      throw new UsageError('--client or --clients, not both');
    if (against !== undefined && clients === undefined)
      throw new UsageError('--against goes with --clients only');
    if (examples !== undefined && against === undefined)
      throw new UsageError('--examples goes with --against only');
    if (ecs !== undefined && clients !== undefined) throw new UsageError('--ecs goes with --client only');
    const isJson = values.json === true;
    const { config } = loadConfigFile(values.config);
    if (clients !== undefined) {
      const named = examples === undefined ? 3 : readInteger('--examples', examples, 0, 100);
      return await explainClients(
        { name, type, file: clients, against, examples: named, isJson },
        config,
        terminal,
      );
    }
    if (client === undefined) throw new UsageError('--client IP is wanted: who asks? Or --clients FILE');
    const backend = await openBackend(config, terminal);
    try {
      const explanation = await backend.explain({ name, type: type ?? 'A', client, ecs });
      terminal.out(isJson ? `${JSON.stringify(explanation)}\n` : showExplanation(explanation, terminal));
      return 0;
    } finally {
      backend.close();
    }
  },
};
