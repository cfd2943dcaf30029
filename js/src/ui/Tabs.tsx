import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

interface Props<Id extends string> {
  label: string;
  tabs: { id: Id; label: string }[];
  chosen: Id;
  choose: (id: Id) => void;
  /** Joins tabs and panels: the panel's id is `<prefix>-<tab's id>`. */
  prefix: string;
}

/** A row of tabs; the arrow keys choose. */
export function Tabs<Id extends string>(props: Props<Id>): JSX.Element {
  const { label, tabs, chosen, choose, prefix } = props;
  const list = useRef<HTMLDivElement>(null);

  function onKey(event: KeyboardEvent): void {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const to = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    const tab = tabs[to ?? -1];
    if (!tab) return;
    event.preventDefault();
    event.stopPropagation();
    choose(tab.id);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[tabs.indexOf(tab)]?.focus();
  }

  return (
    <div class="poj-tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKey}>
      {tabs.map(({ id, label }) => (
        <button
          key={id}
          type="button"
          role="tab"
          class="poj-tab"
          id={`${prefix}-${id}-tab`}
          aria-selected={id === chosen}
          aria-controls={`${prefix}-${id}`}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => choose(id)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
