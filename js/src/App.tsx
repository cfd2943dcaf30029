import { useComputed, useSignal, type Signal } from '@preact/signals';
import type { HTMLAttributes, JSX, RefObject } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

import { useMonitor } from './context';
import type { Row } from './protocol';
import { Boundary } from './ui/Boundary';
import { Tabs } from './ui/Tabs';
import { useSize } from './ui/useSize';
import { ClusterView } from './views/cluster/ClusterView';
import { JobView } from './views/job/JobView';
import { JobsView } from './views/jobs/JobsView';
import { PickerView } from './views/picker/PickerView';
import { t } from './words';

/** From so many pixels on, a job stands beside the table; below, in its place. */
const WIDE = 900;

export type Tab = 'jobs' | 'cluster' | 'resources';

/** All of it: tabs, and what each shows. */
export function App({ tab }: { tab: Signal<Tab> }): JSX.Element {
  const { store } = useMonitor();
  const whole = useRef<HTMLDivElement>(null);
  const width = useSignal(WIDE);
  const prefix = useId();
  useSize(whole, (now) => {
    width.value = now;
  });
  const beside = useComputed(() => width.value >= WIDE).value;
  const shown = store.shown.value;
  const tabs: { id: Tab; label: string }[] = [
    { id: 'jobs', label: t('Jobs') },
    { id: 'cluster', label: t('Cluster') },
    { id: 'resources', label: t('Resources') },
  ];
  const panel = (id: Tab): HTMLAttributes<HTMLDivElement> => ({
    id: `${prefix}-${id}`,
    role: 'tabpanel',
    class: 'poj-panel',
    'aria-labelledby': `${prefix}-${id}-tab`,
    hidden: id !== tab.value || (!!shown && !beside),
  });

  return (
    <div ref={whole} class="poj-app" onFocusIn={keepKeys}>
      <Tabs
        label={t('Views')}
        tabs={tabs}
        prefix={prefix}
        chosen={tab.value}
        choose={(id) => {
          tab.value = id;
          if (!beside) store.show('');
        }}
      />
      <Connection />
      <div class="poj-main">
        <div {...panel('jobs')}>
          <Boundary>
            <JobsView />
          </Boundary>
        </div>
        <div {...panel('cluster')}>
          <Boundary>{tab.value === 'cluster' && <ClusterView />}</Boundary>
        </div>
        <div {...panel('resources')}>
          <Boundary>{tab.value === 'resources' && <PickerView />}</Boundary>
        </div>
        {shown && <Shown key={shown} of={shown} beside={beside} />}
      </div>
    </div>
  );
}

/** The job that was opened. */
function Shown({ of, beside }: { of: string; beside: boolean }): JSX.Element {
  const { store } = useMonitor();
  const last = useRef<Row>();
  const row = (last.current = store.rows.value.get(of) ?? last.current);
  const whole = useKeptFocus(!beside);
  return (
    <aside
      ref={whole}
      class={beside ? 'poj-detail poj-beside' : 'poj-detail'}
      aria-label={t('Job')}
    >
      <button
        type="button"
        class="poj-button poj-back"
        title={t('Back (Escape)')}
        onClick={() => store.show('')}
      >
        {beside ? t('✕ Close') : t('← Back')}
      </button>
      {row ? (
        <Boundary>
          <JobView row={row} />
        </Boundary>
      ) : (
        <p class="poj-nothing">
          {store.ready.value ? t('This job is not listed any more.') : t('Looking for jobs…')}
        </p>
      )}
    </aside>
  );
}

/** Where the table gives way, the focus comes along; it goes back to where it was in the end. */
function useKeptFocus(take: boolean): RefObject<HTMLElement> {
  const place = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (take) place.current?.querySelector('button')?.focus();
    return () => {
      if (!place.current?.contains(document.activeElement)) return;
      requestAnimationFrame(() => {
        if (before instanceof HTMLElement) before.focus();
      });
    };
  }, []);
  return place;
}

/** What keeps the rows from being up to date. */
export function Connection(): JSX.Element | null {
  const { store } = useMonitor();
  const lost = store.state.value === 'lost';
  const words = lost
    ? t('The connection is lost. What you see is as it was; it is tried again…')
    : store.trouble.value;
  return words ? (
    <div class="poj-banner" role="status">
      {words}
    </div>
  ) : null;
}

/** In a notebook, keys that are pressed here are not the notebook's commands. */
export function keepKeys(event: FocusEvent): void {
  const here = event.currentTarget as HTMLElement;
  here.toggleAttribute('data-lm-suppress-shortcuts', !!here.closest('.jp-Notebook'));
}
