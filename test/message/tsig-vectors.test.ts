import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { verifyRequest } from '../../src/message/tsig.ts';
import type { TsigAlgorithmWord } from '../../src/message/tsig-algorithm.ts';
import { TsigKeyRing } from '../../src/message/tsig-key.ts';
import { parseTsig } from '../../src/message/tsig-record.ts';
import { MalformedMessageError } from '../../src/wire/errors.ts';
import { showName } from '../../src/wire/name.ts';
import { tsigKey } from '../support/tsig.ts';

/** Requests that real clients sent to BIND 9.18, which found their signatures good. */
const VECTORS: readonly (readonly [client: string, key: string, word: TsigAlgorithmWord, hex: string])[] = [
  [
    'nsupdate: a prerequisite and four kinds of update',
    'k1',
    'hmac-sha256',
    `437a28000001000100040001076578616d706c6503636f6d000006000103777777c00c000100ff000000000000c01d000100fe00
     0000000004c0000201036f6c64c00c000100ff00000000000004676f6e65c00c00ff00ff000000000000c01d000100010000003c
     0004c0000202026b310000fa00ff00000000003d0b686d61632d7368613235360000006b0379b5012c0020affd486228fc1f23f3
     b4a5c0a1929fc5ce7515d86b03523f18d51178817d7551437a00000000`,
  ],
  [
    'knsupdate: the same, compressed otherwise',
    'k1',
    'hmac-sha256',
    `637e28000001000100040001076578616d706c6503636f6d000006000103777777c00c000100ff000000000000c01d000100fe00
     0000000004c0000201036f6c64c00c000100ff00000000000004676f6e65c00c00ff00ff00000000000003777777c00c00010001
     0000003c0004c0000202026b310000fa00ff00000000003d0b686d61632d7368613235360000006b0379b5012c00205b1553bcbb
     2c1f98766ddf8cea8e06c83662e96d9e14da87caff16e5bcb9a72e637e00000000`,
  ],
  [
    'nsupdate: hmac-md5',
    'k5',
    'hmac-md5',
    `896f28000001000000040001076578616d706c6503636f6d000006000104686f6d65c00c000100ff000000000000c01d00010001
     0000003c0004c0000209c01d001c00ff000000000000c01d001c00010000003c001020010db8000000000000000000000009026b
     350000fa00ff00000000003a08686d61632d6d6435077369672d616c670372656703696e740000006b037f08012c0010ebe63d9f
     8ab47f55e745caafe852f2e5896f00000000`,
  ],
  [
    'nsupdate: hmac-sha512, nothing compressed',
    'k512',
    'hmac-sha512',
    `a45f28000001000000010001076578616d706c6503636f6d00000600010f5f61636d652d6368616c6c656e676503777777076578
     616d706c6503636f6d00001000010000003c000403746f6b046b3531320000fa00ff00000000005d0b686d61632d736861353132
     0000006b037f08012c0040946531146a341577156709e388bf1ce8c75fd691fdd28c01bd1a7c0a30b878ceba4133d643402f1aed
     4f334fe4c6f721df77c8344761ba256ed512296cfb83a0a45f00000000`,
  ],
  [
    'Kea: an Original ID that is not the ID',
    'k1',
    'hmac-sha256',
    `626728000001000100020001076578616d706c6503636f6d0000060001066c6170746f70c00c00ff00fe000000000000c01d0001
     000100000e100004c0000232c01d0031000100000e100023000001aabbccddeeff00112233445566778899aabbccddeeff001122
     33445566778899026b310000fa00ff00000000003d0b686d61632d7368613235360000006b03819a012c0020886289c8cbc07be7
     8348931e8104646247b2331dc1faca4dc1184c39f037ca08f0df00000000`,
  ],
  [
    'Kea: three prerequisites, delete a name',
    'k1',
    'hmac-sha256',
    `562428000001000300010001076578616d706c6503636f6d0000060001066c6170746f70c00c00310001000000000023000001aa
     bbccddeeff00112233445566778899aabbccddeeff00112233445566778899c01d000100fe000000000000c01d001c00fe000000
     000000c01d00ff00ff000000000000026b310000fa00ff00000000003d0b686d61632d7368613235360000006b03819f012c0020
     224332332d2a8f573d533258a508467587bb182ba23f0b44cd2ec551dec3936ec09a00000000`,
  ],
  [
    'ansible: prerequisites only',
    'k1',
    'hmac-sha256',
    `d15428000001000200000001076578616d706c6503636f6d000006000103777777c00c000100ff000000000000c01d0001000100
     0000000004c0000201026b310000fa00ff00000000003d0b686d61632d7368613235360000006b037f0a012c00200f3c0d0e9cb9
     d304609dd093f87eb4b98a07c5d27aeb9bff171eebb0d6c50264d15400000000`,
  ],
];

const KEYS = new TsigKeyRing([tsigKey('k1'), tsigKey('k5', 'hmac-md5'), tsigKey('k512', 'hmac-sha512')]);

function octetsOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

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
  for (const [client, keyName, word, hex] of VECTORS) {
    const octets = octetsOf(hex);
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
