import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';

import { problemOf } from '../../channels/channel';
import { copyText } from '../../clipboard';
import { useMonitor } from '../../context';
import { ProblemText } from '../../ui/Trouble';
import { t } from '../../words';
import type { Picker } from './usePicker';

interface Props {
  picker: Picker;
  /** Called with the words that were taken. */
  onTaken: (words: string) => void;
}

/** The request's words, which can be edited, and what to do with them. */
export function Words({ picker, onTaken }: Props): VNode {
  const { host } = useMonitor();
  const [told, tell] = useState({ text: '', words: '' });
  const field = useId();
  const note = useId();
  const { text, textProblem, dropped, ready } = picker;

  async function use(): Promise<void> {
    try {
      const how = await host.useInCell(text);
      tell({ text, words: USED[how]() });
      if (how !== 'impossible') onTaken(text);
    } catch (error) {
      const { message, hint } = problemOf(error);
      tell({ text, words: `${message} ${hint}`.trim() });
    }
  }
  async function copy(): Promise<void> {
    const copied = await copyText(text);
    const words = copied ? t('Copied.') : t('The page may not copy: mark the text and copy it.');
    tell({ text, words });
    if (copied) onTaken(text);
  }
  return (
    <div class="poj-request">
      <label for={field}>{t('Request')}</label>
      <textarea
        id={field}
        rows={2}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={Boolean(textProblem)}
        aria-describedby={textProblem ? note : undefined}
        value={text}
        onInput={(event) => picker.type(event.currentTarget.value)}
      />
      {textProblem && (
        <div id={note} class="poj-wrong" role="alert">
          <ProblemText problem={textProblem} />
        </div>
      )}
      {dropped && (
        <div class="poj-muted">
          {t('The form has replaced your words.')}{' '}
          <button type="button" class="poj-link" onClick={() => picker.type(dropped)}>
            {t('Bring them back')}
          </button>
        </div>
      )}
      <div class="poj-take">
        <button
          type="button"
          class="poj-button poj-primary"
          disabled={!ready || !text}
          onClick={() => void use()}
        >
          {t('Use in this cell')}
        </button>
        <button
          type="button"
          class="poj-button"
          disabled={!ready || !text}
          onClick={() => void copy()}
        >
          {t('Copy')}
        </button>
        <span class="poj-told" role="status">
          {told.text === text && told.words}
        </span>
      </div>
    </div>
  );
}

const USED = {
  placed: () => t('It is on the first line of the cell.'),
  copied: () => t('Copied: paste it on the first line of a cell.'),
  impossible: () => t('There is no cell to put it in, and it could not be copied.'),
};
