// Sets of zones as strange as sound zones can be, and questions near what they hold. Few labels, so that names meet.
import fc from 'fast-check';
import { showInstant } from '../../src/base/instant.ts';
import { scanType } from '../../src/rdata/table.ts';
import { type DomainName, parentName, showName } from '../../src/wire/name.ts';
import { checkZone } from '../../src/zone/check.ts';
import type { RR } from '../../src/zone/record.ts';
import { NOW_MS } from './answering.ts';
import { MemoryZone } from './memory-zone.ts';
import type { Question, ReferenceZone } from './reference-answerer.ts';
import { name, rr, showRecord } from './rr.ts';

/** Zones to host together, without errors, and questions to ask. */
export interface HostedCase {
  readonly zones: readonly ReferenceZone[];
  readonly questions: readonly Question[];
}

/** Up to four zones, nested and side by side, and some questions. */
export function hostedCases(questions = 12): fc.Arbitrary<HostedCase> {
  return randomZones().chain((zones) =>
    fc
      .array(questionNear(zones), { minLength: 1, maxLength: questions })
      .map((list) => ({ zones, questions: list })),
  );
}

/** Up to four zones that the check finds no error in. */
export function randomZones(): fc.Arbitrary<readonly ReferenceZone[]> {
  const nested = fc.subarray(['a.z.test', 'b.a.z.test', 'x.test'], { maxLength: 3 });
  return nested.chain((nestedApexes) => {
    const apexes = ['z.test', ...nestedApexes];
    return fc.tuple(...apexes.map((apex) => randomZone(apex, apexes)));
  });
}

/** One zone that the check finds no error in; it may delegate the `hosted` apexes below it. */
export function randomZone(apex: string, hosted: readonly string[] = []): fc.Arbitrary<ReferenceZone> {
  const cuts = hosted
    .filter((other) => other.endsWith(`.${apex}`))
    .flatMap((other) => delegation(other, apex));
  return fc
    .tuple(fc.array(recordsIn(apex), { minLength: 2, maxLength: 16 }), fc.subarray(cuts))
    .map(([records, delegations]) =>
      soundZone(name(apex), [...apexRecords(apex), ...delegations, ...records.flat()]),
    );
}

/** A record that may stand in a zone, by itself. */
export function recordIn(apex: string): fc.Arbitrary<RR> {
  return fc
    .tuple(ownerIn(apex), fc.constantFrom('60', '300'), data(apex))
    .map(([owner, ttl, text]) => rr(`${owner} ${ttl} ${text}`, apex));
}

/** A question about a name that is there, would be synthesized, is near, or is elsewhere. */
export function questionNear(zones: readonly ReferenceZone[]): fc.Arbitrary<Question> {
  const known = fc.constantFrom(...zones.flatMap((zone) => zone.records));
  const step = fc.constantFrom('', '', 'a', 'a.b', '*', '-', '-.c');
  const near = fc.tuple(known, step, known, qtype).map(([record, moves, other, type]) => ({
    qname: move(record.owner, moves),
    qtype: other.type % 2 === 0 ? record.type : type,
  }));
  const anywhere = fc
    .tuple(path(4), fc.constantFrom(...zones.map(({ apex }) => showName(apex)), 'z.test.', 'test.'), qtype)
    .map(([labels, apex, type]) => ({ qname: name([...labels, apex].join('.')), qtype: type }));
  return fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: anywhere });
}

/** The SOA and NS that every zone has. */
export function apexRecords(apex: string): RR[] {
  return [
    rr('@ 300 SOA ns.example. hostmaster 1 7200 900 1209600 60', apex),
    rr('@ 300 NS ns.example.', apex),
  ];
}

function delegation(apex: string, parent: string): RR[] {
  return [
    rr(`${apex}. 300 NS ns.example.`, parent),
    rr(`${apex}. 300 NS ns.${apex}.`, parent),
    rr(`ns.${apex}. 300 A 192.0.2.53`, parent),
    rr(`${apex}. 300 DS 7 13 1 0123456789012345678901234567890123456789`, parent),
  ];
}

/** What is left of a zone after the check's errors are mended by removing what they name; each record once. */
export function soundZone(apex: DomainName, records: readonly RR[]): ReferenceZone {
  let rest = [...new Map(records.map((record) => [showRecord(record), record])).values()];
  for (;;) {
    const zone = new MemoryZone(apex, rest);
    const errors = [...checkZone(zone)].filter(
      ({ severity, rule }) => severity === 'error' || UNDEFINED.has(rule),
    );
    if (errors.length === 0) return { apex, records: zone.records };
    const { owner, type, rule } = errors[0] ?? fail();
    const blamed = rest.filter(
      (record) => showName(record.owner) === showName(owner) && (type ?? record.type) === record.type,
    );
    const [kept] = rule.startsWith('several-') ? blamed : [];
    rest = rest.filter((record) => record === kept || !blamed.includes(record));
  }
}

// --- parts ---

/** RFC 4592 §4.2 and §4.4 do not say what these answer. */
const UNDEFINED: ReadonlySet<string> = new Set(['wildcard-ns', 'wildcard-dname']);

const qtype = fc.constantFrom(
  ...'A A A AAAA NS CNAME DNAME SOA MX TXT SRV DS DS ANY RRSIG NSEC HTTPS TYPE65280'
    .split(' ')
    .map((text) => scanType(text) ?? 0),
);

const label = fc.constantFrom('a', 'a', 'b', 'b', 'c', 'ns', '*');

function path(maxLength: number): fc.Arbitrary<string[]> {
  return fc.array(label, { maxLength });
}

/** One record, or a steered owner with its lines. */
function recordsIn(apex: string): fc.Arbitrary<RR[]> {
  return fc.oneof(
    { weight: 9, arbitrary: recordIn(apex).map((record) => [record]) },
    { weight: 2, arbitrary: steeredOwner(apex) },
  );
}

/** Several CNAMEs or addresses, and any lines about them. */
export function steeredOwner(apex: string): fc.Arbitrary<RR[]> {
  const cnames = fc
    .array(target(apex), { minLength: 1, maxLength: 3 })
    .map((targets) => targets.map((text) => ['CNAME', text] as const));
  const addresses = fc
    .subarray(['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1', '2001:db8::2'], { minLength: 1 })
    .map((list) => list.map((text) => [text.includes(':') ? 'AAAA' : 'A', text] as const));
  return fc.oneof(cnames, addresses).chain((members) => {
    const line = fc
      .tuple(fc.constantFrom(...members), memberWords)
      .map(([[, member], words]) => `${member} ${words}`);
    return fc.tuple(path(2), policyLine, fc.array(line, { maxLength: 5 })).map(([labels, policy, lines]) => {
      const owner = [...labels, apex].join('.');
      return [
        ...members.map(([type, text]) => rr(`${owner}. 60 ${type} ${text}`)),
        ...[policy, ...lines].map((text) => rr(`_steer.${owner}. 60 TXT "${text}"`)),
      ];
    });
  });
}

const policyLine = fc
  .tuple(
    fc.constantFrom('order=rotate', 'order=fixed'),
    fc.constantFrom('', ' take=1', ' take=2'),
    fc.constantFrom('', ' need=2', ' need=3'),
    fc.constantFrom('', '', ' min=0', ' min=2', ' min=50%'),
    fc.constantFrom('', ' ttl=15..120', ' ttl=30', ' ttl=15..120 settle=20'),
    fc.constantFrom('', '', ' quorum=2'),
  )
  .map((words) => words.join(''));

/** Long ago, a minute ago, in a minute: by the clock of `NOW_MS`. */
const untilWord = fc.constantFrom(
  '',
  '',
  ...['2020-01-01T00:00:00Z', ...[-60, 60].map(instant)].map((t) => ` until=${t}`),
);

const memberWords = fc.oneof(
  fc.constantFrom('backup', 'weight=2', 'state=out', 'state=up', 'backup state=out'),
  untilWord.map((until) => `state=out${until}`),
  fc.tuple(fc.constantFrom('mon-a.', 'mon-b.'), untilWord).map(([by, until]) => `down by=${by}${until}`),
);

function instant(seconds: number): string {
  return showInstant(NOW_MS / 1000 + seconds);
}

function ownerIn(apex: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom('', '', '', '', '', '', '_steer.'), path(3))
    .map(([steer, labels]) => `${steer}${[...labels, apex].join('.')}.`);
}

/** A name that data points to: mostly in this zone, sometimes in another, hosted or not. */
function target(apex: string): fc.Arbitrary<string> {
  const apexes = fc.constantFrom(
    apex,
    apex,
    apex,
    'z.test',
    'a.z.test',
    'b.a.z.test',
    'x.test',
    'test',
    'example',
  );
  return fc.tuple(path(2), apexes).map(([labels, base]) => `${[...labels, base].join('.')}.`);
}

function data(apex: string): fc.Arbitrary<string> {
  const host = fc.integer({ min: 1, max: 3 });
  const to = target(apex);
  return fc.oneof(
    { weight: 4, arbitrary: host.map((n) => `A 192.0.2.${n}`) },
    { weight: 2, arbitrary: host.map((n) => `AAAA 2001:db8::${n}`) },
    { weight: 3, arbitrary: to.map((text) => `CNAME ${text}`) },
    { weight: 2, arbitrary: to.map((text) => `NS ${text}`) },
    { weight: 2, arbitrary: to.map((text) => `DNAME ${text}`) },
    { weight: 1, arbitrary: to.map((text) => `MX 10 ${text}`) },
    { weight: 1, arbitrary: to.map((text) => `SRV 0 0 53 ${text}`) },
    { weight: 1, arbitrary: fc.constant('TXT "order=rotate"') },
    { weight: 1, arbitrary: host.map((n) => `DS ${n} 13 1 0123456789012345678901234567890123456789`) },
    { weight: 1, arbitrary: host.map((n) => `TYPE65280 \\# 1 0${n}`) },
  );
}

/** `-` takes off the first label, other labels are put in front. */
function move(owner: DomainName, steps: string): DomainName {
  let moved = owner;
  for (const step of steps.split('.')) {
    if (step === '-') moved = parentName(moved) ?? moved;
    else if (step !== '') moved = name(`${step}.${showName(moved)}`);
  }
  return moved;
}

function fail(): never {
  throw new Error('unreachable');
}
