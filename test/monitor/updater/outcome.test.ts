import { expect } from 'chai';
import { ExchangeError, type ExchangeFailure } from '../../../src/client/errors.ts';
import { composeExtendedError } from '../../../src/message/edns.ts';
import { makeQuery } from '../../../src/message/message.ts';
import { judgeFailure, judgeReply } from '../../../src/monitor/updater/outcome.ts';
import { EDNS } from '../../../src/monitor/updater/update-message.ts';
import { Rcode, RRClass, RRType } from '../../../src/wire/iana.ts';
import { name } from '../../support/rr.ts';
import { tsigKey } from '../../support/tsig.ts';

const SERVER = { address: '192.0.2.53', port: 53 };
const APEX = name('example.test');

function judged(rcode: number, why?: string) {
  const options = why === undefined ? [] : [composeExtendedError({ infoCode: 18, extraText: why })];
  const question = { name: APEX, type: RRType.SOA, class: RRClass.IN };
  const reply = makeQuery(1, question, { opcode: 5, rcode, edns: { ...EDNS, options } });
  return judgeReply(reply, SERVER, APEX, tsigKey('mon.'), undefined);
}

describe('monitor/updater/outcome', () => {
  for (const [rcode, kind, said] of [
    [Rcode.NOERROR, 'done', undefined],
    [Rcode.NXRRSET, 'stale', undefined],
    [Rcode.YXRRSET, 'stale', undefined],
    [Rcode.YXDOMAIN, 'stale', undefined],
    [Rcode.NXDOMAIN, 'stale', undefined],
    [Rcode.SERVFAIL, 'trouble', /SERVFAIL$/],
    [Rcode.REFUSED, 'refused', /may key mon\. change these records there\?.*allow-update.*acl.*TSIG-ALLOW/],
    [Rcode.NOTAUTH, 'refused', /is it the primary of the zone, and may key mon\. change/],
    [Rcode.NOTIMP, 'refused', /takes no dynamic updates/],
    [Rcode.NOTZONE, 'refused', /not in that zone/],
    [Rcode.FORMERR, 'refused', /RFC 2136 and EDNS/],
    [11, 'refused', /no answer to an update/],
  ] as const) {
    it(`RCODE ${rcode} is ${kind}`, () => {
      const verdict = judged(rcode);
      expect(verdict.kind).to.equal(kind);
      if (said === undefined) return;
      expect('reason' in verdict ? verdict.reason : '')
        .to.match(said)
        .and.contain('192.0.2.53:53');
    });
  }

  it("says the server's own reason where there is one", () => {
    const verdict = judged(Rcode.REFUSED, 'key mon. may not');
    expect('reason' in verdict ? verdict.reason : '').to.equal(
      '192.0.2.53:53 answers the update of example.test. with REFUSED: key mon. may not',
    );
  });

  const failures: readonly (readonly [ExchangeFailure, string, boolean | undefined])[] = [
    ['timeout', 'trouble', false],
    ['unreachable', 'trouble', false],
    ['malformed', 'trouble', false],
    ['busy', 'trouble', true],
    ['signature', 'refused', undefined],
    ['aborted', 'closed', undefined],
  ];
  for (const [failure, kind, wasHeard] of failures) {
    it(`without a reply: ${failure} is ${kind}`, () => {
      const verdict = judgeFailure(new ExchangeError(failure, 'why'));
      expect(verdict.kind).to.equal(kind);
      if (wasHeard !== undefined) expect(verdict).to.include({ wasHeard });
    });
  }

  it('keeps the seconds of BADTIME, and throws on what is a fault of ours', () => {
    const late = new ExchangeError('signature', 'BADTIME', { skewS: -7 });
    expect(judgeFailure(late)).to.include({ skewS: -7, scope: 'zone' });
    const denied = new ExchangeError('signature', 'BADKEY');
    expect(judgeFailure(denied), 'Knot: no acl for these records').to.include({ scope: 'records' });
    const fault = new TypeError('fault');
    expect(() => judgeFailure(fault)).to.throw(fault);
  });
});
