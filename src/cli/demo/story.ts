import { setTimeout as delay } from 'node:timers/promises';
import type { MemberStatus } from '../../monitor/report/status.ts';
import { SYSTEM_TIMERS } from '../../serve/timers.ts';
import { showMonitorStatus } from '../commands/monitor-view.ts';
import { paint, type Terminal } from '../terminal.ts';
import { DemoError } from './errors.ts';
import type { DemoStage } from './stage.ts';
import type { DemoWebServer } from './web-server.ts';

/**
 * Plays the whole story: three hosts are answered, one is killed and goes out of the answers, it comes back and is answered
 * again. Rejects with {@link DemoError} when something of it does not come to pass, and when `signal` ends it.
 */
export async function playStory(stage: DemoStage, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const story = new Story(stage, terminal, signal);
  const victim = stage.webServers[1];
  if (victim === undefined) throw new DemoError('there is no second web server');
  await story.untilMembers('not all members are healthy', ({ state }) => state === 'up');
  await story.chapter('before: all three run');

  story.tell(`$ kill -9 ${victim.pid}     # web server ${victim.number}`);
  const killedMs = SYSTEM_TIMERS.nowMs();
  await victim.stop();
  const gone = `${victim.address} is still answered`;
  await story.until(gone, async () => !(await story.isAnswered(victim)));
  const outMs = SYSTEM_TIMERS.nowMs() - killedMs;
  await story.untilMember(`${victim.address} is not pulled`, victim, ({ presence }) => presence === 'out');
  await story.mustStay(victim, false);
  await story.chapter(`${showSeconds(outMs)} later: answered without it`);

  const startedMs = SYSTEM_TIMERS.nowMs();
  await victim.start();
  story.tell(`web server ${victim.number} is started again, pid ${victim.pid}`);
  await story.until(`${victim.address} is not answered again`, () => story.isAnswered(victim));
  const backMs = SYSTEM_TIMERS.nowMs() - startedMs;
  const isBack = ({ presence, state }: MemberStatus): boolean => presence === 'in' && state === 'up';
  await story.untilMember(`${victim.address} is not back`, victim, isBack);
  await story.mustStay(victim, true);
  await story.chapter(`${showSeconds(backMs)} later: all three again`);
}

class Story {
  readonly #stage: DemoStage;
  readonly #terminal: Terminal;
  readonly #signal: AbortSignal;

  constructor(stage: DemoStage, terminal: Terminal, signal: AbortSignal) {
    this.#stage = stage;
    this.#terminal = terminal;
    this.#signal = signal;
  }

  tell(line: string): void {
    this.#terminal.out(`\n${line}\n`);
  }

  /** What dig and the monitor say now. */
  async chapter(title: string): Promise<void> {
    const { answers, statusLine } = this.#stage;
    const lines = await answers.dig();
    const table = showMonitorStatus(await this.#stage.status(), this.#terminal);
    this.#signal.throwIfAborted();
    this.tell(paint(this.#terminal, 'bold', title));
    this.#terminal.out(`$ ${answers.digLine}\n${lines.join('\n')}\n$ ${statusLine}\n${table}`);
  }

  async isAnswered({ address }: DemoWebServer): Promise<boolean> {
    return (await this.#stage.answers.ask()).addresses.includes(address);
  }

  /** Some answers more, one after the other: none may be of yesterday. */
  async mustStay(server: DemoWebServer, isAnswered: boolean): Promise<void> {
    for (let i = 0; i < ANSWERS_CHECKED; i++) {
      if ((await this.isAnswered(server)) !== isAnswered) {
        throw new DemoError(`an answer ${isAnswered ? 'lacks' : 'still holds'} ${server.address}`);
      }
    }
  }

  untilMember(fault: string, { address }: DemoWebServer, isSo: (member: MemberStatus) => boolean) {
    return this.untilMembers(fault, (member) => member.member !== address || isSo(member));
  }

  untilMembers(fault: string, isSo: (member: MemberStatus) => boolean): Promise<void> {
    return this.until(fault, async () => {
      const { zones } = await this.#stage.status();
      const members = zones.flatMap(({ names }) => names.flatMap((name) => name.members));
      return members.length === this.#stage.webServers.length && members.every(isSo);
    });
  }

  /** Asks again and again. `fault` says what is the case as long as it is not so. */
  async until(fault: string, isSo: () => Promise<boolean>): Promise<void> {
    const untilMs = SYSTEM_TIMERS.nowMs() + MOST_MS;
    while (!(await isSo())) {
      if (SYSTEM_TIMERS.nowMs() > untilMs) throw new DemoError(`after ${MOST_MS / 1000} s ${fault}`);
      await delay(LOOK_MS, undefined, { signal: this.#signal });
    }
  }
}

// --- helpers ---

const LOOK_MS = 20;
const MOST_MS = 30_000;
const ANSWERS_CHECKED = 9;

function showSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
