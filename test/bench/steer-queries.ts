import { closeSync, openSync, writeSync } from 'node:fs';
import { UNITS_PER_DEGREE } from '../../src/geo/facts.ts';
import { locate } from '../../src/geo/locate.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { IPV6_ROW } from '../../src/geo/tables-layout.ts';
import { Chance } from '../support/geo.ts';
import { composeQuestion } from './ask.ts';

/** A client's network as resolvers send it (RFC 7871), and where the database has it. */
export interface Client {
  /** 4 or 16 octets, those after the prefix 0. */
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly country: string | undefined;
}

/** IPv4 networks are /24, IPv6 networks /56: the usual, and the longest that RFC 7871 §11.1 wants sent. */
const IPV4_PREFIX = 24;
const IPV6_PREFIX = 56;

/**
 * Draws clients that the database knows the place of, without end; the same seed draws the same ones. IPv4: any /24 in use is as likely
 * as any other. IPv6: any range of the database is, for of its addresses hardly any is in use.
 */
export function* drawClients(tables: GeoTables, ipv6Share: number, seed: number): Generator<Client> {
  const chance = new Chance(seed);
  while (true) {
    const isIpv6 = chance.below(1000) < 1000 * ipv6Share;
    const address = isIpv6 ? ipv6Network(tables, chance) : ipv4Network(chance);
    const location = locate(tables, address, 0, address.length);
    if (location === 0 || !tables.isPlaced(location)) continue;
    const { country } = tables.describe(location);
    yield {
      address,
      prefixLength: isIpv6 ? IPV6_PREFIX : IPV4_PREFIX,
      latitude: tables.latitude(location) / UNITS_PER_DEGREE,
      longitude: tables.longitude(location) / UNITS_PER_DEGREE,
      country,
    };
  }
}

/** A question for the A records of `name`, with the client's network if given. */
export function composeClientQuestion(id: number, name: string, client: Client | undefined): Uint8Array {
  const question = composeQuestion(id, name);
  if (client === undefined) return question;
  const octets = client.address.subarray(0, Math.ceil(client.prefixLength / 8));
  const family = client.address.length === 4 ? 1 : 2;
  const option = [0, 8, 0, 4 + octets.length, 0, family, client.prefixLength, 0, ...octets];
  const opt = [0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, option.length, ...option];
  const message = Uint8Array.from([...question, ...opt]);
  message[11] = 1; // ARCOUNT
  return message;
}

/** Writes questions as flood-asker.c reads them: each after its length in two octets. */
export function writeQuestions(path: string, questions: Iterable<Uint8Array>): void {
  const file = openSync(path, 'w');
  try {
    let waiting: Uint8Array[] = [];
    for (const question of questions) {
      waiting.push(Uint8Array.of(question.length >> 8, question.length & 255), question);
      if (waiting.length < CHUNK) continue;
      writeSync(file, Buffer.concat(waiting));
      waiting = [];
    }
    writeSync(file, Buffer.concat(waiting));
  } finally {
    closeSync(file);
  }
}

const CHUNK = 20_000;

function ipv4Network(chance: Chance): Uint8Array {
  return chance.octets(4).fill(0, 3);
}

function ipv6Network(tables: GeoTables, chance: Chance): Uint8Array {
  const row = chance.below(tables.ipv6Ranges) * IPV6_ROW;
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  view.setUint32(0, tables.ipv6Rows[row] ?? 0);
  view.setUint32(4, tables.ipv6Rows[row + 1] ?? 0);
  return octets.fill(0, 7);
}
