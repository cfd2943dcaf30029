import { t } from '../words';

/** `3.2 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`: as in cells and on the package's pages. */
export function duration(seconds: number): string {
  if (!(seconds > 0)) return t('%1 s', 0);
  if (seconds < 9.95) return t('%1 s', Number.isInteger(seconds) ? seconds : seconds.toFixed(1));
  const whole = Math.round(seconds);
  if (whole >= 86400) return pair(whole, 86400, 3600, '%1 d', '%1 d %2 h');
  if (whole >= 3600) return pair(whole, 3600, 60, '%1 h', '%1 h %2 min');
  if (whole >= 60) return pair(whole, 60, 1, '%1 min', '%1 min %2 s');
  return t('%1 s', whole);
}

function pair(whole: number, unit: number, below: number, alone: string, both: string): string {
  const rest = Math.floor((whole % unit) / below);
  const count = Math.floor(whole / unit);
  return rest ? t(both, count, rest) : t(alone, count);
}

/** A time of day, with the date unless it is the day of `now`; both in seconds since the epoch. */
export function moment(time: number, now: number): string {
  if (!time) return '';
  const date = new Date(time * 1000);
  const today = date.toDateString() === new Date(now * 1000).toDateString();
  return today ? ofDay().format(date) : ofDate().format(date);
}

/** `812 B`, `1.5 kB`, `23 MB`: powers of a thousand. */
export function bytes(size: number): string {
  if (size < 1000) return t('%1 B', size);
  let value = size;
  let unit = '';
  for (const next of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    if (unit && value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 9.95 ? value.toFixed(1) : String(Math.round(value))} ${unit}`;
}

/** `12,345`, as the person's language writes it. */
export function count(value: number): string {
  return numbers().format(value);
}

// Formatters are slow to make and quick to use.
const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};
const numbers = once(() => new Intl.NumberFormat());
const ofDay = once(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }));
const ofDate = once(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
);
