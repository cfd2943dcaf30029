import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { t } from '../../words';

/** A button that copies a text and says that it did. */
export function Copy({ text, label }: { text: () => string; label: string }): JSX.Element {
  const [copied, setCopied] = useState<boolean | null>(null);
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const said = copied === null ? label : copied ? t('Copied') : t('Not copied');
  const copy = (): void => void copyText(text()).then(setCopied);
  return (
    <button type="button" class="poj-button poj-small" title={label} onClick={copy}>
      <span aria-live="polite">{said}</span>
    </button>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOld(text); // a page that is not served by HTTPS has no clipboard
  }
}

function copyOld(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only other way
  const done = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}

/** Have the browser save a text as a file. */
export function download(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name.replace(/[^\w.-]+/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
