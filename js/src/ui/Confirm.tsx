import { render, type JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

export interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
}

/** Ask in a dialog above the page. Esc means no, and so does Enter, for no has the focus. */
export function confirm(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const place = document.createElement('div');
    // Keys in here are not JupyterLab's.
    place.dataset.lmSuppressShortcuts = 'true';
    document.body.append(place);
    const answer = (yes: boolean): void => {
      render(null, place);
      place.remove();
      resolve(yes);
    };
    render(<Confirm {...question} answer={answer} />, place);
  });
}

function Confirm(props: Question & { answer: (yes: boolean) => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const said = useRef(false);
  const safe = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    safe.current?.focus();
  }, []);
  // Closing it gives the focus back to where it was.
  const close = (): void => {
    props.answer(said.current);
  };
  const say = (yes: boolean): void => {
    said.current = yes;
    dialog.current?.close();
  };
  return (
    <dialog
      ref={dialog}
      class="poj-confirm"
      role="alertdialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={close}
    >
      <h2 id={`${id}-title`}>{props.title}</h2>
      <p id={`${id}-text`}>{props.text}</p>
      <div class="poj-confirm-buttons">
        <button ref={safe} type="button" class="poj-button" onClick={() => say(false)}>
          {props.no}
        </button>
        <button type="button" class="poj-button poj-is-danger" onClick={() => say(true)}>
          {props.yes}
        </button>
      </div>
    </dialog>
  );
}
