import type { JSX } from 'preact';

import type { Row } from '../../protocol';
import { left, ran, waited } from '../../times';
import { endedOf } from '../../tones';
import { Progress } from '../../ui/Progress';
import { State } from '../../ui/State';
import { t } from '../../words';
import { Left, Moment, Ran, Waited } from './cells';
import { KINDS } from './filter';

export interface Column {
  id: string;
  label: () => string;
  /** In pixels; `grow`: its share of the room that is left. */
  width: number;
  grow?: number;
  /**
   * The width of the table from which it is shown, unless a person chose; none: never. It has to
   * hold the column beside those that are shown already.
   */
  from?: number;
  /** Whether its text stands at the end, as numbers do. */
  end?: boolean;
  /** Whether the larger values are what people look for first. */
  down?: boolean;
  /** Whether its values change with the clock. */
  ticks?: boolean;
  value: (row: Row, now: number) => string | number;
  cell: (row: Row) => JSX.Element | string;
}

type Words =
  'name' | 'id' | 'node' | 'note' | 'source' | 'resources' | 'owner' | 'queue' | 'backend';

/** A column whose cells are what the row says. */
function plain(id: Words, label: () => string, width: number, from?: number) {
  const value = (row: Row): string => row[id];
  return { id, label, width, ...(from === undefined ? {} : { from }), value, cell: value };
}

export const COLUMNS = [
  {
    id: 'state',
    label: () => t('State'),
    width: 112,
    from: 0,
    value: (row) => `${ORDER.indexOf(row.tone)} ${row.state}`,
    cell: (row) => <State tone={row.tone} word={row.state} />,
  },
  { ...plain('name', () => t('Name'), 150, 0), grow: 3 },
  { ...plain('id', () => t('Id'), 76, 600), end: true },
  plain('node', () => t('Where'), 110, 720),
  {
    id: 'waited',
    label: () => t('Waited'),
    width: 92,
    from: 1060,
    end: true,
    down: true,
    ticks: true,
    value: waited,
    cell: (row) => <Waited row={row} />,
  },
  {
    id: 'ran',
    label: () => t('Ran'),
    width: 92,
    from: 0,
    end: true,
    down: true,
    ticks: true,
    value: ran,
    cell: (row) => <Ran row={row} />,
  },
  {
    id: 'left',
    label: () => t('Left'),
    width: 92,
    from: 960,
    end: true,
    ticks: true,
    value: left,
    cell: (row) => <Left row={row} />,
  },
  {
    id: 'progress',
    label: () => t('Progress'),
    width: 132,
    from: 0,
    down: true,
    value: doneOf,
    cell: (row) => <Progress row={row} />,
  },
  { ...plain('note', () => t('Note'), 150, 870), grow: 2 },
  plain('source', () => t('Source'), 130, 1200),
  { ...plain('resources', () => t('Resources'), 150, 1500), grow: 1 },
  plain('owner', () => t('Owner'), 84),
  plain('queue', () => t('Queue'), 84),
  plain('backend', () => t('Backend'), 84),
  {
    id: 'kind',
    label: () => t('Kind'),
    width: 84,
    value: (row) => KINDS[row.kind](),
    cell: (row) => KINDS[row.kind](),
  },
  {
    id: 'submitted',
    label: () => t('Submitted'),
    width: 150,
    down: true,
    value: (row) => row.submitted,
    cell: (row) => <Moment time={row.submitted} />,
  },
  {
    id: 'ended',
    label: () => t('Ended'),
    width: 150,
    down: true,
    value: (row) => row.ended,
    cell: (row) => <Moment time={row.ended} />,
  },
] satisfies Column[] as Column[];

const ORDER = ['failed', 'running', 'waiting', 'idle', 'stopped', 'cached', 'done'];

/** How far it is, 0 to 1; of a group, the part of it that is over. */
function doneOf(row: Row): number {
  const { ended, all } = endedOf(row.counts);
  return all ? ended / all : row.progress;
}

const BY_ID = new Map(COLUMNS.map((one) => [one.id, one]));

export function columnOf(id: string): Column | undefined {
  return BY_ID.get(id);
}

/** The columns that fit, where nobody has chosen any. */
export function usual(width: number): string[] {
  return COLUMNS.filter((one) => one.from !== undefined && one.from <= width).map((one) => one.id);
}
