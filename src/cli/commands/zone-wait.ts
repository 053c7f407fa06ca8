import { messageOf } from '../../base/errors.ts';
import type { ControlClient } from '../../control/client.ts';
import type { WaitReport } from '../../control/protocol.ts';
import { PresentationError } from '../../wire/errors.ts';
import { foldName, scanFullName, showName } from '../../wire/name.ts';
import { isSerialAhead } from '../../zone/serial.ts';
import { readInteger, UsageError } from '../arguments.ts';
import { Progress, paint, type Terminal } from '../terminal.ts';
import { showSecondaries } from './secondaries-table.ts';

/** The options of `waypost zone wait`, as they are written. */
export interface WaitOptions {
  readonly serial?: string | undefined;
  readonly timeout?: string | undefined;
  readonly isJson: boolean;
}

/**
 * `waypost zone wait NAME`: 0 when all secondaries have the zone's serial, 1 when the time is out. The server is asked in
 * slices, so that it waits for nobody who has gone, and progress can be shown.
 */
export async function waitForSecondaries(
  client: ControlClient,
  terminal: Terminal,
  name: string,
  options: WaitOptions,
): Promise<number> {
  const apex = readApex(name);
  const { serial = '', timeout = '60' } = options;
  const endMs = performance.now() + readInteger('--timeout', timeout, 0, 86_400) * 1000;
  let wanted = serial === '' ? undefined : readInteger('--serial', serial, 0, 0xffff_ffff);
  const progress = new Progress(terminal, `waiting for secondaries of ${apex}`, () => performance.now());
  let report: WaitReport;
  try {
    do {
      const leftMs = Math.ceil(endMs - performance.now());
      report = await client.wait(apex, wanted, Math.max(0, Math.min(leftMs, SLICE_MS)));
      wanted = report.serial; // what comes after the question is not waited for
      const all = report.secondaries;
      progress.update(all.filter((one) => hasSerial(one, report)).length, all.length);
    } while (!report.isReached && performance.now() < endMs);
  } finally {
    progress.end();
  }
  return tell(terminal, report, options.isJson);
}

const SLICE_MS = 500;

function tell(terminal: Terminal, report: WaitReport, isJson: boolean): number {
  const { zone, serial, isReached, secondaries } = report;
  const late = secondaries.filter((one) => !hasSerial(one, report));
  if (isJson) terminal.out(`${JSON.stringify(report)}\n`);
  else if (isReached) {
    const all = secondaries.length === 1 ? 'its secondary has' : `all ${secondaries.length} secondaries have`;
    terminal.out(`${zone} serial ${serial}: ${paint(terminal, 'green', `${all} it`)}\n`);
  } else {
    const count = `${late.length} of ${secondaries.length} secondaries`;
    terminal.out(
      `${zone} serial ${serial}: ${paint(terminal, 'red', 'the time is out')}, ${count} lack it\n\n`,
    );
    terminal.out(showSecondaries(late));
  }
  return isReached ? 0 : 1;
}

/** As the server judges it. */
function hasSerial(
  { serial }: { readonly serial?: number | undefined },
  wanted: { readonly serial: number },
) {
  return serial !== undefined && (serial === wanted.serial || isSerialAhead(serial, wanted.serial));
}

function readApex(name: string): string {
  try {
    return showName(foldName(scanFullName(name)));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new UsageError(`zone wait: NAME is wrong: ${messageOf(error)}`, { cause: error });
  }
}
