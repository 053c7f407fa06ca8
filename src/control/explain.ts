import type { IncomingMessage } from 'node:http';
import {
  type ClassedClients,
  ClientClasses,
  type ClientsQuestion,
} from '../answer/explain/client-classes.ts';
import type { ExplainerOptions } from '../answer/explain/explainer.ts';
import { Explainer } from '../answer/explain/explainer.ts';
import type { Explanation } from '../answer/explain/explanation.ts';
import {
  ExplainError,
  scanClient,
  scanNameAndType,
  scanQuestion,
  type WrittenQuestion,
} from '../answer/explain/question.ts';
import { TracedQueries } from '../answer/explain/traced-queries.ts';
import { Slices } from '../store/slices.ts';

/** The most clients of one question about many; who has more asks again. */
export const MOST_CLIENTS = 20_000;

/**
 * What can be asked about why answers are as they are: `GET /explain?name=NAME&type=TYPE&client=IP[&ecs=PREFIX]`, and
 * `POST /explain/clients?name=NAME&type=TYPE`, the clients in its body, one a line. Both throw {@link ExplainError}.
 */
export interface ExplainControlled {
  explain(question: WrittenQuestion): Explanation;
  /** Which of many clients, addresses or networks of which the first address counts, get the same. */
  classes(question: ClientsQuestion): Promise<ClassedClients>;
}

/** Explains what is served at the moment of each question. */
export class Explaining implements ExplainControlled {
  readonly #now: () => ExplainerOptions;

  /** `now`: what is answered from now. */
  constructor(now: () => ExplainerOptions) {
    this.#now = now;
  }

  explain(question: WrittenQuestion): Explanation {
    return new Explainer(this.#now()).explain(scanQuestion(question));
  }

  async classes({ name, type, clients }: ClientsQuestion): Promise<ClassedClients> {
    const asked = scanNameAndType(name, type);
    if (clients.length > MOST_CLIENTS) {
      throw new ExplainError(`${clients.length} clients are too many at once: ${MOST_CLIENTS} is the most`);
    }
    const options = this.#now();
    const classes = new ClientClasses(new TracedQueries(options), asked.name, asked.type);
    const slices = new Slices(() => performance.now());
    const of: number[] = [];
    for (const client of clients) {
      const source = scanClient(client);
      if (source === undefined) {
        throw new ExplainError(`'${client}' is no address, nor a network such as 203.0.113.0/24`);
      }
      of.push(classes.of(source));
      if (of.length % CLIENTS_AT_ONCE === 0) await slices.pause();
    }
    return { classes: classes.classes, of };
  }
}

/** A fraction of a slice. */
const CLIENTS_AT_ONCE = 64;

/** What a request about answers gets; `undefined` when it is about something else. Throws {@link ExplainError}. */
export function routeExplain(
  explain: ExplainControlled,
  what: string,
  parameters: URLSearchParams,
  request: IncomingMessage,
): Explanation | Promise<ClassedClients> | undefined {
  const name = parameters.get('name') ?? '';
  const type = parameters.get('type') ?? 'A';
  switch (what) {
    case 'GET /explain': {
      const ecs = parameters.get('ecs') ?? undefined;
      return explain.explain({ name, type, client: parameters.get('client') ?? '', ecs });
    }
    case 'POST /explain/clients':
      return readLines(request).then((clients) => explain.classes({ name, type, clients }));
    default:
      return undefined;
  }
}

// --- helpers ---

/** The longest address with a prefix length, and a line end, for each. */
const MOST_OCTETS = MOST_CLIENTS * 50;

async function readLines(request: IncomingMessage): Promise<readonly string[]> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MOST_OCTETS) throw new ExplainError(`more than ${MOST_CLIENTS} clients at once`);
  }
  return text.split('\n').filter((line) => line !== '');
}
