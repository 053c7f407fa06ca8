import type { RdataField } from './descriptor.ts';
import { bigEndian, scanUnsigned } from './numbers.ts';

/**
 * A signature time (RFC 4034 §3.1.5): seconds since 1970 as 32 bits; `YYYYMMDDHHmmSS` in UTC, or the number
 * (RFC 4034 §3.2). Reading takes 1970 to 2106 as they are; no clock is asked which 136 years are meant.
 */
export function signatureTime(what: string): RdataField {
  return {
    kind: what,
    parse: (reader) => reader.take(4),
    scan: (words) => {
      const text = words.take(what);
      const seconds = text.length === 14 ? scanTime(text) : scanUnsigned(text, 0xffff_ffff);
      return bigEndian(seconds ?? words.fail(`${what} as YYYYMMDDHHmmSS from 1970 to 2106`), 4);
    },
    show: (reader) => showTime(reader.u32()),
  };
}

// --- helpers ---

const DAY = 86_400;

function scanTime(text: string): number | undefined {
  if (scanUnsigned(text, 99_999_999_999_999) === undefined) return undefined;
  const part = (from: number, to: number) => Number(text.slice(from, to));
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
  const [hour, minute, second] = [part(8, 10), part(10, 12), part(12, 14)];
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const seconds = (daysBefore(year, month) + day - 1) * DAY + (hour * 60 + minute) * 60 + second;
  return seconds <= 0xffff_ffff ? seconds : undefined;
}

function showTime(seconds: number): string {
  const days = Math.floor(seconds / DAY);
  let year = 1970 + Math.floor(days / 366);
  while (daysBefore(year + 1, 1) <= days) year++;
  let month = 1;
  while (month < 12 && daysBefore(year, month + 1) <= days) month++;
  const day = days - daysBefore(year, month) + 1;
  const second = seconds % DAY;
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  return `${year}${[month, day, ...clock].map((n) => String(n).padStart(2, '0')).join('')}`;
}

/** Days from 1970-01-01 to the first of a month. */
function daysBefore(year: number, month: number): number {
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 477; // 477 to 1969
  let days = (year - 1970) * 365 + leapDays;
  for (let m = 1; m < month; m++) days += daysIn(year, m);
  return days;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
