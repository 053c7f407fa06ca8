import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { checkSteering } from '../../src/steer/check.ts';
import { lintSteering } from '../../src/steer/lint.ts';
import { LintGeo } from '../../src/steer/lint-geo.ts';
import { showName } from '../../src/wire/name.ts';
import { checkOwners, checkZone } from '../../src/zone/check.ts';
import { checkTtls } from '../../src/zone/check-ttl.ts';
import { type Finding, RULES } from '../../src/zone/finding.ts';
import { tablesOf } from '../support/geo.ts';
import { type MemoryZone, memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';
import { NOW_SECONDS } from '../support/updating.ts';

const NETWORKS = readFileSync('test/zones/broken/networks.csv', 'utf8');
const GEO = new LintGeo(tablesOf({ 'networks.csv': NETWORKS }));
const SURROUNDINGS = {
  nowSeconds: NOW_SECONDS,
  geo: () => GEO,
  liveSecondaries: ['the secondaries with key ns2.'],
};

const SOUND = `
@        SOA   ns1 hostmaster 1 7200 900 1209600 300
@        NS    ns1
ns1      A     192.0.2.53
`;

describe('zone check', () => {
  const broken = readdirSync('test/zones/broken').filter((file) => file.endsWith('.zone'));

  it('has one broken zone and one line of documentation for each rule, and no others', () => {
    const documented = [
      ...readFileSync('docs/zone-checks.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| (\w+) \|/gm),
    ];
    expect(broken.map((file) => file.replace('.zone', '')).toSorted()).to.deep.equal(
      Object.keys(RULES).toSorted(),
    );
    expect(Object.fromEntries(documented.map(([, rule, severity]) => [rule, severity]))).to.deep.equal(RULES);
  });

  for (const file of broken) {
    it(`finds what is wrong with broken/${file}, and nothing else`, () => {
      const zone = brokenZone(file);
      const rules = new Set(allFindings(zone).map(({ rule }) => rule));
      expect([...rules]).to.deep.equal([file.replace('.zone', '')]);
    });
  }

  it('finds nothing in a sound zone of cuts, glue, wildcards, aliases and redirections', () => {
    expect(
      findings(`
dept         NS    ns.dept
dept         NS    ns1
dept         DS    1 13 1 0123456789012345678901234567890123456789
ns.dept      AAAA  2001:db8::53
self         NS    self
self         A     192.0.2.54
*.wild       A     192.0.2.80
@            MX    10 mail.wild
@            MX    20 mail.example.
none         MX    0 .
_sip._udp    SRV   0 0 5060 www.dept
alias        CNAME www.nowhere
alias        RRSIG CNAME 13 3 300 20301231000000 20260101000000 1 zone.test. AAAA
alias        NSEC  zone.test. CNAME RRSIG NSEC
old          DNAME new.example.
old          A     192.0.2.81
`),
    ).to.deep.equal([]);
  });

  it('STEERING.md §9: lets a steered owner have several CNAMEs', () => {
    const cnames = 'www CNAME www1\nwww CNAME www2\n';
    expect(findings(`${cnames}_steer.www TXT "order=rotate" "ttl=15..120"`)).to.deep.equal([]);
    expect(findings(`${cnames}_steer.www TXT "www1.zone.test. weight=2"`)).to.deep.equal([
      'error several-cnames www.zone.test.',
    ]);
    expect(findings(`${cnames}_steer.www TXT ""`)).to.deep.equal(['error several-cnames www.zone.test.']);
    expect(findings(`${cnames}_steer.www AAAA 2001:db8::1`)).to.deep.equal([
      'error several-cnames www.zone.test.',
    ]);
  });

  it('RFC 2181 §6: reports what stands at a cut, below it, and below a cut below it', () => {
    expect(
      findings(`
dept         NS    ns.example.
dept         TXT   "of the child"
a.dept       A     192.0.2.1
b.dept       MX    10 ns1
c.b.dept     NS    ns.example.
d.c.b.dept   A     192.0.2.2
dept2        A     192.0.2.3
`),
    ).to.deep.equal([
      'error data-below-cut dept.zone.test.',
      'error data-below-cut b.dept.zone.test.',
      'error data-below-cut c.b.dept.zone.test.',
    ]);
  });

  it('RFC 6672 §2.3: finds data below a DNAME at the apex', () => {
    expect(findings('@ DNAME elsewhere.example.')).to.deep.equal([
      'warning target-is-alias zone.test.',
      'error data-below-dname ns1.zone.test.',
    ]);
  });

  it('tells a missing target from one that a wildcard, a cut or another zone answers for', () => {
    expect(
      findings(`
dept         NS    ns.example.
*.wild       CNAME ns1
x.ent.wild   TXT   "makes ent.wild exist"
old          DNAME new.example.
txt          TXT   "no address"
a            MX    10 any.wild
b            MX    10 ent.wild
c            MX    10 a.ent.wild
d            MX    10 mail.dept
e            MX    10 dept
f            MX    10 mail.old
g            MX    10 txt
`),
    ).to.deep.equal([
      'warning target-is-alias a.zone.test.',
      'warning target-missing b.zone.test.',
      'warning target-missing c.zone.test.',
      'warning target-is-alias f.zone.test.',
      'warning target-missing g.zone.test.',
    ]);
  });

  it('reports an apex that owns nothing', () => {
    const zone = memoryZone('zone.test', 'www A 192.0.2.1');
    expect(show(checkZone(zone))).to.deep.equal(['error no-soa zone.test.', 'error no-apex-ns zone.test.']);
    expect(show(checkOwners(zone, [zone.apex]))).to.deep.equal(show(checkZone(zone)));
  });

  it('gives each finding a message of one line without a full stop, and the severity of its rule', () => {
    for (const file of broken) {
      const zone = brokenZone(file);
      for (const { message, severity, rule } of allFindings(zone)) {
        expect(message).to.match(/^[^\n]*([^.\n]|_steer\.\S+\.)$/);
        expect(severity).to.equal(RULES[rule]);
      }
    }
  });
});

describe('zone check of changed owners', () => {
  const cases: [title: string, changed: string[], text: string, expected: string[]][] = [
    [
      'a cut that appears above data',
      ['dept'],
      'dept NS ns.example.\nwww.dept TXT "x"',
      ['data-below-cut www.dept'],
    ],
    [
      'a DNAME that appears above data',
      ['old'],
      'old DNAME a.example.\nwww.old A 192.0.2.1',
      ['data-below-dname www.old'],
    ],
    [
      'data that appears below a cut',
      ['x.dept'],
      'dept NS ns.example.\nx.dept TXT "x"',
      ['data-below-cut x.dept'],
    ],
    ['glue that has gone', ['ns.dept'], 'dept NS ns.dept\nb.dept A 192.0.2.1', ['missing-glue dept']],
    ['glue and its cut, once', ['ns.dept', 'dept'], 'dept NS ns.dept', ['missing-glue dept']],
    [
      'a policy line that has gone',
      ['_steer.www'],
      'www CNAME a.example.\nwww CNAME b.example.',
      ['several-cnames www'],
    ],
    ['a CNAME beside other data', ['www'], 'www CNAME a.example.\nwww TXT "x"', ['cname-and-other-data www']],
  ];
  for (const [title, changed, text, expected] of cases) {
    it(`finds ${title}`, () => {
      const zone = sound(text);
      const found = [
        ...checkOwners(
          zone,
          changed.map((owner) => name(`${owner}.zone.test`)),
        ),
      ];
      expect(found.map(({ rule, owner }) => `${rule} ${showName(owner)}`)).to.deep.equal(
        expected.map((line) => `${line}.zone.test.`),
      );
    });
  }

  it('finds nothing where nothing changed', () => {
    const zone = sound('www CNAME a.example.\nwww TXT "x"');
    expect([...checkOwners(zone, [name('other.zone.test')])]).to.deep.equal([]);
  });

  it('does not walk the zone', () => {
    const zone = sound(Array.from({ length: 100 }, (_, i) => `w${i} A 192.0.2.1`).join('\n'));
    const counted = { apex: zone.apex, get: zone.get.bind(zone), owners: refuse, ownersBelow: refuse };
    expect([...checkOwners(counted, [zone.apex, name('w7.zone.test')])]).to.deep.equal([]);
  });
});

/** The file's name gives the apex, as everywhere. */
function brokenZone(file: string): MemoryZone {
  return memoryZone(file.replace('.zone', ''), readFileSync(`test/zones/broken/${file}`, 'utf8'));
}

function allFindings(zone: MemoryZone): Finding[] {
  return [
    ...checkZone(zone),
    ...checkTtls(zone.records),
    ...checkSteering(zone.owners()),
    ...lintSteering(zone, zone.owners(), SURROUNDINGS),
  ];
}

function sound(text: string): MemoryZone {
  return memoryZone('zone.test', `${SOUND}${text}`);
}

function findings(text: string): string[] {
  return show(checkZone(sound(text)));
}

function show(found: Iterable<Finding>): string[] {
  return [...found].map(({ severity, rule, owner }) => `${severity} ${rule} ${showName(owner)}`);
}

function refuse(): never {
  throw new Error('a walk');
}
