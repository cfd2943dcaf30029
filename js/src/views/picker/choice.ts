import type { Choice, Condition, Picked, Property, Site } from '../../protocol';
import { duration, moment } from '../../ui/format';
import { t } from '../../words';

/** Starts that are no times (`Picked.start`); what else is below 0 is not known. */
export const NOW = 0;
export const NEVER = -2;

export const NOTHING: Choice = {
  levels: [],
  conditions: [],
  walltime: 0,
  queue: '',
  types: [],
  rest: '',
};

/** One of the innermost level, as oarsub does when nothing is asked. */
export function firstChoice(site: Site): Choice {
  const name = site.levels.at(-1);
  return { ...NOTHING, levels: name ? [{ name, count: 1 }] : [] };
}

/** The choice with this count of a level; null: the level is not asked. The site's order is kept. */
export function withLevel(choice: Choice, site: Site, name: string, count: number | null): Choice {
  const others = choice.levels.filter((level) => level.name !== name);
  const levels = count === null ? others : [...others, { name, count }];
  const place = (level: string): number => levelNames(site, choice).indexOf(level);
  return { ...choice, levels: levels.sort((a, b) => place(a.name) - place(b.name)) };
}

/** The site's levels and those that were asked besides, from the outermost in. */
export function levelNames(site: Site, choice: Choice): string[] {
  const names = [...site.levels];
  choice.levels.forEach(({ name }, index) => {
    if (names.includes(name)) return;
    const before = choice.levels[index - 1]?.name;
    names.splice(before === undefined ? 0 : names.indexOf(before) + 1, 0, name);
  });
  return names;
}

/** What can be asked now: conditions without a value are still being filled in. */
export function finished(choice: Choice): Choice {
  return { ...choice, conditions: choice.conditions.filter(({ value }) => value !== '') };
}

export function operators(property: Property | undefined): string[] {
  return property && !property.numeric ? ['=', '!='] : ['=', '!=', '>=', '<='];
}

/** A condition on another property: its operator stays where it can. */
export function onProperty(condition: Condition, property: Property): Condition {
  const allowed = operators(property).includes(condition.operator);
  return { property: property.name, operator: allowed ? condition.operator : '=', value: '' };
}

/** The names with the one that is chosen among them, which the site may not tell of. */
export function withOwn(names: readonly string[], own: string): readonly string[] {
  return names.includes(own) ? names : [own, ...names];
}

/** When it would start, in words; `now` in seconds since the epoch. */
export function startWords({ start }: Pick<Picked, 'start'>, now: number): string {
  if (start === NOW) return t('Starts now');
  if (start === NEVER) return t('Never starts');
  if (start < 0) return t('Start not known');
  const wait = start - now;
  if (wait < 30) return t('Starts now');
  const rounded = wait < 90 * 60 ? Math.ceil(wait / 60) * 60 : Math.round(wait / 600) * 600;
  return t('Starts in about %1 (%2)', duration(rounded), timeOfDay(start, now));
}

/** Hours and minutes; with the date unless it is today. */
function timeOfDay(time: number, now: number): string {
  const date = new Date(time * 1000);
  const today = date.toDateString() === new Date(now * 1000).toDateString();
  if (!today) return moment(time, now);
  return date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
