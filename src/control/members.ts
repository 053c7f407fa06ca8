import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { showInstant } from '../base/instant.ts';
import { describeMembers, type MembersReport } from '../steer/members-report.ts';
import { expectSteered, OperatorWordError, speakOperatorWord } from '../steer/operator-word.ts';
import type { CommitQueue } from '../store/commit-queue.ts';
import { PresentationError } from '../wire/errors.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, foldName, scanFullName, showName } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import { serialOf } from '../zone/serial.ts';
import { showLine } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import type { MemberRequest, MemberSaid } from './protocol.ts';

/** What the operator's word needs of the rest of the program. */
export interface MembersOptions {
  readonly queue: Pick<CommitQueue, 'submit'>;
  /** The apex of the deepest zone served here that holds a name. */
  zoneAbove(name: DomainName): DomainName | undefined;
  view(apex: DomainName): ZoneView;
  /** Why nobody may change the zone here; `undefined` where it is ours to change. */
  foreign?(apex: DomainName): string | undefined;
  /** Resolves when every query thread answers with what is committed. */
  published(): Promise<void>;
  readonly effects: Effects;
}

/** The members of steered owners, as `waypost member` asks about them and speaks of them. */
export class Members {
  readonly #options: MembersOptions;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** How the members of an owner stand now. Throws {@link OperatorWordError}. */
  list(name: string): MembersReport {
    const { owner, apex } = this.#find(name);
    const view = this.#options.view(apex);
    const at = expectSteered(view, owner);
    const texts = (rrsetOf(view.get(at), RRType.TXT)?.rdatas ?? []).map(showLine);
    return describeMembers(view.get(owner), owner, texts, this.#nowSeconds());
  }

  /**
   * Puts the operator's word into the zone. Resolves when every answer is as it says. Throws {@link OperatorWordError}
   * and what the queue throws.
   */
  async say(request: MemberRequest): Promise<MemberSaid> {
    const { queue, effects, foreign, published } = this.#options;
    const { owner, apex } = this.#find(request.name);
    const why = foreign?.(apex);
    if (why !== undefined) throw new OperatorWordError(why);
    const { state, by } = request;
    const said = await queue.submit<MemberSaid>(apex, (view) => {
      const spoken = speakOperatorWord(view, owner, request.member, request, this.#nowSeconds());
      const { member, until, reason, removed, added, report, warnings } = spoken;
      const word = {
        owner: showName(owner),
        member,
        state,
        until: until === undefined ? undefined : showInstant(until),
        reason,
        report,
        warnings,
      };
      if (removed.length === 0 && added.length === 0) {
        return { kind: 'result', result: { ...word, serial: serialOf(view), isChanged: false } };
      }
      return {
        kind: 'change',
        change: { removed, added, by: { kind: 'operator', name: by } },
        result: ({ serialTo }) => ({ ...word, serial: serialTo, isChanged: true }),
      };
    });
    await published();
    const { member, until, reason, serial, isChanged } = said;
    if (isChanged) {
      const fields = { owner: said.owner, member, until, reason, by, serial };
      effects.log.info(`member: ${state} by the operator`, fields);
    }
    return said;
  }

  #find(text: string): { owner: DomainName; apex: DomainName } {
    const owner = readName(text);
    const apex = this.#options.zoneAbove(owner);
    if (apex !== undefined) return { owner, apex };
    throw new OperatorWordError(
      `${showName(owner)} is in no zone that is served here: see waypost zone list`,
    );
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.effects.nowMs() / 1000);
  }
}

// --- helpers ---

function readName(text: string): DomainName {
  try {
    return foldName(scanFullName(text));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new OperatorWordError(`the name is wrong: ${messageOf(error)}`, { cause: error });
  }
}
