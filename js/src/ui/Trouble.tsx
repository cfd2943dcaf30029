import type { ComponentChildren, JSX } from 'preact';

import type { Problem } from '../protocol';
import { t } from '../words';

interface Props {
  problem: Problem;
  again: () => void;
  /** What is to be said before it. */
  children?: ComponentChildren;
}

/** What went wrong with a question, and a way to ask again. */
export function Trouble({ problem, again, children }: Props): JSX.Element {
  return (
    <div class="poj-trouble" role="alert">
      <div>
        {children}
        <ProblemText problem={problem} />
      </div>
      <button type="button" class="poj-button" onClick={again}>
        {t('Try again')}
      </button>
    </div>
  );
}

/** What went wrong, and under it what to do about it. */
export function ProblemText({ problem }: { problem: Problem }): JSX.Element {
  return (
    <>
      {problem.message}
      {problem.hint && <div class="poj-muted">{problem.hint}</div>}
    </>
  );
}
