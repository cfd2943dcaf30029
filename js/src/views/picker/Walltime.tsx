import type { VNode } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

import { duration } from '../../ui/format';
import { t } from '../../words';
import { readWalltime, walltimeText } from './hours';

const HOUR = 3600;
const QUICK = [HOUR / 2, HOUR, 2 * HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR];

/** For how long: as text, or one of the usual lengths. What is wrong stays to be put right. */
export function Walltime(props: { seconds: number; change: (seconds: number) => void }): VNode {
  const { seconds, change } = props;
  const [text, setText] = useState(walltimeText(seconds));
  const note = useId();
  const wrong = readWalltime(text) === null;
  useEffect(() => {
    if (readWalltime(text) !== seconds) setText(walltimeText(seconds));
  }, [seconds]);
  return (
    <fieldset>
      <legend>{t('How long')}</legend>
      <input
        aria-label={t('Walltime, hours:minutes:seconds')}
        aria-invalid={wrong}
        aria-describedby={wrong ? note : undefined}
        placeholder={t('site’s own')}
        value={text}
        size={9}
        onInput={(event) => {
          const written = event.currentTarget.value;
          setText(written);
          const read = readWalltime(written);
          if (read !== null) change(read);
        }}
      />
      <span class="poj-pills">
        {QUICK.map((length) => (
          <button
            key={length}
            type="button"
            class="poj-pill"
            aria-pressed={seconds === length}
            onClick={() => {
              setText(walltimeText(length));
              change(length);
            }}
          >
            {duration(length)}
          </button>
        ))}
      </span>
      {wrong && (
        <div id={note} class="poj-wrong" role="alert">
          {t('Write hours:minutes:seconds, such as 1:30:00.')}
        </div>
      )}
    </fieldset>
  );
}
