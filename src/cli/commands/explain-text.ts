// An explanation as a person reads it.
import { basename } from 'node:path';
import type {
  ExplainedAddress,
  ExplainedClient,
  ExplainedFact,
  ExplainedLookup,
  ExplainedPlace,
  ExplainedReply,
  ExplainedRotation,
  Explanation,
  ExplanationSource,
} from '../../answer/explain/explanation.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';
import { showSteering } from './explain-steering-text.ts';
import { indent, showPlace } from './explain-words.ts';

/** The whole of an explanation, from the question to the reply. */
export function showExplanation(explanation: Explanation, terminal: Terminal): string {
  const { at, from, question, client, lookups, reply, attributions } = explanation;
  const who = client.subnet === undefined ? '' : ` with Client Subnet ${client.subnet.prefix}`;
  const head = `${question.name} ${question.type} asked from ${client.source.address}${who}`;
  return [
    `${paint(terminal, 'bold', head)}\n`,
    `${at}, ${showSource(from)}\n`,
    showClient(client, lookups, terminal),
    ...lookups.map((lookup, i) => showLookup(lookup, i + 1, terminal)),
    showReply(reply, terminal),
    ...attributions.map((attribution) => `\n${attribution}\n`),
  ].join('');
}

/** Where zones come from, in words. */
export function showSource({ kind, path }: ExplanationSource): string {
  if (kind === 'server') return `as the running server answers (${path})`;
  if (kind === 'database')
    return `no server is running: as its database has it (${path}), zone files not looked at`;
  return `no server is running: as the zone files have it (${path})`;
}

// --- the client ---

function showClient(
  { source, subnet }: ExplainedClient,
  lookups: readonly ExplainedLookup[],
  terminal: Terminal,
): string {
  const used = new Set(lookups.flatMap(({ rrset }) => (rrset?.kind === 'steered' ? rrset.located.by : [])));
  const parts: string[] = [];
  if (subnet !== undefined) {
    parts.push(showAddress(`client: ${subnet.prefix}, the network of the option`, subnet, terminal));
  }
  if (subnet === undefined || used.has('source')) {
    parts.push(showAddress(`client: ${source.address}, where the query comes from`, source, terminal));
  }
  return parts.join('');
}

function showAddress(title: string, known: ExplainedAddress, terminal: Terminal): string {
  const { ipv4, network, place, country, continent, asn, isp } = known;
  const rows: string[][] = [];
  if (ipv4 !== undefined) rows.push(['holds', ipv4, 'looked up as this IPv4 address']);
  if (network === undefined)
    rows.push(['known', 'nothing', 'there is no location data: see [geo] in waypost.toml']);
  else rows.push(['network', network, 'all of it is known alike']);
  if (network !== undefined) {
    rows.push([
      'place',
      place === undefined ? '-' : showPlace(place),
      place === undefined ? 'not known' : placeSource(place),
    ]);
    rows.push(factRow('country', country), factRow('continent', continent));
    rows.push(factRow('AS', asn), factRow('operator', isp));
  }
  const table = showTable([{ title: '' }, { title: '' }, { title: '' }], rows)
    .split('\n')
    .slice(1);
  return `\n${paint(terminal, 'bold', title)}\n${indent(table.join('\n'), 2)}`;
}

function placeSource({ source = '', passedOver }: ExplainedPlace): string {
  const file = basename(source);
  return passedOver === undefined ? file : `${file}; its own position does not count: ${passedOver}`;
}

function factRow(what: string, fact: ExplainedFact<string | number> | undefined): string[] {
  return fact === undefined ? [what, '-', 'not known'] : [what, `${fact.value}`, basename(fact.source ?? '')];
}

// --- look-ups ---

function showLookup(lookup: ExplainedLookup, number: number, terminal: Terminal): string {
  const { name, rrset } = lookup;
  const title = paint(terminal, 'bold', `look-up ${number}: ${name}`);
  const what =
    rrset === undefined
      ? showNothing(lookup)
      : rrset.kind === 'plain'
        ? showRotation(rrset)
        : showSteering(rrset, terminal);
  return `\n${title}\n  ${showWhere(lookup)}\n${indent(what, 2)}`;
}

/** Of a name that exists, and has nothing to answer. */
function showNothing({ end }: ExplainedLookup): string {
  return end === 'found' || end === 'wildcard' ? 'it has no records of this type: NODATA\n' : '';
}

function showWhere({ end, zone, owner = '' }: ExplainedLookup): string {
  const serial = zone?.serial === undefined ? '' : `, serial ${zone.serial}`;
  const where = zone === undefined ? '' : `zone ${zone.apex}${serial}: `;
  switch (end) {
    case 'found':
      return `${where}the name exists`;
    case 'wildcard':
      return `${where}the name does not exist, the wildcard ${owner} answers for it`;
    case 'cut':
      return `${where}at or below the zone cut ${owner}, so others answer: a referral`;
    case 'dname':
      return `${where}below the DNAME at ${owner}, which leads elsewhere`;
    case 'nxdomain':
      return `${where}the name does not exist; ${owner} is the closest that does`;
    case 'withheld':
      return `${where}a secondary zone that has not come from its primary yet, or has expired`;
    case 'outside':
      return 'no zone here holds it';
    default:
      return end satisfies never;
  }
}

function showRotation({ type, records, counter, first }: ExplainedRotation): string {
  const count = `${records} ${type} record${records === 1 ? '' : 's'}`;
  if (counter === undefined) return `not steered: ${count}, always in the same order\n`;
  return `not steered, plain rotation: ${count}; the counter is at ${counter}, so record ${first + 1} of them is first\n`;
}

// --- the reply ---

function showReply(
  { rcode, flags, answer, authority, additional, subnet, error }: ExplainedReply,
  terminal: Terminal,
): string {
  const section = (title: string, records: readonly string[]): string =>
    records.length === 0 ? '' : `  ${title}\n${records.map((record) => `    ${record}\n`).join('')}`;
  return [
    `\n${paint(terminal, 'bold', 'reply')}: ${rcode}, flags ${flags.join(' ')}`,
    subnet === undefined ? '' : `, Client Subnet ${subnet.prefix} scope ${subnet.scope}`,
    `${error === undefined ? '' : `; ${error}`}\n`,
    flags.includes('tc') ? '  truncated: over TCP all of it is answered\n' : '',
    section('answer', answer),
    section('authority', authority),
    section('additional', additional),
  ].join('');
}
