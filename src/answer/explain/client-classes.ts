// Many clients at once: which of them get the same.
import { showType } from '../../rdata/table.ts';
import { type DomainName, showName, type WireName } from '../../wire/name.ts';
import type { SteeredChoice } from '../trace.ts';
import { tiersOf } from './explainer.ts';
import { ExplainError } from './question.ts';
import type { RecordedLookup } from './recorder.ts';
import type { TracedQueries } from './traced-queries.ts';

/** Clients that get the same: the same tiers of the same RRset. */
export interface ClientClass {
  /** The first steered RRset on the way to the answer; `undefined`: no client is told from another. */
  readonly steered: { readonly owner: string; readonly type: string } | undefined;
  /** The members that answer, of each tier taken. */
  readonly tiers: readonly (readonly string[])[];
  /** Of all answers to these clients, how large a part begins with each member; they add up to 1. */
  readonly first: Readonly<Record<string, number>>;
}

/** What is asked about many clients. */
export interface ClientsQuestion {
  /** The final dot may be left out. */
  readonly name: string;
  readonly type: string;
  /** Addresses, or networks, of which the first address counts. */
  readonly clients: readonly string[];
}

/** What many clients get. */
export interface ClassedClients {
  readonly classes: readonly ClientClass[];
  /** Of each client, in their order, the number of its class. */
  readonly of: readonly number[];
}

/** Sorts clients into classes for one question. The same class is the same object. */
export class ClientClasses {
  readonly classes: ClientClass[] = [];
  readonly #queries: TracedQueries;
  readonly #name: WireName;
  readonly #type: number;
  readonly #numbers = new Map<string, number>();

  constructor(queries: TracedQueries, name: WireName, type: number) {
    this.#queries = queries;
    this.#name = name;
    this.#type = type;
  }

  /** The number of the class of who asks from `source`, an address of 4 or 16 octets. Throws {@link ExplainError}. */
  of(source: Uint8Array): number {
    const { record } = this.#queries.ask({ name: this.#name, type: this.#type, source, subnet: undefined });
    const lookup = record.lookups.find(({ rrset }) => rrset?.kind === 'steered');
    const rrset = lookup?.rrset;
    if (lookup?.owner === undefined || rrset?.kind !== 'steered') {
      this.#expectAnswer(record.lookups[0]);
      return this.#number('', () => PLAIN);
    }
    const { choice, type } = rrset;
    const { owner } = lookup;
    return this.#number(keyOf(owner, type, choice), () => {
      return {
        steered: { owner: showName(owner), type: showType(type) },
        tiers: tiersOf(choice),
        first: firstOf(choice),
      };
    });
  }

  /** Throws {@link ExplainError} where nobody gets anything. */
  #expectAnswer(lookup: RecordedLookup | undefined): void {
    const name = showName(this.#name);
    if (lookup?.end === 'outside') throw new ExplainError(`no zone here holds ${name}`);
    if (lookup?.end === 'nxdomain') throw new ExplainError(`${name} does not exist`);
  }

  #number(key: string, make: () => ClientClass): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.classes.length);
    return this.classes.push(make()) - 1;
  }
}

const PLAIN: ClientClass = { steered: undefined, tiers: [], first: {} };

function keyOf(owner: DomainName, type: number, choice: SteeredChoice): string {
  // Of `sticky`, who is first is a matter of the client's own address.
  const first = choice.choosing.order === 'sticky' ? choice.records[0] : -1;
  return `${owner.join()} ${type} ${first} ${choice.tiers.map((tier) => tier.join()).join(';')}`;
}

/** How large a part of many answers begins with each member of the first tier. */
function firstOf({ choosing, tiers, records }: SteeredChoice): Readonly<Record<string, number>> {
  const [tier = []] = tiers;
  const { order, members } = choosing;
  const nameOf = (member: number): string => members[member]?.member ?? '';
  if (order === 'fixed' || order === 'sticky') {
    const [first] = records;
    return first === undefined ? {} : { [nameOf(first)]: 1 };
  }
  const weights = tier.map((member) => (order === 'weighted' ? (members[member]?.weight ?? 1) : 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Object.fromEntries(
    tier.map((member, i) => [nameOf(member), sum === 0 ? 1 / tier.length : (weights[i] ?? 0) / sum]),
  );
}
