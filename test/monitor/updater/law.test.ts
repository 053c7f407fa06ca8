import { expect } from 'chai';
import fc from 'fast-check';
import { type Mark, parseMark } from '../../../src/monitor/updater/marker.ts';
import type { Updater } from '../../../src/monitor/updater/updater.ts';
import { Rcode, RRType } from '../../../src/wire/iana.ts';
import { equalNames } from '../../../src/wire/name.ts';
import { rrsetOf } from '../../../src/zone/owner.ts';
import type { Mishap, ModelServer } from '../../support/model-server.ts';
import { name } from '../../support/rr.ts';
import { APEX, EDITOR, membersThere, OTHER, UpdaterRig, WWW } from '../../support/updater-rig.ts';

const MEMBERS = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
const MARKS = name('_pulled.www.example.test');
const MISHAPS: readonly Mishap[] = [
  'lose request',
  'lose reply',
  Rcode.SERVFAIL,
  Rcode.REFUSED,
  Rcode.NOTAUTH,
];
const KEYS = [EDITOR, OTHER];

type Event =
  | { readonly kind: 'want'; readonly who: number; readonly member: string; readonly wanted: 'in' | 'out' }
  | { readonly kind: 'operator deletes' | 'operator adds' | 'operator unmarks'; readonly member: string }
  | { readonly kind: 'mishap'; readonly mishap: Mishap }
  | { readonly kind: 'up' | 'down' }
  | { readonly kind: 'restart'; readonly who: number }
  | { readonly kind: 'pass'; readonly ms: number };

// Mostly the same one, so that the events meet.
const member = fc.constantFrom(...MEMBERS, ...Array.from({ length: 8 }, () => '192.0.2.1'));
const who = fc.constantFrom(0, 0, 0, 1);
const wantEvent: fc.Arbitrary<Event> = fc.record({
  kind: fc.constant('want'),
  who,
  member,
  wanted: fc.constantFrom('in', 'out'),
});
const passEvent: fc.Arbitrary<Event> = fc.record({
  kind: fc.constant('pass'),
  ms: fc.constantFrom(0, 0, 0, 250, 1000, 31_000),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: wantEvent },
  { weight: 5, arbitrary: passEvent },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('operator deletes', 'operator adds', 'operator unmarks'),
      member,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('mishap'), mishap: fc.constantFrom(...MISHAPS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('up', 'down') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), who }) },
);

describe('monitor/updater, whatever happens', function () {
  this.timeout(60_000);

  it('two monitors and an operator: nothing is added without a mark of the same key, one stays, all converges', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 40, size: 'max' }), async (events) => {
        await new Story().play(events);
      }),
      { numRuns: 40 },
    );
  });
});

/** One run of events against one server. */
class Story {
  readonly #rig = new UpdaterRig(MEMBERS.map((address) => `www 60 A ${address}`).join('\n'));
  readonly #updaters: (Updater | undefined)[] = [];
  readonly #wants = KEYS.map(() => new Map<string, 'in' | 'out'>());

  get #server(): ModelServer {
    return this.#rig.server;
  }

  get #marks(): readonly Mark[] {
    const texts = rrsetOf(this.#server.zone.get(MARKS), RRType.TXT)?.rdatas ?? [];
    return texts.flatMap((rdata) => parseMark(rdata) ?? []);
  }

  async play(events: readonly Event[]): Promise<void> {
    const broken: string[] = [];
    this.#server.onUpdate = (by, { removed, added }) => {
      const before = membersThere(this.#server).length;
      const pulled = removed.filter(({ type }) => type === RRType.A);
      const restored = added.filter(({ type }) => type === RRType.A);
      for (const { rdata } of restored) {
        const address = rdata.join('.');
        const isOwn = this.#marks.some((mark) => mark.member === address && by && equalNames(mark.by, by));
        if (!isOwn) broken.push(`adds ${address}, which it has not pulled, or not any more`);
      }
      const left = before - pulled.length + restored.length;
      if (pulled.length > 0 && left < 1) broken.push(`leaves ${left}`);
    };
    for (const i of KEYS.keys()) this.#start(i);
    try {
      for (const happening of events) await this.#happen(happening);
      this.#server.isUp = true;
      this.#server.mishaps.length = 0;
      await this.#rig.pass(200_000);
      expect(broken).to.deep.equal([]);
      this.#expectConverged();
      const { length } = this.#server.updates;
      await this.#rig.pass(70_000);
      expect(this.#server.updates, 'it comes to rest').to.have.length(length);
    } finally {
      await this.#rig.close();
    }
  }

  async #happen(happening: Event): Promise<void> {
    switch (happening.kind) {
      case 'want':
        this.#wants[happening.who]?.set(happening.member, happening.wanted);
        this.#updaters[happening.who]?.want(APEX, WWW, happening.member, happening.wanted, 'test');
        break;
      case 'operator deletes':
        if (membersThere(this.#server).includes(happening.member)) {
          this.#server.change(`- www 60 A ${happening.member}`);
        }
        break;
      case 'operator adds':
        if (!membersThere(this.#server).includes(happening.member)) {
          this.#server.change(`+ www 60 A ${happening.member}`);
        }
        break;
      case 'operator unmarks':
        for (const line of this.#server.at(MARKS)) {
          if (!line.includes(`"${happening.member} `)) continue;
          this.#server.change(`- ${line}`);
        }
        break;
      case 'mishap':
        this.#server.mishaps.push(happening.mishap);
        break;
      case 'up':
      case 'down':
        this.#server.isUp = happening.kind === 'up';
        break;
      case 'restart':
        await this.#updaters[happening.who]?.close();
        this.#start(happening.who);
        break;
      case 'pass':
        await this.#rig.pass(happening.ms);
        break;
      default:
        happening satisfies never;
    }
  }

  #start(i: number): void {
    const updater = this.#rig.start(KEYS[i], MEMBERS);
    this.#updaters[i] = updater;
    for (const [text, wanted] of this.#wants[i] ?? []) updater.want(APEX, WWW, text, wanted, 'test');
  }

  #expectConverged(): void {
    const there = membersThere(this.#server);
    KEYS.forEach((key, i) => {
      for (const [text, wanted] of this.#wants[i] ?? []) {
        const isMarked = this.#marks.some(({ member: of, by }) => of === text && equalNames(by, key.name));
        if (wanted === 'in') expect(isMarked, `${key} has put ${text} back`).to.equal(false);
        else if (there.length > 1) expect(there, `${key} has pulled it`).to.not.include(text);
      }
    });
  }
}
