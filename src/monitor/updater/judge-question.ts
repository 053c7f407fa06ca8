import type { Endpoint } from '../../base/endpoint.ts';
import { showEndpoint } from '../../base/endpoint.ts';
import type { Exchanger } from '../../client/exchange.ts';
import { makeQuery } from '../../message/message.ts';
import { Opcode, Rcode, RRClass, RRType, showRcode } from '../../wire/iana.ts';
import { showName } from '../../wire/name.ts';
import { steeringOwner } from '../../zone/steering-owner.ts';
import { textOf } from './outcome.ts';
import { EDNS } from './update-message.ts';
import type { UpdatedZone, WatchedName } from './watched.ts';

/**
 * Asks a server whether the key judges at a name whose lines it cannot see: `undefined`, or why it seems not to. So
 * nothing is deleted on a server that would take it for more than a verdict. Rejects with `ExchangeError`.
 *
 * What is asked for is what a judge may not do, in a form that does nothing anywhere: to delete all TXT at
 * `_steer.<owner>`, provided that this name owns nothing. A Waypost shows a judge no lines, so the condition holds, and it
 * refuses with words that only judges hear. To those who may edit there the name owns the lines, or there is nothing
 * to delete.
 */
export async function whyNoJudge(
  exchanger: Pick<Exchanger, 'ask'>,
  server: Endpoint,
  { apex, key }: Pick<UpdatedZone, 'apex' | 'key'>,
  { name, members }: WatchedName,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place = showName(name);
  const who = key === undefined ? 'our address' : `key ${key}`;
  if (members === 'auto') {
    const grant = `transfer = [ { key = "${key ?? ''}", view = "raw" } ]`;
    return `${who} cannot see which members ${place} has; grant it the raw view: ${grant}`;
  }
  const at = steeringOwner(name);
  if (at === undefined) return `${place} is too long for a steering line`;
  const nothing = { owner: at, ttl: 0, rdata: new Uint8Array(0) };
  const question = makeQuery(
    0,
    { name: apex, type: RRType.SOA, class: RRClass.IN },
    {
      opcode: Opcode.UPDATE,
      answers: [{ ...nothing, type: RRType.ANY, class: RRClass.NONE }],
      authorities: [{ ...nothing, type: RRType.TXT, class: RRClass.ANY }],
      edns: EDNS,
    },
  );
  const reply = await exchanger.ask(question, server, { key, signal });
  const text = textOf(reply) ?? '';
  if (reply.rcode === Rcode.REFUSED && text.includes(JUDGES_ONLY)) return undefined;
  const where = showEndpoint(server);
  if (reply.rcode === Rcode.NOERROR || reply.rcode === Rcode.YXDOMAIN) {
    return `${who} does not judge ${place} at ${where}, it may edit there: say action = "edit", or make it a judge`;
  }
  return `${who} does not judge ${place} at ${where}: ${showRcode(reply.rcode)}${text === '' ? '' : `, ${text}`}`;
}

/** What a Waypost says to a judge who would remove the lines of all (`update/judge.ts`). */
const JUDGES_ONLY = 'own verdict lines';
