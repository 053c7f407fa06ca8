import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Effects, Log, LogFields } from '../base/effects.ts';
import type { Config } from '../config/settings.ts';

/** How the log is written: the settings `log.level` and `log.format`. */
export type LogOptions = Config['log'];

/** The real clock, the system's random numbers, and a log on standard error. */
export function realEffects(options: LogOptions): Effects {
  // Synchronous: a line that was logged is out, even when the process dies in the next moment.
  const destination = pino.destination({ dest: 2, sync: true });
  return {
    nowMs: Date.now,
    randomOctets: (length) => randomBytes(length),
    log: makeLog(options, (line) => void destination.write(line)),
  };
}

/**
 * A log that gives each finished line, with its line end, to `write`. Fields may not be called `level`, `time` or `msg`
 * (nor `pid` or `hostname` in JSON): those are pino's own.
 */
export function makeLog({ level, format }: LogOptions, write: (line: string) => void): Log {
  const isText = format === 'text';
  const logger = pino(
    isText
      ? {
          level,
          base: null,
          timestamp: pino.stdTimeFunctions.isoTime,
          formatters: { level: (label) => ({ level: label }) },
        }
      : { level },
    { write: isText ? (line: string) => write(showLine(line)) : write },
  );
  return {
    error: (sentence, fields = {}) => logger.error(fields, sentence),
    warn: (sentence, fields = {}) => logger.warn(fields, sentence),
    info: (sentence, fields = {}) => logger.info(fields, sentence),
    debug: (sentence, fields = {}) => logger.debug(fields, sentence),
  };
}

/** Turns pino's JSON into `2026-11-23T00:00:00.000Z info area: sentence key=value`, always one line. */
function showLine(json: string): string {
  const { level, time, msg, ...fields }: LogFields = JSON.parse(json);
  let line = `${time} ${level} ${escapeControls(String(msg))}`;
  for (const [key, value] of Object.entries(fields))
    line += ` ${escapeControls(key)}=${showField(String(value))}`;
  return `${line}\n`;
}

/** In quotes when it is empty or could be taken for something else. */
function showField(text: string): string {
  return /^[^\s"=\\]+$/.test(text) ? escapeControls(text) : escapeControls(JSON.stringify(text));
}

/** What comes from the network may hold line ends and terminal sequences: they must not act in the log. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
