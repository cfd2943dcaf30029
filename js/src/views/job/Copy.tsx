import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { copyText } from '../../clipboard';
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
