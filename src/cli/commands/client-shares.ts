// What many clients get, added up.
import type { ClassedClients, ClientClass } from '../../answer/explain/client-classes.ts';

/** How many clients, and what they get of one RRset. `waypost explain --clients --json` prints it. */
export interface ClientShares {
  /** The type that was asked for. */
  readonly type: string;
  readonly clients: number;
  /** The steered RRset; `undefined`: the answer does not depend on the client. */
  readonly steered: { readonly owner: string; readonly type: string } | undefined;
  readonly members: readonly MemberShare[];
  /** Clients that get the same tiers, the most first. */
  readonly classes: readonly SharedClass[];
  /** Who would get something else; where there is a candidate. */
  readonly moved: MovedClients | undefined;
}

/** A member's part of all answers, of those that begin with it. */
export interface MemberShare {
  readonly member: string;
  /** 0 to 1. */
  readonly share: number;
  /** With the candidate; `undefined` without one. */
  readonly candidate: number | undefined;
}

/** A class, and how many are of it. */
export interface SharedClass {
  readonly tiers: readonly (readonly string[])[];
  readonly clients: number;
  /** One of them. */
  readonly example: string;
}

/** Clients whose answers would begin with other members, or as often with each as before no more. */
export interface MovedClients {
  readonly clients: number;
  /** The most first. */
  readonly moves: readonly Move[];
}

/** From these members to those; several take turns. */
export interface Move {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly clients: number;
  readonly examples: readonly string[];
}

/** Adds up batches of clients, asked for one type. What it holds does not grow with the clients. */
export class ShareTally {
  readonly #type: string;
  readonly #most: number;
  #clients = 0;
  #steered: ClientClass['steered'];
  readonly #before = new Map<string, number>();
  readonly #after = new Map<string, number>();
  readonly #classes = new Map<string, { class: ClientClass; clients: number; example: string }>();
  readonly #moves = new Map<string, { from: string[]; to: string[]; clients: number; examples: string[] }>();
  #hasCandidate = false;
  #moved = 0;

  /** `examples`: how many clients are named for each move. */
  constructor(type: string, examples: number) {
    this.#type = type;
    this.#most = examples;
  }

  /** Takes in a batch, and what it would get of the candidate. */
  add(clients: readonly string[], served: ClassedClients, candidate: ClassedClients | undefined): void {
    if (candidate !== undefined) this.#hasCandidate = true;
    for (const [i, client] of clients.entries()) {
      const before = served.classes[served.of[i] ?? -1];
      const after = candidate?.classes[candidate.of[i] ?? -1];
      if (before === undefined) continue;
      this.#clients++;
      this.#steered ??= before.steered ?? after?.steered;
      this.#count(before, client);
      addShares(this.#before, before);
      if (after === undefined) continue;
      addShares(this.#after, after);
      this.#move(before, after, client);
    }
  }

  /** What it comes to. */
  result(): ClientShares {
    const members = [...new Set([...this.#before.keys(), ...this.#after.keys()])];
    const shareOf = (shares: ReadonlyMap<string, number>, member: string): number =>
      this.#clients === 0 ? 0 : (shares.get(member) ?? 0) / this.#clients;
    return {
      type: this.#type,
      clients: this.#clients,
      steered: this.#steered,
      members: members
        .map((member) => ({
          member,
          share: shareOf(this.#before, member),
          candidate: this.#hasCandidate ? shareOf(this.#after, member) : undefined,
        }))
        .sort((a, b) => b.share - a.share || (a.member < b.member ? -1 : 1)),
      classes: [...this.#classes.values()]
        .sort((a, b) => b.clients - a.clients)
        .map(({ class: { tiers }, clients, example }) => ({ tiers, clients, example })),
      moved: this.#hasCandidate
        ? { clients: this.#moved, moves: [...this.#moves.values()].sort((a, b) => b.clients - a.clients) }
        : undefined,
    };
  }

  #count(its: ClientClass, client: string): void {
    const key = JSON.stringify(its.tiers);
    const known = this.#classes.get(key);
    if (known !== undefined) known.clients++;
    else if (this.#classes.size < MOST_KEPT)
      this.#classes.set(key, { class: its, clients: 1, example: client });
  }

  #move(before: ClientClass, after: ClientClass, client: string): void {
    if (isSame(before.first, after.first)) return;
    this.#moved++;
    const [from, to] = [Object.keys(before.first).sort(), Object.keys(after.first).sort()];
    const key = JSON.stringify([from, to]);
    const known = this.#moves.get(key);
    if (known === undefined) {
      if (this.#moves.size < MOST_KEPT)
        this.#moves.set(key, { from, to, clients: 1, examples: this.#most > 0 ? [client] : [] });
      return;
    }
    known.clients++;
    if (known.examples.length < this.#most) known.examples.push(client);
  }
}

/** Classes and moves that are kept apart; what comes after them is only counted in all. */
const MOST_KEPT = 10_000;

function addShares(shares: Map<string, number>, { first }: ClientClass): void {
  for (const [member, share] of Object.entries(first)) shares.set(member, (shares.get(member) ?? 0) + share);
}

function isSame(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Math.abs((a[key] ?? 0) - (b[key] ?? -1)) < 1e-9)
  );
}
