import { Component, type ComponentChildren } from 'preact';

import { t } from '../words';

/** Shows what went wrong in a view instead of nothing at all. */
export class Boundary extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: Error } {
    console.error(error);
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ComponentChildren {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div class="poj-nothing" role="alert">
        <p>{t('This view stopped on an error of its own. Your jobs are not touched by it.')}</p>
        <pre>{error.message}</pre>
        <button type="button" class="poj-button" onClick={() => this.setState({ error: null })}>
          {t('Show it again')}
        </button>
      </div>
    );
  }
}
