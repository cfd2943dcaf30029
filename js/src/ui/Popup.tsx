import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
  label: string;
  /** What the button shows. */
  face: ComponentChildren;
  children: ComponentChildren;
}

/** A button that opens a small panel under it; Escape, or a click elsewhere, closes it. */
export function Popup({ label, face, children }: Props): JSX.Element {
  const open = useSignal(false);
  const whole = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open.value) return;
    whole.current?.querySelector<HTMLElement>('.poj-popup :is(input, select, button)')?.focus();
    const elsewhere = (event: Event): void => {
      if (!whole.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', elsewhere, true);
    return () => document.removeEventListener('pointerdown', elsewhere, true);
  }, [open, open.value]);

  return (
    <span
      class="poj-popup-place"
      ref={whole}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        event.stopPropagation();
        open.value = false;
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        class="poj-button"
        title={label}
        aria-label={label}
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {face}
      </button>
      {open.value && (
        <div class="poj-popup" role="group" aria-label={label}>
          {children}
        </div>
      )}
    </span>
  );
}
