// Where other servers answer otherwise and we accept it; docs/differences.md gives the reason of each.
import { Rcode, RRType } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import type { OracleQuestion } from '../support/oracle-questions.ts';

/** What of a response is compared. Records are shown in lower case, sorted, each once. */
export interface Said {
  readonly rcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  /** Octets of the whole response. */
  readonly length: number;
}

/** One question, what we said and what `peer` said; they differ. */
export interface Disagreement {
  readonly peer: string;
  readonly question: OracleQuestion;
  readonly ours: Said;
  readonly theirs: Said;
  /** The zones that both host. */
  readonly apexes: readonly string[];
}

/** One accepted difference. */
export interface Difference {
  readonly id: string;
  /** The peers that answer so. */
  readonly peers: readonly string[];
  /** Whether `disagreement` is of this kind, and nothing else differs. */
  recognises(disagreement: Disagreement): boolean;
}

/** In the order of docs/differences.md. */
export const DIFFERENCES: readonly Difference[] = [
  {
    id: 'other-zone',
    peers: ['named', 'knotd'],
    recognises: ({ question, ours, theirs, apexes }) => {
      const qname = showName(question.qname);
      const end = endOf(theirs, qname);
      const apex = apexFor(end, apexes);
      return (
        theirs.rcode === Rcode.NOERROR &&
        ours.aa === theirs.aa &&
        theirs.authority.every((line) => line.startsWith(`${apex}. `) && isReferral(line)) &&
        isPart(theirs.answer, ours) &&
        end !== qname &&
        apex !== undefined &&
        apex !== apexFor(qname, apexes)
      );
    },
  },
  {
    id: 'alias-limit',
    peers: ['named', 'knotd'],
    recognises: ({ peer, question, ours, theirs }) =>
      theirs.rcode === (peer === 'named' ? Rcode.SERVFAIL : Rcode.NOERROR) &&
      ours.aa === theirs.aa &&
      theirs.authority.length === 0 &&
      isPart(theirs.answer, ours) &&
      (aliasesIn(theirs).size >= (peer === 'named' ? BIND_ALIASES : KNOT_ALIASES) ||
        aliasesIn(theirs).has(endOf(theirs, showName(question.qname)))),
  },
  {
    id: 'ds-without-cut',
    peers: ['named', 'knotd'],
    recognises: ({ question, ours, apexes }) => {
      const qname = showName(question.qname);
      return (
        question.qtype === RRType.DS &&
        apexes.includes(qname.slice(0, -1)) &&
        ours.rcode === Rcode.NOERROR &&
        ours.aa &&
        ours.answer.length === 0 &&
        ours.authority.every((line) => line.startsWith(`${qname} `))
      );
    },
  },
  {
    id: 'glue-truncation',
    peers: ['named', 'knotd'],
    recognises: ({ ours, theirs }) =>
      ours.tc &&
      !theirs.tc &&
      ours.rcode === theirs.rcode &&
      ours.aa === theirs.aa &&
      theirs.authority.length > 0 &&
      theirs.authority.every(isReferral),
  },
  {
    id: 'any-choice',
    peers: ['named', 'knotd'],
    recognises: ({ peer, question, ours, theirs }) =>
      question.qtype === RRType.ANY &&
      ours.aa === theirs.aa &&
      ours.answer.length > 0 &&
      (theirs.answer.length > 0 ||
        (peer === 'named' && ours.answer.every((line) => /^\S+ \d+ (RRSIG|NSEC|DNSKEY) /.test(line)))),
  },
  {
    id: 'several-cnames',
    peers: ['named', 'knotd'],
    recognises: ({ question, ours, theirs }) =>
      showName(question.qname) === 'www.highperfweb.test.' &&
      ours.rcode === theirs.rcode &&
      ours.aa === theirs.aa &&
      ours.answer.filter((line) => line.startsWith('www.highperfweb.test. 60 CNAME www')).length === 1,
  },
  {
    id: 'steered-part',
    peers: ['named', 'knotd'],
    recognises: ({ question, ours, theirs }) =>
      STEERED_TO_A_PART.includes(showName(question.qname)) &&
      ours.rcode === theirs.rcode &&
      ours.aa === theirs.aa &&
      ours.answer.length > 0 &&
      isPart(ours.answer, theirs),
  },
  {
    id: 'steering-hidden',
    peers: ['named', 'knotd'],
    recognises: ({ question, ours, theirs }) =>
      showName(question.qname).startsWith('_steer.') &&
      ours.rcode === Rcode.NXDOMAIN &&
      ours.aa === theirs.aa,
  },
  {
    id: 'nsec3-owner',
    peers: ['named', 'knotd'],
    recognises: ({ question, ours, theirs }) =>
      showName(question.qname).endsWith('nsec3.example.test.') &&
      ours.rcode === Rcode.NOERROR &&
      theirs.rcode === Rcode.NXDOMAIN &&
      ours.aa === theirs.aa,
  },
];

/** Steered names of which not every member is answered, wherever it is asked from. */
const STEERED_TO_A_PART = ['shop', 'mirror', 'cart', 'wiki'].map((owner) => `${owner}.highperfweb.test.`);

/** BIND's `max-query-restarts`; older versions have 16. */
const BIND_ALIASES = 11;
/** Knot has no setting for it. */
const KNOT_ALIASES = 5;

/** CNAMEs by owner. */
function aliasesIn({ answer }: Said): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const line of answer) {
    const [, owner, target] = /^(\S+) \d+ CNAME (\S+)$/.exec(line) ?? [];
    if (owner !== undefined && target !== undefined) aliases.set(owner, target);
  }
  return aliases;
}

/** Where the aliases of an answer lead from `qname`; in a ring, to some name of the ring. */
function endOf(said: Said, qname: string): string {
  const aliases = aliasesIn(said);
  let end = qname;
  for (let i = 0; i < aliases.size; i++) end = aliases.get(end) ?? end;
  return end;
}

function isReferral(line: string): boolean {
  return /^\S+ \d+ NS /.test(line);
}

function isPart(lines: readonly string[], { answer }: Said): boolean {
  return lines.every((line) => answer.includes(line));
}

/** The nearest of `apexes` above a name. */
function apexFor(name: string, apexes: readonly string[]): string | undefined {
  return apexes.filter((apex) => `.${name}`.endsWith(`.${apex}.`)).toSorted((a, b) => b.length - a.length)[0];
}
