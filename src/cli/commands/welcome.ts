import { showAddress } from '../../base/ip.ts';
import { steeringLinesOf } from '../../steer/lines.ts';
import { RRType } from '../../wire/iana.ts';
import { showName } from '../../wire/name.ts';
import { rrsetOf } from '../../zone/owner.ts';
import { steeredOwner } from '../../zone/steering-owner.ts';
import type { ZoneView } from '../../zone/view.ts';
import type { Server } from '../server/server.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';

/** What a server says when it is up: where it listens, what it serves, and what to try. */
export function showWelcome(terminal: Terminal, server: Server): string {
  const zones = server.zones();
  const lines = [
    `${paint(terminal, 'bold', 'waypost')} answers on ${server.addresses.join(', ')} (UDP and TCP)`,
    '',
  ];
  if (zones.length === 0)
    lines.push('no zone is served: put example.com.zone into the zones directory and reload');
  else {
    const columns = [
      { title: 'zone' },
      { title: 'serial', align: 'right' as const },
      { title: 'records', align: 'right' as const },
    ];
    const shown = zones.slice(0, MAX_SHOWN_ZONES);
    const rows = shown.map(({ apex, serial, records, secondary }) => [
      apex,
      secondary?.phase === 'never-loaded' ? '-' : String(serial),
      String(records),
    ]);
    lines.push(showTable(columns, rows).trimEnd());
    if (zones.length > shown.length)
      lines.push(`… and ${zones.length - shown.length} more: waypost zone list`);
    const questions = findRotating(server.views());
    if (questions.length > 0) {
      lines.push('', 'ask twice and see the answers turn:');
      for (const question of questions) lines.push(`  ${digLine(server.addresses[0] ?? '', question)}`);
    }
    const journeys = findSteered(server.views());
    if (journeys.length > 0) {
      lines.push('', 'ask as if from somewhere else, and get what is nearest there:');
      for (const { from, ...question } of journeys)
        lines.push(`  ${digLine(server.addresses[0] ?? '', question)} +subnet=${from}`);
    }
    lines.push('', 'change a zone while it is served: README.md (Five minutes), docs/updates.md');
  }
  return `${lines.join('\n')}\n`;
}

// --- helpers ---

const MAX_SHOWN_ZONES = 10;
/** How far the zones are searched for names that rotate. */
const MAX_ZONES_SEARCHED = 20;
const MAX_OWNERS_SEARCHED = 500;
const MAX_QUESTIONS = 3;

interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
}

/** Names with several addresses or CNAMEs; kinds that differ come first. */
function findRotating(views: readonly ZoneView[]): Question[] {
  const found: Question[] = [];
  for (const view of views.slice(0, MAX_ZONES_SEARCHED)) {
    let owners = 0;
    for (const { name, rrsets } of view.owners()) {
      if (++owners > MAX_OWNERS_SEARCHED) break;
      for (const { type, rdatas } of rrsets) {
        const kind = KINDS.get(type);
        if (kind !== undefined && rdatas.length > 1)
          found.push({ name: showName(name).slice(0, -1), type: kind });
      }
    }
  }
  const firsts = [...KINDS.values()].flatMap((kind) => found.find(({ type }) => type === kind) ?? []);
  return [...new Set([...firsts, ...found])].slice(0, MAX_QUESTIONS);
}

/**
 * The name steered by distance that has the most addresses, asked from where the first of them is and from where the last
 * is: those are two places that the location data know, if they know any.
 */
function findSteered(views: readonly ZoneView[]): (Question & { readonly from: string })[] {
  let name: string | undefined;
  let members: readonly Uint8Array[] = [];
  for (const view of views.slice(0, MAX_ZONES_SEARCHED)) {
    let owners = 0;
    for (const lines of view.owners()) {
      if (++owners > MAX_OWNERS_SEARCHED) break;
      const owner = steeredOwner(lines.name);
      if (owner === undefined || showName(owner).startsWith('*.')) continue;
      if (steeringLinesOf(lines).policy?.rank.includes('distance') !== true) continue;
      const rdatas = rrsetOf(view.get(owner), RRType.A)?.rdatas ?? [];
      if (rdatas.length <= Math.max(members.length, 1)) continue;
      name = showName(owner).slice(0, -1);
      members = rdatas;
    }
  }
  if (name === undefined) return [];
  const question = { name, type: 'A' } as const;
  return [members.at(0), members.at(-1)].flatMap((from) =>
    from === undefined ? [] : [{ ...question, from: showAddress(from) }],
  );
}

const KINDS: ReadonlyMap<number, Question['type']> = new Map([
  [RRType.A, 'A'],
  [RRType.CNAME, 'CNAME'],
  [RRType.AAAA, 'AAAA'],
]);

/** For a CNAME, ask for the address: its answer shows the alias and where it leads. */
function digLine(address: string, { name, type }: Question): string {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const server = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `dig @${server} -p ${port} ${name} ${type === 'CNAME' ? 'A' : type} +short`;
}
