import { act } from '../../actions';
import type { Monitor } from '../../context';
import { isRow, type Line } from './arrange';
import type { Selection } from './select';
import type { Table } from './table';

/** What the keyboard does in the table, as a treegrid whose rows take the focus does it. */
export interface Hands {
  monitor: Monitor;
  table: Table;
  selection: Selection;
  /** Bring a line into sight, and the focus to it. */
  goTo(index: number): void;
  /** How many lines are in sight. */
  page(): number;
}

export function onKey(event: KeyboardEvent, hands: Hands): void {
  if (event.altKey || event.isComposing) return;
  if (pressed(event, hands)) {
    event.preventDefault();
    event.stopPropagation();
  }
}

function pressed(event: KeyboardEvent, hands: Hands): boolean {
  const { monitor, table, selection } = hands;
  const { lines } = table.arranged.peek();
  const at = Math.max(
    0,
    lines.findIndex((line) => line.key === table.active.peek()),
  );
  const line = lines[at];
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== 'a') return false;
    selection.all();
    return true;
  }
  const to = destination(event.key, at, lines.length, hands.page());
  if (to !== null) {
    const there = lines[to];
    if (event.shiftKey && there) {
      if (line && !table.selected.peek().size) selection.only(line.key);
      selection.upTo(there.key);
    }
    hands.goTo(to);
    return true;
  }
  if (event.key === 'Escape') return back(monitor, table, selection);
  if (!line) return false;
  switch (event.key) {
    case 'ArrowRight':
      if (isOpen(line, hands) === false) setOpen(line, true, hands);
      else if (isOpen(line, hands)) hands.goTo(Math.min(at + 1, lines.length - 1));
      return true;
    case 'ArrowLeft':
      if (isOpen(line, hands)) setOpen(line, false, hands);
      else hands.goTo(parentOf(line, at, lines));
      return true;
    case 'Enter':
      if (isRow(line)) monitor.store.show(line.key);
      else setOpen(line, !isOpen(line, hands), hands);
      return true;
    case ' ':
      if (!isRow(line)) setOpen(line, !isOpen(line, hands), hands);
      else if (event.shiftKey) selection.upTo(line.key);
      else selection.toggle(line.key);
      return true;
    case 'Delete': {
      const selected = table.selectedRows.peek();
      void act(monitor, 'cancel', selected.length ? selected : [line].filter(isRow));
      return true;
    }
    default:
      return false;
  }
}

function destination(key: string, at: number, count: number, page: number): number | null {
  const last = Math.max(0, count - 1);
  switch (key) {
    case 'ArrowDown':
      return Math.min(at + 1, last);
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'PageDown':
      return Math.min(at + page, last);
    case 'PageUp':
      return Math.max(at - page, 0);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** Leave the details, then the selection. */
function back({ store }: Monitor, table: Table, selection: Selection): boolean {
  if (store.shown.peek()) store.show('');
  else if (table.selected.peek().size) selection.none();
  else return false;
  return true;
}

/** Null for what does not open. */
function isOpen(line: Line, { monitor, table }: Hands): boolean | null {
  if (!isRow(line)) return !table.closed.peek().has(line.key);
  return line.opens ? monitor.store.opened.peek().has(line.key) : null;
}

export function setOpen(line: Line, open: boolean, { monitor, table }: Hands): void {
  if (isRow(line)) {
    if (line.opens) monitor.store.open(line.key, open);
    return;
  }
  const closed = new Set(table.closed.peek());
  if (open) closed.delete(line.key);
  else closed.add(line.key);
  table.closed.value = closed;
}

function parentOf(line: Line, at: number, lines: Line[]): number {
  const above = isRow(line) && line.parent ? lines.findIndex((one) => one.key === line.parent) : -1;
  if (above >= 0) return above;
  const heading = lines.slice(0, at).findLastIndex((one) => !isRow(one));
  return heading >= 0 ? heading : at;
}
