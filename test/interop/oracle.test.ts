import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { canonicalRdata, showType } from '../../src/rdata/table.ts';
import { showRcode } from '../../src/wire/iana.ts';
import { foldName, showName } from '../../src/wire/name.ts';
import { exchange, imageOf, responderOn } from '../support/answering.ts';
import {
  GENERATED_APEX,
  GENERATED_CHILD_APEX,
  GENERATED_LOST_APEXES,
  generatedChildZone,
  generatedZone,
} from '../support/generated-zone.ts';
import { type MemoryZone, readZoneFile } from '../support/memory-zone.ts';
import { composeQuestion, type OracleQuestion, oracleQuestions } from '../support/oracle-questions.ts';
import { BIND, isInstalled, KNOT, MAX_PAYLOAD, type Peer, RunningPeer } from '../support/peers.ts';
import { showRecord } from '../support/rr.ts';
import { DIFFERENCES, type Disagreement, type Said } from './differences.ts';

/** Names near owners are asked so many times, each time others. */
const ROUNDS = 4;

describe('oracle: other servers answer the same', function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'waypost-oracle-'));
  const zones = new Map<string, string>([
    ['highperfweb.test', readFileSync('zones/highperfweb.test.zone', 'utf8')],
    ['example.test', readFileSync('zones/example.test.zone', 'utf8')],
    [GENERATED_APEX, generatedZone()],
    [GENERATED_CHILD_APEX, generatedChildZone()],
    ...GENERATED_LOST_APEXES.map((apex): [string, string] => [apex, generatedChildZone()]),
  ]);
  const views: MemoryZone[] = [];
  let questions: readonly OracleQuestion[] = [];
  let said: readonly Said[] = [];

  before(() => {
    for (const [apex, text] of zones) {
      const path = join(directory, `${apex}.zone`);
      writeFileSync(path, text);
      views.push(readZoneFile(path));
    }
    const responder = responderOn(imageOf(views), { maxPayload: MAX_PAYLOAD });
    questions = [...oracleQuestions(views, ROUNDS)];
    said = questions.map((question) => read(exchange(responder, composeQuestion(question))));
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const peer of [BIND, KNOT]) {
    it(`${peer.name} says what we say`, async function () {
      if (!isInstalled(peer)) {
        console.log(`    ${peer.name} is not installed here: not compared`);
        this.skip();
      }
      const disagreements = await compareWith(peer);
      const counts = new Map<string, number>();
      const unexplained: Disagreement[] = [];
      for (const disagreement of disagreements) {
        const difference = DIFFERENCES.find(
          (known) => known.peers.includes(peer.name) && known.recognises(disagreement),
        );
        if (difference === undefined) unexplained.push(disagreement);
        else counts.set(difference.id, (counts.get(difference.id) ?? 0) + 1);
      }
      const accepted = [...counts].map(([id, count]) => `${id} ${count}`).join(', ');
      console.log(
        `    ${peer.name}: ${questions.length} questions, ${questions.length - disagreements.length} the same, accepted: ${accepted || 'none'}`,
      );
      expect(questions.length).to.be.at.least(10_000);
      expect(unexplained.length, unexplained.slice(0, SHOWN).map(showDisagreement).join('\n')).to.equal(0);
    });
  }

  it('accepts the differences that docs/differences.md explains, and no others', () => {
    const documented = [
      ...readFileSync('docs/differences.md', 'utf8').matchAll(/^\| `([a-z0-9-]+)` \| ([^|]+) \|/gm),
    ];
    expect(documented.map(([, id, peers]) => [id, peers])).to.deep.equal(
      DIFFERENCES.map(({ id, peers }) => [id, peers.join(', ')]),
    );
  });

  async function compareWith(peer: Peer): Promise<Disagreement[]> {
    const peerZones = [...zones].map(([apex, text]) => ({ apex, text: withOneCname(text) }));
    const running = await RunningPeer.start(peer, join(directory, peer.name), peerZones);
    try {
      const disagreements: Disagreement[] = [];
      await Promise.all(
        questions.map(async (question, i) => {
          const ours = said[i] ?? NOTHING;
          const theirs = read(await running.client.ask(composeQuestion(question)));
          if (!isSame(ours, theirs)) {
            disagreements.push({ peer: peer.name, question, ours, theirs, apexes: [...zones.keys()] });
          }
        }),
      );
      return disagreements;
    } finally {
      await running.stop();
    }
  }
});

const SHOWN = Number(process.env['WAYPOST_ORACLE_SHOWN'] ?? 5);

const NOTHING: Said = { rcode: -1, aa: false, tc: false, answer: [], authority: [], length: 0 };

/** No other server loads several CNAMEs (STEERING.md §9): they get the first. */
function withOneCname(text: string): string {
  return text.replace(/(?<=^www\s+60\s+CNAME www1\n)(\s+60\s+CNAME www\d\n)+/m, '');
}

function read(response: Uint8Array | undefined): Said {
  if (response === undefined) return NOTHING;
  const { rcode, flags, answers, authorities } = parseMessage(response);
  return {
    rcode,
    aa: flags.aa,
    tc: flags.tc,
    answer: linesOf(answers),
    authority: linesOf(authorities),
    length: response.length,
  };
}

function linesOf(records: readonly Parameters<typeof showRecord>[0][]): string[] {
  const lines = records.map((record) =>
    showRecord({
      ...record,
      owner: foldName(record.owner),
      rdata: canonicalRdata(record.type, record.rdata),
    }),
  );
  return [...new Set(lines)].toSorted();
}

/** RCODE, AA, TC, answer and authority; of truncated responses not what is left in them. */
function isSame(a: Said, b: Said): boolean {
  if (a.rcode !== b.rcode || a.aa !== b.aa || a.tc !== b.tc) return false;
  if (a.tc) return true;
  return a.answer.join('\n') === b.answer.join('\n') && a.authority.join('\n') === b.authority.join('\n');
}

function showDisagreement({ peer, question, ours, theirs }: Disagreement): string {
  const head = `${showName(question.qname)} ${showType(question.qtype)} (EDNS ${question.edns})`;
  return `${head}\n  ours: ${showSaid(ours)}\n  ${peer}: ${showSaid(theirs)}`;
}

function showSaid({ rcode, aa, tc, answer, authority, length }: Said): string {
  const flags = `${rcode < 0 ? 'no response' : showRcode(rcode)}${aa ? ' aa' : ''}${tc ? ' tc' : ''}, ${length} octets`;
  return [flags, ...answer, ...authority.map((line) => `authority ${line}`)].join('\n    ');
}
