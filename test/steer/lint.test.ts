import { expect } from 'chai';
import fc from 'fast-check';
import { type LintContext, lintSteering } from '../../src/steer/lint.ts';
import { LintGeo } from '../../src/steer/lint-geo.ts';
import { showLine } from '../../src/zone/steering-owner.ts';
import { tablesOf } from '../support/geo.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { NOW_SECONDS } from '../support/updating.ts';

const GEO = new LintGeo(
  tablesOf({
    'networks.csv': `prefix,latitude,longitude,country,continent,asn,isp,note
192.0.2.0/24,39.90,116.40,CN,AS,64496,China_Unicom,Beijing
198.51.100.0/24,50.11,8.68,DE,EU,64499,,Frankfurt
203.0.113.0/25,,,RU,EU,,,Russia
203.0.113.128/25,,,DE,EU,,,Germany
`,
  }),
);
const COUNTRIES_ALONE = new LintGeo(
  tablesOf({ 'networks.csv': 'prefix,country\n192.0.2.0/24,CN\n198.51.100.0/24,DE\n' }),
);

/** Findings as `rule 'word': message` for www with these records, and lines at `_steer.www`. */
function found(records: string, lines: readonly string[], more: Partial<LintContext> = {}): string[] {
  const text = [
    ...records.split(', ').map((record) => `www ${record}`),
    ...lines.map((line) => `_steer.www TXT "${line}"`),
  ].join('\n');
  const zone = memoryZone('example.test', text);
  const context = { nowSeconds: NOW_SECONDS, geo: () => undefined, liveSecondaries: [], ...more };
  return [...lintSteering(zone, zone.owners(), context)].map(({ rule, rdata, word = 0, message }) => {
    const words = rdata === undefined ? [] : showLine(rdata).split(/ +/);
    return `${rule} '${words[word - 1] ?? ''}': ${message}`;
  });
}

/** The rules alone. */
function rules(...how: Parameters<typeof found>): string[] {
  return found(...how).map((text) => text.split(' ')[0] ?? '');
}

const THREE = 'A 192.0.2.1, A 192.0.2.2, A 198.51.100.1';

describe('steer/lint', () => {
  it('finds nothing in the example of STEERING.md', () => {
    const lines = [
      'rank=isp,distance within=150 order=weighted need=2 min=1 ttl=15..120',
      '192.0.2.1  at=39.90,116.40 isp=China_Unicom weight=3',
      '192.0.2.2  at=34.26,108.95',
      '198.51.100.1 backup',
      '192.0.2.2 down by=mon-bj. since=2026-11-22T09:58:41Z reason=timeout',
    ];
    expect(found(THREE, lines, { geo: () => GEO })).to.deep.equal([]);
    expect(found(THREE, lines)).to.deep.equal([]);
  });

  it('leaves lines alone that cannot be read: an error tells of them', () => {
    expect(found('A 192.0.2.1', ['order=rotate', '192.0.2.9 wieght=2'])).to.deep.equal([]);
    expect(found('A 192.0.2.1', ['192.0.2.9 weight=2'])).to.deep.equal([]);
  });

  it('does not ask for geography data that no rule needs', () => {
    const geo = () => {
      throw new Error('asked');
    };
    expect(rules(THREE, ['rank=country order=rotate', '192.0.2.1 country=CN'], { geo })).to.deep.equal([]);
  });

  it('whatever is said: findings are about words that are there, in one line without a full stop', () => {
    const policyWord = fc.constantFrom(
      ...'rank=isp,distance rank=country,net rank=distance within=5 order=sticky order=weighted take=2 need=5 min=0 min=100% ttl=60 settle=5 prefix=24/56'.split(
        ' ',
      ),
    );
    const memberWord = fc.constantFrom(
      ...'backup at=1,2 at=2,1 weight=0 weight=5 isp=x,y asn=5 country=UK continent=AS net=192.0.2.0/24 bias=9'.split(
        ' ',
      ),
    );
    const member = fc.constantFrom('192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', 'a.example.');
    const records = fc.uniqueArray(
      fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'A 198.51.100.1', 'AAAA 2001:db8::1', 'TXT x'),
      { minLength: 1 },
    );
    const memberLine = fc.tuple(member, fc.uniqueArray(memberWord, { maxLength: 4 }));
    const lines = fc.tuple(fc.uniqueArray(policyWord, { minLength: 1, maxLength: 4 }), fc.array(memberLine));
    fc.assert(
      fc.property(records, lines, fc.boolean(), (owned, [policy, members], isKnown) => {
        const texts = [policy.join(' '), ...members.map(([first, words]) => [first, ...words].join(' '))];
        for (const text of found(owned.join(', '), texts, { geo: () => (isKnown ? GEO : undefined) })) {
          expect(text).to.match(/^[a-z-]+ '[^']+': [^\n]*[^.\n]$|^nothing-to-steer ''/);
        }
      }),
    );
  });

  describe('member-without-record', () => {
    it('names member lines and verdicts without a record, and the only record that may be meant', () => {
      expect(
        found('A 192.0.2.1, A 192.0.2.2', ['need=1', '192.0.2.1 backup', '192.0.2.20 backup'])[0],
      ).to.equal(
        "member-without-record '192.0.2.20': 192.0.2.20 is not among the A, AAAA and CNAME records of www.example.test.: add the record, or remove the line; did you mean 192.0.2.2?",
      );
      const verdict = found(THREE, ['order=rotate', '192.0.2.9 down by=mon.']);
      expect(verdict).to.have.length(1);
      expect(verdict[0]).to.match(/^member-without-record '192.0.2.9'.*remove the line$/);
    });

    it('knows CNAME targets and IPv6 addresses in any spelling', () => {
      expect(rules('CNAME A.example., CNAME b.example.', ['take=1', 'a.EXAMPLE. backup'])).to.deep.equal([
        'idle-word',
      ]);
      const both = 'AAAA 2001:db8::1, AAAA 2001:db8::2';
      expect(rules(both, ['order=rotate', '2001:DB8:0::1 backup'])).to.deep.equal([]);
    });
  });

  describe('numbers', () => {
    it('single-member: said once for A and AAAA, and not with min=0', () => {
      const [said = '', ...more] = found('A 192.0.2.1, AAAA 2001:db8::1', ['order=rotate']);
      expect(said).to.contain('has 1 A record and 1 AAAA record alone');
      expect(more).to.deep.equal([]);
      expect(rules('A 192.0.2.1', ['min=0'])).to.deep.equal([]);
      expect(rules('A 192.0.2.1, A 192.0.2.2, AAAA 2001:db8::1', ['order=rotate'])).to.deep.equal([]);
    });

    it('need-too-high and min-too-high look at each RRset', () => {
      const lines = ['need=3 min=3', '192.0.2.1 backup'];
      const four = `${THREE}, A 192.0.2.4, AAAA 2001:db8::1, AAAA 2001:db8::2`;
      expect(found(four, lines)).to.deep.equal([
        "need-too-high 'need=3': 'need=3' is more than the 2 AAAA records: every tier is always taken, backups too; need at most 2",
        "min-too-high 'min=3': 'min=3' is more than the 2 AAAA records: as soon as one is judged down, all are answered again, so that no verdict has any effect; ask for fewer than 2",
      ]);
    });

    it('a share is too high when it rounds up to all', () => {
      expect(rules(THREE, ['min=67%'])).to.deep.equal(['min-too-high']);
      expect(rules(THREE, ['min=66%'])).to.deep.equal([]);
    });

    it('low-ttl-too-long from the time on that a monitor needs', () => {
      expect(rules(THREE, ['ttl=30..300'])).to.deep.equal(['low-ttl-too-long']);
      expect(rules(THREE, ['ttl=60'])).to.deep.equal(['low-ttl-too-long']);
      expect(rules(THREE, ['ttl=29..300'])).to.deep.equal([]);
    });
  });

  describe('places', () => {
    const distance = (...lines: string[]) => ['rank=distance', ...lines];

    it('same-place: said places, places by default, and neither of two with different other words', () => {
      const same = distance('192.0.2.1 at=1,2', '192.0.2.2 at=1.00,2.00001', '198.51.100.1 at=1,2.1');
      expect(found(THREE, same)).to.deep.equal([
        "same-place 'at=1.00,2.00001': the A members 192.0.2.1 and 192.0.2.2 are in one place (1,2): they share every tier; if they do not stand side by side, give each its at=",
      ]);
      expect(rules(THREE, distance(), { geo: () => GEO })).to.deep.equal(['same-place']);
      expect(rules(THREE, distance('192.0.2.2 backup'), { geo: () => GEO })).to.deep.equal([]);
      expect(rules(THREE, distance('192.0.2.2 bias=5'), { geo: () => GEO })).to.deep.equal([]);
      const isp = ['rank=isp,distance', '192.0.2.1 isp=China_Unicom'];
      expect(rules(THREE, isp, { geo: () => GEO })).to.deep.equal([]);
      expect(
        rules('A 192.0.2.1, AAAA 2001:db8::1', distance('192.0.2.1 at=1,2', '2001:db8::1 at=1,2')),
      ).to.deep.equal(['single-member']);
    });

    it('same-place says when the place is the centre of a country', () => {
      expect(found(THREE, distance(), { geo: () => COUNTRIES_ALONE })[0]).to.contain(
        'the centre of CN, since the geography data knows no more of them',
      );
    });

    it('far-from-address: over 2,000 km, from a country’s centre its reach more', () => {
      const far = (at: string, member = '198.51.100.1') =>
        found(`A ${member}, A 192.0.2.1`, distance(`${member} at=${at}`), { geo: () => GEO });
      expect(far('38.72,-9.14')).to.deep.equal([]); // Lisbon, 1,900 km
      expect(far('64.15,-21.94')).to.deep.equal([
        "far-from-address 'at=64.15,-21.94': 'at=64.15,-21.94' is 2378 km from 50.11,8.68, where the geography data puts its address (over 2000 km): correct it, or put the address into networks.csv",
      ]);
      expect(far('8.68,50.11')[0]).to.match(/; are latitude and longitude swapped\?$/);
      expect(far('64.15,-21.94', '203.0.113.129')).to.deep.equal([]); // within Germany's reach and 2,000 km
      expect(far('38.90,-77.04', '203.0.113.129')[0]).to.contain('from the centre of DE (');
      expect(far('35.68,139.69', '203.0.113.1')).to.deep.equal([]); // Russia has places that are near Tokyo
      expect(far('-33.87,151.21', '203.0.113.1')).to.have.length(1);
    });
  });

  describe('rank', () => {
    it('rank-in-vain: words that no member has', () => {
      for (const word of ['net', 'isp', 'asn', 'country', 'continent']) {
        expect(found(THREE, [`rank=${word}`])).to.deep.equal([
          `rank-in-vain 'rank=${word}': rank word '${word}' orders nobody: no member has ${word}=; give it to members, or remove the word`,
        ]);
      }
    });

    it('rank-in-vain: distance without any place', () => {
      const names = 'CNAME a.example., CNAME b.example.';
      expect(rules(names, ['rank=distance'])).to.deep.equal(['rank-in-vain']);
      expect(rules(names, ['rank=distance', 'a.example. at=1,2'])).to.deep.equal([]);
      expect(rules(THREE, ['rank=distance'])).to.deep.equal([]); // their addresses may be known
      const nowhere = 'AAAA 2001:db8::1, AAAA 2001:db8::2';
      expect(rules(nowhere, ['rank=distance'], { geo: () => GEO })).to.deep.equal(['rank-in-vain']);
    });

    it('rank-in-vain: geography data that knows no operators or AS numbers', () => {
      const lines = ['rank=isp,asn', '192.0.2.1 isp=unicom', '192.0.2.2 asn=64496'];
      const said = found(THREE, lines, { geo: () => COUNTRIES_ALONE });
      expect(said).to.have.length(2);
      expect(said[0]).to.contain('knows the operator of no network; configure an ISP or ASN database');
      expect(said[1]).to.contain('knows the AS number of no network');
      expect(rules(THREE, lines)).to.deep.equal([]);
    });

    it('matches-nobody: countries and operators that there are not, with what may be meant', () => {
      const lines = [
        'rank=country,isp',
        '192.0.2.1 country=UK,DE isp=china_unicon',
        '192.0.2.2 isp=CHINA_UNICOM',
      ];
      expect(found(THREE, lines, { geo: () => GEO })).to.deep.equal([
        "matches-nobody 'country=UK,DE': 'country=UK' of 192.0.2.1 matches nobody: no country has this code (ISO 3166); did you mean GB?; correct it, or remove it",
        "matches-nobody 'isp=china_unicon': 'isp=china_unicon' of 192.0.2.1 matches nobody: the geography data knows no operator of this name; correct it, or put its networks into networks.csv; did you mean 'China_Unicom'?",
      ]);
    });
  });

  describe('idle-word', () => {
    const idle = (lines: readonly string[], records = THREE) =>
      found(records, lines)
        .filter((text) => text.startsWith('idle-word'))
        .map((text) => /'(.*?)'/.exec(text)?.[1]);

    it('policy words that need another word', () => {
      expect(idle(['within=50 prefix=24/56 settle=60 need=2'])).to.deep.equal([
        'within=50',
        'prefix=24/56',
        'settle=60',
        'need=2',
      ]);
      const lines = ['rank=distance within=50 order=sticky prefix=24/56 ttl=5..50 settle=60 need=2'];
      expect(idle(lines)).to.deep.equal([]);
      expect(idle(['need=2', '192.0.2.1 backup'])).to.deep.equal([]);
      expect(idle(['take=2'], 'CNAME a.example., CNAME b.example.')).to.deep.equal(['take=2']);
    });

    it('member words that the policy does not look at, once for all members', () => {
      const words = 'at=1,2 net=192.0.2.0/24 isp=a asn=1 country=CN continent=AS bias=3 weight=2';
      const said = found(THREE, ['order=rotate', `192.0.2.1 ${words}`, '192.0.2.2 weight=5']);
      expect(said.map((text) => /: '(\w+)='/.exec(text)?.[1])).to.deep.equal(
        'net isp asn country continent at bias weight'.split(' '),
      );
      expect(said.at(-1)).to.contain(
        "'weight=' of 192.0.2.1 and 192.0.2.2 has no effect with 'order=rotate'",
      );
    });

    it('not weight=0, which counts in every order', () => {
      expect(idle(['order=fixed', '192.0.2.1 weight=0'])).to.deep.equal([]);
      expect(idle(['order=sticky', '192.0.2.1 weight=7'])).to.deep.equal([]);
    });
  });

  it('lapsed-line: words of the operator and verdicts whose time is over', () => {
    const lines = [
      'order=rotate',
      '192.0.2.1 state=up until=2026-01-01T00:00:00Z',
      '192.0.2.2 state=out until=2036-01-01T00:00:00Z',
      '192.0.2.2 down by=mon. until=2026-01-01T00:00:00Z',
    ];
    expect(found(THREE, lines)).to.deep.equal([
      "lapsed-line 'until=2026-01-01T00:00:00Z': 'state=up' of 192.0.2.1 lapsed at 2026-01-01T00:00:00Z and counts no longer: remove it, or give a later until=",
      "lapsed-line 'until=2026-01-01T00:00:00Z': the verdict of mon. on 192.0.2.2 lapsed at 2026-01-01T00:00:00Z and counts no longer: remove it",
    ]);
  });

  it('STEERING.md §9: cnames-to-live-view where a secondary gets one CNAME of several', () => {
    const two = 'CNAME a.example., CNAME b.example.';
    const liveSecondaries = ['the secondaries with key ns2.'];
    expect(rules(two, ['order=rotate'], { liveSecondaries })).to.deep.equal(['cnames-to-live-view']);
    expect(rules(two, ['order=rotate'])).to.deep.equal([]);
    expect(rules(THREE, ['order=rotate'], { liveSecondaries })).to.deep.equal([]);
  });

  it('nothing-to-steer: alone, whatever else is wrong', () => {
    expect(found('TXT x', ['need=7 within=5', '192.0.2.1 weight=3'])).to.deep.equal([
      "nothing-to-steer '': www.example.test. has no A, AAAA or CNAME record: there is nothing to steer; add the records, or correct the name before which '_steer' stands",
    ]);
  });
});
