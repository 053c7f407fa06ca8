// What is wanted of a name: who shall be in, who out, and why. Pulling must never make it worse.
import { type Damping, isHeld } from './damping.ts';
import { isHealthy, type MemberState } from './member-state.ts';

/**
 * How the server has a member: answered, pulled (by us or by a monitor before us), or gone: somebody else has deleted
 * it, so it is not ours to add. `unknown` while the server has not been heard.
 */
export type Presence = 'in' | 'out' | 'gone' | 'unknown';

/** All that is known of one member of a name. */
export interface JudgedMember {
  /** Its data in presentation format. */
  readonly member: string;
  readonly state: MemberState;
  readonly damping: Damping;
  readonly presence: Presence;
  /** Whether a witness says that the monitor sees right: `mayPull` of sight.ts. */
  readonly mayPull: boolean;
}

/** Why a member is wanted as it is. */
export type Reason =
  /** Its probes pass. */
  | 'healthy'
  /** Its probes fail. */
  | 'down'
  /** Its probes pass, but it flaps: it is held down until a stated time. */
  | 'held'
  /** It would be out, but too few members would be left. */
  | 'kept'
  /** Its probes have not decided yet. */
  | 'undecided'
  /** Its probes fail, but nothing says that it is not our own network. */
  | 'unwitnessed'
  /** Somebody else has deleted it. */
  | 'gone'
  /** The server has not been heard. */
  | 'server-unknown';

/** What is wanted of one member. */
export interface Wish {
  readonly member: string;
  /** `leave`: as the server has it; a lease that holds it out is renewed all the same. */
  readonly want: 'in' | 'out' | 'leave';
  readonly reason: Reason;
  /** One line, with the evidence. */
  readonly why: string;
  /** `held`: until when; milliseconds since 1970. */
  readonly untilMs: number | undefined;
}

/**
 * What is wanted of every member of one name, in the order given. `keep`: so many members at least stay in.
 *
 * Laws: when all wishes are granted, `keep` members are in, or as many as were in before. Nobody is pulled on the
 * word of a monitor that may be blind, nor while the server's state is unknown; nobody is put in that is gone, nor,
 * unless `keep` asks for one that is merely held, that is not healthy.
 */
export function wishesFor(members: readonly JudgedMember[], keep: number, nowMs: number): readonly Wish[] {
  const wishes = members.map((each) => wishFor(each, nowMs));
  const staying = members.filter((each, i) => isIn(each, wishes[i])).length;
  const candidates = members.filter((each, i) => wishes[i]?.want === 'out' && canStay(each));
  const kept = new Set(candidates.sort(bestFirst).slice(0, Math.max(keep - staying, 0)));
  return members.map((each, i) => {
    const wish = wishes[i] ?? wishFor(each, nowMs);
    if (!kept.has(each)) return wish;
    const why = `one of at least ${keep} to keep, although ${wish.why}`;
    return { ...wish, want: 'in', reason: 'kept', why };
  });
}

// --- helpers ---

function wishFor({ member, state, damping, presence, mayPull }: JudgedMember, nowMs: number): Wish {
  const wish = (want: Wish['want'], reason: Reason, why = state.why): Wish => ({
    member,
    want,
    reason,
    why,
    untilMs: reason === 'held' ? damping.heldUntilMs : undefined,
  });
  if (presence === 'unknown') return wish('leave', 'server-unknown', 'the server has not been heard');
  if (presence === 'gone') return wish('leave', 'gone', 'somebody else has deleted it');
  const healthy = isHealthy(state);
  if (healthy === undefined) return wish('leave', 'undecided');
  const isPullable = presence === 'out' || mayPull;
  if (!healthy) {
    if (isPullable) return wish('out', 'down');
    return wish('leave', state.standing === 'recovering' ? 'undecided' : 'unwitnessed');
  }
  if (!isHeld(damping, nowMs)) return wish('in', 'healthy');
  return wish(isPullable ? 'out' : 'leave', 'held', `it was pulled ${damping.pulls} times in a short while`);
}

/** Whether the member is in when its wish is granted. */
function isIn({ presence }: JudgedMember, wish: Wish | undefined): boolean {
  return wish?.want === 'in' || (wish?.want === 'leave' && presence === 'in');
}

/** Pulling can be refrained from; putting in is only for those whose probes pass. */
function canStay({ presence, state }: JudgedMember): boolean {
  return presence === 'in' || (presence === 'out' && isHealthy(state) === true);
}

/** The healthy ones that are held before those that fail; then whoever has failed for the shortest time. */
function bestFirst(a: JudgedMember, b: JudgedMember): number {
  const byHealth = Number(isHealthy(b.state) === true) - Number(isHealthy(a.state) === true);
  const byPresence = Number(b.presence === 'in') - Number(a.presence === 'in');
  const since = ({ state }: JudgedMember) => state.failingSinceMs ?? Number.MAX_SAFE_INTEGER;
  return byHealth || byPresence || since(b) - since(a) || (a.member < b.member ? -1 : 1);
}
