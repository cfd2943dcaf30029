import type { Row } from '../protocol';
import { isOver } from '../times';
import { duration } from '../ui/format';
import { t } from '../words';

/** Which ends are told, and in which words. */
export interface NoticeSettings {
  ended: 'all' | 'failed' | 'none';
  /** Only what took longer, in seconds. */
  longerThan: number;
  /** With {name}, {id}, {how}, {took} and {node} in them. */
  textDone: string;
  textFailed: string;
}

export interface Notice {
  key: string;
  /** What was stopped did not do what it should, and did not fail. */
  kind: 'success' | 'error' | 'info';
  /** Plain text. */
  text: string;
}

type Rows = ReadonlyMap<string, Row>;

/** One for each of this user's jobs and groups that ended between the two; none for their parts. */
export function notices(before: Rows, after: Rows, settings: NoticeSettings): Notice[] {
  if (settings.ended === 'none') return [];
  const found: Notice[] = [];
  for (const row of after.values()) {
    const old = before.get(row.key);
    if (!old || old === row || isOver(old) || !isOver(row)) continue;
    if (!row.mine || row.parent) continue;
    if (settings.ended === 'failed' && row.tone !== 'failed') continue;
    const seconds = took(row);
    if (seconds !== null && seconds < settings.longerThan) continue;
    const done = row.tone === 'done' || row.tone === 'cached';
    const kind = done ? 'success' : row.tone === 'failed' ? 'error' : 'info';
    const template = done ? settings.textDone : settings.textFailed;
    found.push({ key: row.key, kind, text: fill(template, row) });
  }
  return found;
}

/** From its start to its end, or from its submission if it never started; null if not known. */
function took(row: Row): number | null {
  return row.ended ? Math.max(0, row.ended - (row.started || row.submitted)) : null;
}

function fill(template: string, row: Row): string {
  const seconds = took(row);
  const values = new Map([
    ['name', row.name],
    ['id', row.id],
    ['how', row.note || row.state],
    ['took', seconds === null ? t('some time') : duration(seconds)],
    ['node', row.node],
  ]);
  return template.replace(/\{(\w+)\}/g, (mark, name: string) => values.get(name) ?? mark);
}
