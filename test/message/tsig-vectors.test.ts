import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { verifyRequest } from '../../src/message/tsig.ts';
import { TsigKeyRing } from '../../src/message/tsig-key.ts';
import { parseTsig } from '../../src/message/tsig-record.ts';
import { MalformedMessageError } from '../../src/wire/errors.ts';
import { showName } from '../../src/wire/name.ts';
import { CAPTURED_REQUESTS } from '../support/captured-requests.ts';
import { tsigKey } from '../support/tsig.ts';

const KEYS = new TsigKeyRing([tsigKey('k1'), tsigKey('k5', 'hmac-md5'), tsigKey('k512', 'hmac-sha512')]);

function outcomeOf(octets: Uint8Array, nowS: number): string {
  try {
    return verifyRequest(octets, parseMessage(octets), KEYS, nowS).kind;
  } catch (error) {
    if (error instanceof MalformedMessageError) return 'malformed';
    throw error;
  }
}

function timeOf(octets: Uint8Array): number {
  const { tsig } = parseMessage(octets);
  if (tsig === undefined) throw new Error('not signed');
  return parseTsig(tsig).timeSigned;
}

describe('message/tsig: requests of real clients', () => {
  for (const { what: client, key: keyName, algorithm: word, octets } of CAPTURED_REQUESTS) {
    const timeSigned = timeOf(octets);

    it(`${client}: the signature is good`, () => {
      const outcome = verifyRequest(octets, parseMessage(octets), KEYS, timeSigned);
      if (outcome.kind !== 'good') throw new Error(outcome.kind);
      expect(showName(outcome.request.key.name)).to.equal(`${keyName}.`);
      expect(outcome.request.key.algorithm.word).to.equal(word);
      expect(outcome.request.fudge).to.equal(300);
    });

    it(`${client}: good for 300 seconds before and after, and no longer`, () => {
      for (const [skew, kind] of [
        [-301, 'refused'],
        [-300, 'good'],
        [300, 'good'],
        [301, 'refused'],
      ] as const) {
        expect(outcomeOf(octets, timeSigned + skew), `${skew} s`).to.equal(kind);
      }
    });

    it(`${client}: not good with any bit of any octet changed, but the ID and the case of names in the TSIG`, () => {
      const record = parseMessage(octets).tsig;
      const at = record?.offset ?? 0;
      const { keyName: key, algorithmName } = parseTsig(record ?? expect.fail('not signed'));
      const isLetter = (i: number) => /[a-z]/i.test(String.fromCharCode(octets[i] ?? 0));
      const isOfName = (i: number) =>
        (i >= at && i < at + key.length) ||
        (i >= at + key.length + 10 && i < at + key.length + 10 + algorithmName.length);
      for (let i = 0; i < octets.length; i++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = octets.slice();
          changed[i] = (octets[i] ?? 0) ^ (1 << bit);
          const isSame = i < 2 || (bit === 5 && isOfName(i) && isLetter(i));
          const outcome = outcomeOf(changed, timeSigned);
          if (isSame !== (outcome === 'good')) expect.fail(`octet ${i} bit ${bit}: ${outcome}`);
        }
      }
    });
  }
});
