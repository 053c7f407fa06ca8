import { ProbeOptionsError } from './errors.ts';
import { oneLine } from './evidence.ts';
import { DEFAULT_TIMEOUT_MS, type ExecProbeOptions } from './probe-options.ts';
import { type Probe, type ProbeResult, type ProbeRun, type ProbeVerdict, runProbe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';
import type { EndedProgram, Program } from './program-runner.ts';

/** Looks as a Nagios plugin does (Monitoring Plugins Development Guidelines, "Plugin Return Codes"). */
export class ExecProbe implements Probe {
  readonly #tools: ProbeTools;
  readonly #program: Program;
  readonly #unknown: 'fail' | 'ignore';

  /** Throws {@link ProbeOptionsError}. */
  constructor(options: ExecProbeOptions, tools: ProbeTools) {
    const { env = {}, directory, timeoutMs = DEFAULT_TIMEOUT_MS, unknown = 'fail' } = options;
    this.#tools = tools;
    this.#program = { command: fillCommand(options), env: { ...PASSED_ON(), ...env }, directory, timeoutMs };
    this.#unknown = unknown;
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(this.#tools.timers, signal, (run) => this.#look(run));
  }

  async #look(run: ProbeRun): Promise<ProbeVerdict> {
    const { ending, stdout, stderr } = await this.#tools.programs.run(run, this.#program);
    const output = [stdout, stderr].filter((text) => text !== '').join('\n');
    return { ...this.#judge(ending, evidenceOf(stdout, stderr)), ...(output === '' ? {} : { output }) };
  }

  #judge(ending: EndedProgram['ending'], said: string): ProbeVerdict {
    const line = said === '' ? '' : `: ${said}`;
    if (ending === 0) return { passed: true, detail: `ok${line}` };
    if (ending === 1) return { passed: true, detail: `warning${line}`, warning: `warning${line}` };
    if (ending === 2) return { passed: false, detail: `critical${line}` };
    const how = typeof ending === 'string' ? `ended by ${ending}` : `exit code ${ending}`;
    const detail = ending === 3 ? `unknown${line}` : `unknown, ${how}${line}`;
    return { passed: false, detail, inconclusive: this.#unknown === 'ignore' };
  }
}

// --- helpers ---

/** What of the monitor's environment plugins may need; the rest may hold secrets. */
const PASSED_ON = (): Record<string, string> => {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
};

/** The arguments, `{address}`, `{port}` and `{name}` filled in. */
function fillCommand({ command, address, port, name }: ExecProbeOptions): readonly string[] {
  const [file] = command;
  if (file === undefined || file === '') throw new ProbeOptionsError('command: names no program');
  const values = new Map([
    ['address', address],
    ['port', port === undefined ? undefined : String(port)],
    ['name', name],
  ]);
  const fill = (word: string): string =>
    word.replace(/\{(address|port|name)\}/g, (whole, key: string) => {
      const value = values.get(key);
      if (value === undefined)
        throw new ProbeOptionsError(`command: ${whole} is used, but there is no ${key}`);
      return value;
    });
  const filled = command.map(fill);
  const odd = filled.find((word) => word.includes('\0'));
  if (odd !== undefined) throw new ProbeOptionsError('command: a NUL character in an argument');
  return filled;
}

/** The first line, without the performance data after `|`. */
function evidenceOf(stdout: string, stderr: string): string {
  const [first = ''] = (stdout.trim() === '' ? stderr : stdout).trim().split('\n', 1);
  return oneLine(first.split('|', 1)[0] ?? '', 200);
}
