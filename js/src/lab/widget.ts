import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

/** A place for the component among JupyterLab's; it is filled when it is first seen. */
export class MonitorWidget extends Widget {
  private empty: (() => void) | null = null;

  constructor(private readonly fill: (node: HTMLElement) => () => void) {
    super();
    this.addClass('poj-lab');
  }

  override dispose(): void {
    this.empty?.();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) this.fillOnce();
  }

  protected override onBeforeShow(message: Message): void {
    super.onBeforeShow(message);
    this.fillOnce();
  }

  /** Keyboards come in here, once what is shown has been drawn. */
  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    queueMicrotask(() => {
      if (this.node.contains(document.activeElement)) return;
      this.node.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    });
  }

  private fillOnce(): void {
    this.empty ??= this.fill(this.node);
  }
}
