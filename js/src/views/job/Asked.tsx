import type { JSX } from 'preact';

import type { Details } from '../../protocol';
import { t } from '../../words';
import { Copy } from './Copy';

/** What was asked, and where its files are; each can be copied. */
export function Asked({ details }: { details: Details }): JSX.Element {
  return (
    <section class="poj-asked">
      <Words label={t('Asked')} text={details.asked} />
      <Words label={t('Command')} text={details.command} />
      <Words label={t('Folder')} text={details.folder} />
      <Words label={t('Directory on the node')} text={details.directory} />
    </section>
  );
}

function Words({ label, text }: { label: string; text: string }): JSX.Element | null {
  if (!text) return null;
  return (
    <div class="poj-words">
      <h3>{label}</h3>
      <code>{text}</code>
      <Copy label={t('Copy')} text={() => text} />
    </div>
  );
}
