import type { AnyModel } from '@anywidget/types';

import type { Channel } from './channel';
import type { Message, Question } from '../protocol';
import { Talk } from './talk';

/** How long a question may wait in silence, in milliseconds. A kernel at work answers late. */
const PATIENCE = 20_000;

/** The way to the notebook's kernel, by the widget's own comm. */
export function kernelChannel(model: AnyModel): Channel {
  return new KernelTalk(model);
}

class KernelTalk extends Talk {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly hear = (message: Message) => {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.become('open');
    this.receive(message);
    if (this.unanswered.length > 0) this.wait();
  };

  constructor(private readonly model: AnyModel) {
    super('open');
    model.on('msg:custom', this.hear);
  }

  close(): void {
    clearTimeout(this.timer);
    this.model.off('msg:custom', this.hear);
  }

  protected post(question: Question): void {
    this.model.send(question);
    this.wait();
  }

  private wait(): void {
    this.timer ??= setTimeout(() => this.become('lost'), PATIENCE);
  }
}
