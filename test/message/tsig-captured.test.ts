import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { verifyRequest } from '../../src/message/tsig.ts';
import { TSIG_ALGORITHM_WORDS, type TsigAlgorithmWord } from '../../src/message/tsig-algorithm.ts';
import { TsigKeyRing } from '../../src/message/tsig-key.ts';
import { parseTsig, type Tsig } from '../../src/message/tsig-record.ts';
import { type ReplyOutcome, TsigReplyVerifier } from '../../src/message/tsig-reply.ts';
import { TsigError } from '../../src/wire/iana.ts';
import { tsigKey } from '../support/tsig.ts';

/** What a client and BIND 9.18 said to each other. The server has a key ALGORITHM.k for each algorithm. */
interface Captured {
  readonly what: string;
  /** The client's key. */
  readonly key: string;
  readonly word: TsigAlgorithmWord;
  /** The client's secret, where it is not that of the other tests; base64. */
  readonly secret?: string;
  readonly request: string;
  readonly replies: readonly string[];
  /** What the last reply is to the client. */
  readonly outcome: ReplyOutcome;
  /** What the request is to the server. */
  readonly error: keyof typeof TsigError | undefined;
}

const CAPTURED: readonly Captured[] = [
  {
    what: 'dig -y hmac-sha256',
    key: 'hmac-sha256.k',
    word: 'hmac-sha256',
    request: `412801200001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     003d0b686d61632d7368613235360000006b03ad91012c0020e231c12dea2f38ecf8e01e99ce1dcc7016a2807b339f975822
     352ea5e306d8a2412800000000`,
    replies: [
      `412885000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350b686d61632d73
     6861323536016b0000fa00ff00000000003d0b686d61632d7368613235360000006b03ad91012c00207a27aef767deafd363
     a3096ef0cee0f1546a25ba031f482863d7ade2323a0efd412800000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha384',
    key: 'hmac-sha384.k',
    word: 'hmac-sha384',
    request: `414b01200001000000000001026e730161047465737400000100010b686d61632d736861333834016b0000fa00ff00000000
     004d0b686d61632d7368613338340000006b03ad91012c00302ce48987dce031fd3ceee300bfe801d834d4b4f06dd4847c83
     56ba48aa2035a2f1c4cab5aa45ec9e249cf0cf70df0b0c414b00000000`,
    replies: [
      `414b85000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350b686d61632d73
     6861333834016b0000fa00ff00000000004d0b686d61632d7368613338340000006b03ad91012c00306dfc6b37fcc01dfbe6
     99b3f3f546d00ac0ce2d002c135e62a08004f02fccf6fe5d53a0f2c8d34aab489fcae8f251cbcc414b00000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha512',
    key: 'hmac-sha512.k',
    word: 'hmac-sha512',
    request: `94a801200001000000000001026e730161047465737400000100010b686d61632d736861353132016b0000fa00ff00000000
     005d0b686d61632d7368613531320000006b03ad91012c0040582c41934bf6f8fe2e7e6e3dae1776915a0c28f5cdd62e6e49
     a3f77541d54787b592679615224b826a8efcec2f2d6ac2adbdb456e549d0a8134e575285a29a4b94a800000000`,
    replies: [
      `94a885000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350b686d61632d73
     6861353132016b0000fa00ff00000000005d0b686d61632d7368613531320000006b03ad91012c0040588bdd6e937a747f19
     39c836fcc46c2f44f0954617c4301f20b217fe74d8786605e00f48e96b3eb79efbc667321237e4d6be83bbf558f1b1fe2430
     1bf989bb9294a800000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha224',
    key: 'hmac-sha224.k',
    word: 'hmac-sha224',
    request: `abdf01200001000000000001026e730161047465737400000100010b686d61632d736861323234016b0000fa00ff00000000
     00390b686d61632d7368613232340000006b03ad91012c001c08a423f05dd3837c734d26298b11e9040f2984b57ce546a925
     5c8edcabdf00000000`,
    replies: [
      `abdf85000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350b686d61632d73
     6861323234016b0000fa00ff0000000000390b686d61632d7368613232340000006b03ad91012c001c60634ff67db32a261d
     b9ad5b64424d0a21a524a2c707fcdb6f3fc4c4abdf00000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha256-128',
    key: 'hmac-sha256-128.k',
    word: 'hmac-sha256-128',
    request: `529c01200001000000000001026e730161047465737400000100010f686d61632d7368613235362d313238016b0000fa00ff
     00000000002d0b686d61632d7368613235360000006b03ad91012c00105bdaf9375594a72ff17bd267f41fdef2529c000000
     00`,
    replies: [
      `529c85000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350f686d61632d73
     68613235362d313238016b0000fa00ff00000000002d0b686d61632d7368613235360000006b03ad91012c0010afe4198626
     8bc462db6dad75af902077529c00000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha384-192',
    key: 'hmac-sha384-192.k',
    word: 'hmac-sha384-192',
    request: `3cec01200001000000000001026e730161047465737400000100010f686d61632d7368613338342d313932016b0000fa00ff
     0000000000350b686d61632d7368613338340000006b03ad91012c0018778c019aecefbfb57086dd31b3d42dd169f0775364
     734c263cec00000000`,
    replies: [
      `3cec85000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350f686d61632d73
     68613338342d313932016b0000fa00ff0000000000350b686d61632d7368613338340000006b03ad91012c0018d83108cf7d
     b3531f894e6253f79c42a45eabe4a3bc1f5cf73cec00000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha512-256',
    key: 'hmac-sha512-256.k',
    word: 'hmac-sha512-256',
    request: `e92601200001000000000001026e730161047465737400000100010f686d61632d7368613531322d323536016b0000fa00ff
     00000000003d0b686d61632d7368613531320000006b03ad91012c0020dc6891b7b2b3bf44b53899f66dfe545729244eab5a
     8319164049755d07a49533e92600000000`,
    replies: [
      `e92685000001000100000001026e73016104746573740000010001c00c000100010000003c0004c00002350f686d61632d73
     68613531322d323536016b0000fa00ff00000000003d0b686d61632d7368613531320000006b03ad91012c0020e30febc113
     0d7417bfa453fb84b41d31d77561e61b93e7c3c242190db7516f79e92600000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-sha1',
    key: 'hmac-sha1.k',
    word: 'hmac-sha1',
    request: `34e201200001000000000001026e7301610474657374000001000109686d61632d73686131016b0000fa00ff00000000002f
     09686d61632d736861310000006b03ad91012c001409e2d40487d4c7201a42c7b039c1f8aa2cd2f4f334e200000000`,
    replies: [
      `34e285000001000100000001026e73016104746573740000010001c00c000100010000003c0004c000023509686d61632d73
     686131016b0000fa00ff00000000002f09686d61632d736861310000006b03ad91012c00145c23143f6a0162ab50308b2b11
     edebe9bb705ecf34e200000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig -y hmac-md5',
    key: 'hmac-md5.k',
    word: 'hmac-md5',
    request: `533801200001000000000001026e7301610474657374000001000108686d61632d6d6435016b0000fa00ff00000000003a08
     686d61632d6d6435077369672d616c670372656703696e740000006b03ad91012c0010bf8c596108dc4081efd6498ade9bae
     cf533800000000`,
    replies: [
      `533885000001000100000001026e73016104746573740000010001c00c000100010000003c0004c000023508686d61632d6d
     6435016b0000fa00ff00000000003a08686d61632d6d6435077369672d616c670372656703696e740000006b03ad91012c00
     106327ae0a24494eb05ba262d05f902177533800000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
  {
    what: 'dig with a key that named does not know',
    key: 'who.k',
    word: 'hmac-sha256',
    request: `ed6901200001000000000001026e730161047465737400000100010377686f016b0000fa00ff00000000003d0b686d61632d
     7368613235360000006b03ad91012c0020c22988bdf1869d65bfcb5944f5e7c8688cc0763a2f9eabe7b6eda0401f3df3f9ed
     6900000000`,
    replies: [
      `ed6981090001000000000001026e730161047465737400000100010377686f016b0000fa00ff00000000001d0b686d61632d
     7368613235360000006b03ad91012c0000ed6900110000`,
    ],
    outcome: { kind: 'refused', error: 17, isSigned: false, serverTime: undefined },
    error: 'BADKEY',
  },
  {
    what: 'dig with another secret',
    key: 'hmac-sha256.k',
    word: 'hmac-sha256',
    secret: 'AAAAAAAAAAAAAAAAAAAAAA==',
    request: `71fe01200001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     003d0b686d61632d7368613235360000006b03ad91012c00200af8115e3c38d8da43ee5d71a9821ef1aaf881b5c9d5622eeb
     1b9f60eb020dc071fe00000000`,
    replies: [
      `71fe81090001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     001d0b686d61632d7368613235360000006b03ad91012c000071fe00100000`,
    ],
    outcome: { kind: 'refused', error: 16, isSigned: false, serverTime: undefined },
    error: 'BADSIG',
  },
  {
    what: 'dig with a MAC cut short',
    key: 'hmac-sha256.k',
    word: 'hmac-sha256-128',
    request: `aa1101200001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     002d0b686d61632d7368613235360000006b03ad91012c0010964a1de0f519ca6e24c4bb923eb0edd3aa1100000000`,
    replies: [
      `aa1181090001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     003d0b686d61632d7368613235360000006b03ad91012c0020fbcc1f720178e0b3a02a32ae17fa5235b98bdc06d3254afb6e
     0b94b11f4af3e5aa1100160000`,
    ],
    outcome: { kind: 'refused', error: 22, isSigned: true, serverTime: undefined },
    error: 'BADTRUNC',
  },
  {
    what: 'a request signed 1000 seconds too early',
    key: 'hmac-sha256.k',
    word: 'hmac-sha256',
    request: `000a00000001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     003d0b686d61632d7368613235360000006b03a9a9012c0020d194b7c5e3d8362e0a6afecdaab08e85cf1abaf7140e26d9b0
     da282456bf3765000a00000000`,
    replies: [
      `000a80090001000000000001026e730161047465737400000100010b686d61632d736861323536016b0000fa00ff00000000
     00430b686d61632d7368613235360000006b03a9a9012c00202eb905a88e39eaf2442c3cdafd4aa234ce36a87b38c0ab44d7
     9023cacf1a4ae3000a0012000600006b03ad91`,
    ],
    outcome: { kind: 'refused', error: 18, isSigned: true, serverTime: 1795403153 },
    error: 'BADTIME',
  },
  {
    what: 'dig AXFR, one record in each message',
    key: 'hmac-sha256.k',
    word: 'hmac-sha256',
    request: `587500200001000000000001016104746573740000fc00010b686d61632d736861323536016b0000fa00ff00000000003d0b
     686d61632d7368613235360000006b03ad91012c002073cdb14f8b8bef75d0772551952b103935e944b490275ec9a4313bae
     07abc737587500000000`,
    replies: [
      `587584000001000100000001016104746573740000fc0001c00c000600010000003c001d026e73c00c0168c00c0000000700
     0000010000000100000001000000010b686d61632d736861323536016b0000fa00ff00000000003d0b686d61632d73686132
     35360000006b03ad91012c002075dcffe1a15f5ca0a820028d087bebf9ad1cbe41a55325f6c95497e0bb2d98f85875000000
     00`,
      `5875840000000001000000010161047465737400000200010000003c0005026e73c00c0b686d61632d736861323536016b00
     00fa00ff00000000003d0b686d61632d7368613235360000006b03ad91012c00202b09156fb48967c6c925d3fb3d58e4dbdc
     b43588ccf931ba96f40b80a0d866d8587500000000`,
      `587584000000000100000001026e730161047465737400000100010000003c0004c00002350b686d61632d73686132353601
     6b0000fa00ff00000000003d0b686d61632d7368613235360000006b03ad91012c002019586286ac6845a0d4a2e691310b18
     622b78f6ff970c8e13c1da2ca8d20ea4c9587500000000`,
      `5875840000000001000000010161047465737400000600010000003c001d026e73c00c0168c00c0000000700000001000000
     0100000001000000010b686d61632d736861323536016b0000fa00ff00000000003d0b686d61632d7368613235360000006b
     03ad91012c00206c8df7772391d1e8c43083e1edaaa2aeb91baf5b6d112c62eee1f6532a9ef8de587500000000`,
    ],
    outcome: { kind: 'good' },
    error: undefined,
  },
];

const RING = new TsigKeyRing(TSIG_ALGORITHM_WORDS.map((word) => tsigKey(`${word}.k`, word)));

function octetsOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

function tsigOf(octets: Uint8Array): Tsig {
  return parseTsig(parseMessage(octets).tsig ?? expect.fail('no TSIG'));
}

describe('message/tsig: what BIND answers', () => {
  for (const {
    what,
    key,
    word,
    secret,
    request: requestHex,
    replies: replyHex,
    outcome,
    error,
  } of CAPTURED) {
    const request = octetsOf(requestHex);
    const replies = replyHex.map(octetsOf);
    const [firstReply = new Uint8Array(0)] = replies;
    const clientTime = tsigOf(request).timeSigned;
    const serverTime = outcome.kind === 'refused' ? outcome.serverTime : undefined;
    const now = serverTime ?? tsigOf(firstReply).timeSigned;
    const clientKey = () => tsigKey(key, word, secret === undefined ? {} : { secret });

    it(`${what}: we verify the replies`, () => {
      const verifier = new TsigReplyVerifier(clientKey(), tsigOf(request).mac);
      const outcomes = replies.map((reply) => verifier.verify(reply, parseMessage(reply), clientTime));
      expect(outcomes.at(-1)).to.deep.equal(outcome);
      for (const earlier of outcomes.slice(0, -1)) expect(earlier).to.deep.equal({ kind: 'good' });
    });

    it(`${what}: we say of the request what BIND says, octet for octet`, () => {
      const judged = verifyRequest(request, parseMessage(request), RING, now);
      if (judged.kind !== 'good' && judged.kind !== 'refused') throw new Error(judged.kind);
      expect(judged.kind === 'refused' ? judged.error : undefined).to.equal(error && TsigError[error]);
      const signer = judged.kind === 'good' ? judged.request.reply() : judged.reply;
      const ours = replies.map((reply) => {
        const at = parseMessage(reply).tsig?.offset ?? 0;
        const plain = reply.slice(0, at);
        plain[11] = (plain[11] ?? 0) - 1; // ARCOUNT as it was before BIND signed
        return signer.sign(plain, serverTime ?? tsigOf(reply).timeSigned);
      });
      expect(ours.map(hexOf)).to.deep.equal(replies.map(hexOf));
    });
  }
});

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
