import { signal, type ReadonlySignal, type Signal } from '@preact/signals';

import { problemOf } from './channels/channel';
import type { Monitor } from './context';
import type { Acted, Action, Row } from './protocol';
import { confirm, type Question } from './ui/Confirm';
import { count, duration } from './ui/format';
import { t } from './words';

/** What came of an action: new jobs to look at, and what could not be done, by name. */
export interface Outcome {
  text: string;
  problems: { name: string; why: string }[];
  /** The keys of the jobs that were submitted again. */
  created: string[];
}

interface State {
  working: Signal<ReadonlyMap<string, Action>>;
  outcome: Signal<Outcome | null>;
}

const states = new WeakMap<Monitor, State>();

/** The rows for which an action is on its way. */
export function working(monitor: Monitor): ReadonlySignal<ReadonlyMap<string, Action>> {
  return stateOf(monitor).working;
}

/** What the last action came to, where there is something to say; set it to null to dismiss it. */
export function outcome(monitor: Monitor): Signal<Outcome | null> {
  return stateOf(monitor).outcome;
}

/** Do it for those of the rows that allow it; asks first where something would be lost. */
export async function act(monitor: Monitor, action: Action, rows: readonly Row[]): Promise<void> {
  const state = stateOf(monitor);
  const chosen = rows.filter(
    (row) => row.can.includes(action) && !state.working.value.has(row.key),
  );
  if (!chosen.length) return;
  const question = questionFor(action, chosen, monitor.store.now.value);
  if (question && !(await confirm(question))) return;

  const keys = chosen.map((row) => row.key);
  state.outcome.value = null;
  state.working.value = new Map([
    ...state.working.value,
    ...keys.map((key) => [key, action] as const),
  ]);
  try {
    const acted = await monitor.channel.ask('act', { action, keys });
    state.outcome.value = outcomeOf(action, chosen, acted);
  } catch (error) {
    const { message, hint } = problemOf(error);
    state.outcome.value = {
      text: failed(action),
      problems: [{ name: '', why: `${message} ${hint}`.trim() }],
      created: [],
    };
  } finally {
    const rest = new Map(state.working.value);
    for (const key of keys) rest.delete(key);
    state.working.value = rest;
  }
}

/** Who waited longer than this has a place in the queue that is worth a question, in seconds. */
const LONG_WAIT = 600;

/** What to ask before, or null where nothing would be lost. */
export function questionFor(action: Action, rows: readonly Row[], now: number): Question | null {
  const running = sum(rows, 'running');
  const waiting = sum(rows, 'waiting');
  const title = rows.length === 1 ? (rows[0]?.name ?? '') : t('%1 selected', count(rows.length));
  if (action === 'cancel') {
    const inQueue = rows.filter((row) => jobsIn(row, 'waiting'));
    const waited = Math.max(0, ...inQueue.map((row) => now - (row.submitted || now)));
    if (!running && waiting <= 1 && waited < LONG_WAIT) return null;
    const text = [endedBy(running), lostBy(waiting, waited)].filter(Boolean).join(' ');
    const one = rows.length === 1;
    return {
      title: t('Cancel: %1', title),
      text,
      yes: one ? t('Cancel it') : t('Cancel them'),
      no: one ? t('Keep it') : t('Keep them'),
    };
  }
  if (action === 'again' && running + waiting > 0) {
    const text = t(
      'It has not ended. A second one would run beside it, and may write to the same files.',
    );
    return { title: t('Submit again: %1', title), text, yes: t('Submit again'), no: t('No') };
  }
  return null;
}

function endedBy(running: number): string {
  if (!running) return '';
  if (running === 1) return t('A running job is ended; its output so far is kept.');
  return t('%1 running jobs are ended; their output so far is kept.', count(running));
}

function lostBy(waiting: number, waited: number): string {
  if (!waiting) return '';
  if (waiting > 1) return t('%1 waiting jobs lose their place in the queue.', count(waiting));
  return t('A waiting job loses its place in the queue, after %1.', duration(waited));
}

/** How many jobs of the rows have a tone; those in a group count each. */
function sum(rows: readonly Row[], tone: 'running' | 'waiting'): number {
  return rows.reduce((all, row) => all + jobsIn(row, tone), 0);
}

function jobsIn(row: Row, tone: 'running' | 'waiting'): number {
  // What is held is in the queue, what is suspended has something to lose.
  const idle = row.started ? 'running' : 'waiting';
  return row.counts[tone] || Number((row.tone === 'idle' ? idle : row.tone) === tone);
}

function outcomeOf(action: Action, rows: readonly Row[], acted: Acted): Outcome | null {
  const names = new Map(rows.map((row) => [row.key, nameOf(row)]));
  const problems = Object.entries(acted.problems).map(([key, why]) => ({
    name: names.get(key) ?? key,
    why,
  }));
  const created = action === 'again' ? acted.done : [];
  if (problems.length) return { text: failed(action), problems, created };
  if (!created.length) return null;
  const text =
    created.length === 1 ? t('Submitted again.') : t('%1 submitted again.', created.length);
  return { text, problems, created };
}

function nameOf(row: Row): string {
  return row.id && row.name !== row.id ? `${row.name} (${row.id})` : row.name;
}

function failed(action: Action): string {
  switch (action) {
    case 'cancel':
      return t('Not cancelled:');
    case 'hold':
      return t('Not held:');
    case 'resume':
      return t('Not resumed:');
    case 'again':
      return t('Not submitted again:');
  }
}

/** An action's name, as its button has it. */
export function actionName(action: Action): string {
  switch (action) {
    case 'cancel':
      return t('Cancel');
    case 'hold':
      return t('Hold');
    case 'resume':
      return t('Resume');
    case 'again':
      return t('Submit again');
  }
}

function stateOf(monitor: Monitor): State {
  let state = states.get(monitor);
  if (!state) {
    state = { working: signal(new Map()), outcome: signal(null) };
    states.set(monitor, state);
  }
  return state;
}
