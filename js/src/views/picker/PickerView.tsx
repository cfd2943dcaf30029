import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';

import { t } from '../../words';
import { Trouble } from '../../ui/Trouble';
import { useBackend } from '../../ui/useBackend';
import { useVisible } from '../../ui/useVisible';
import { Conditions } from './Conditions';
import { Levels } from './Levels';
import { Outlook } from './Outlook';
import { QueueAndTypes } from './QueueAndTypes';
import { usePicker } from './usePicker';
import { useRecent } from './useRecent';
import { Walltime } from './Walltime';
import { Words } from './Words';

/** Resources picked by eye: a form, what it would get and when, and its words. */
export function PickerView(): VNode {
  const element = useRef<HTMLDivElement>(null);
  const visible = useVisible(element);
  const { backend, chooser } = useBackend();
  const picker = usePicker(backend, visible);
  const { recent, add } = useRecent();
  const { site, choice, change, siteProblem } = picker;

  return (
    <div class="poj-picker" ref={element} aria-busy={!site && !siteProblem}>
      {chooser}
      {siteProblem && <Trouble problem={siteProblem} again={picker.askSite} />}
      {!site && !siteProblem && <p class="poj-empty">{t('Asking what the site has…')}</p>}
      {site && choice && (
        <>
          <form class="poj-form" onSubmit={(event) => event.preventDefault()}>
            <Levels site={site} choice={choice} change={change} />
            <Conditions site={site} choice={choice} change={change} />
            <Walltime
              seconds={choice.walltime}
              change={(walltime) => change({ ...choice, walltime })}
            />
            <QueueAndTypes site={site} choice={choice} change={change} />
          </form>
          <div class="poj-result">
            <Outlook
              site={site}
              picked={picker.picked}
              problem={picker.pickProblem}
              old={!picker.ready}
            />
            <Words picker={picker} onTaken={add} />
            {recent.length > 0 && (
              <div class="poj-recent" role="group" aria-label={t('Used lately')}>
                <span class="poj-muted">{t('Used lately')}</span>
                {recent.map((words) => (
                  <button
                    key={words}
                    type="button"
                    class="poj-pill"
                    title={words}
                    onClick={() => picker.type(words)}
                  >
                    {words}
                  </button>
                ))}
              </div>
            )}
          </div>
        </>
      )}
    </div>
  );
}
