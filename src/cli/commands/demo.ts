import { SILENT_LOG } from '../../base/effects.ts';
import { readArguments, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { HandsOn } from '../demo/hands-on.ts';
import { DemoStage } from '../demo/stage.ts';
import { playStory } from '../demo/story.ts';
import { showDemo } from '../demo/welcome.ts';
import { realEffects } from '../effects.ts';
import type { Terminal } from '../terminal.ts';

/** `waypost demo`: a host dies and goes out of the answers, and comes back, all on this machine. */
export const DEMO: Command = {
  help: `Starts three small web servers on loopback addresses, a name server (waypost serve) and a monitor (waypost monitor),
each a process of its own on a free port, in a temporary directory. On a terminal the keys 1, 2 and 3 stop a web server and
start it again, and the screen shows what is answered and what the monitor sees; a web server may as well be ended with
kill: it is then started again after 15 seconds. Otherwise the story plays by itself: before, a web server is killed,
during, it is started again, after. At the end (Ctrl-C, SIGTERM) processes and files are gone.

  --script   let the story play by itself, even on a terminal
  --plain    no screen and no keys: a line for everything that happens, until Ctrl-C or SIGTERM

exit code: 0 the story is over, or it was ended by a key or signal
           1 it cannot run, or the story did not come to pass, or was ended before its end
           2 the command line is wrong
`,
  async run(args, terminal) {
    const { script, plain } = readOptions(args);
    const isScript = script || (!plain && (terminal.screen === undefined || terminal.keys === undefined));
    const stage = new DemoStage({ ...realEffects({ level: 'error', format: 'text' }), log: SILENT_LOG });
    const ending = new AbortController();
    const stopListening = onSignal(() => ending.abort());
    const ended = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
    try {
      const playing = play(stage, terminal, ending, { isScript, isPlain: plain });
      playing.catch(() => {}); // when it is ended, nobody waits for it
      await Promise.race([playing, ended]);
      return isScript && ending.signal.aborted ? 1 : 0;
    } finally {
      ending.abort();
      await stage.stop();
      stopListening();
    }
  },
};

interface DemoOptions {
  readonly isScript: boolean;
  readonly isPlain: boolean;
}

async function play(
  stage: DemoStage,
  terminal: Terminal,
  ending: AbortController,
  { isScript, isPlain }: DemoOptions,
): Promise<void> {
  const { signal } = ending;
  terminal.out('starting three web servers, a name server and a monitor\n');
  await stage.start();
  if (isScript || isPlain) terminal.out(showDemo(stage, terminal));
  const broken = stage.broken();
  broken.catch(() => {});
  if (isScript) {
    await Promise.race([playStory(stage, terminal, signal), broken]);
    return;
  }
  const handsOn = new HandsOn(stage, terminal, signal, isPlain);
  const stopKeys = isPlain ? undefined : terminal.keys?.listen((key) => press(key, handsOn, ending));
  try {
    await Promise.race([handsOn.run(), broken]);
  } finally {
    handsOn.close();
    stopKeys?.();
  }
}

function press(key: string, handsOn: HandsOn, ending: AbortController): void {
  if (/^[1-9]$/.test(key)) void handsOn.toggle(Number(key));
  else if (ENDING_KEYS.has(key)) ending.abort();
}

/** Ctrl-C and Ctrl-D come as keys where single keys are read. */
const ENDING_KEYS: ReadonlySet<string> = new Set(['q', 'Q', '\u0003', '\u0004']);

function readOptions(args: readonly string[]): { readonly script: boolean; readonly plain: boolean } {
  const { values } = readArguments({
    args: [...args],
    options: { script: { type: 'boolean', default: false }, plain: { type: 'boolean', default: false } },
  });
  if (values.script && values.plain) throw new UsageError('--script and --plain do not go together');
  return values;
}

/** Calls at the first signal that asks for the end; a second one does not wait. A closed terminal (SIGHUP) ends it, too. */
function onSignal(call: () => void): () => void {
  let isAsked = false;
  const end = (): void => {
    if (isAsked) process.exit(1);
    isAsked = true;
    call();
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return () => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
