import { AskError, type Channel, type ChannelState } from './channel';
import type { Message, Push, Question, Verb, Verbs } from '../protocol';

interface Waiting {
  question: Question;
  settle: (answer: unknown) => void;
  fail: (error: AskError) => void;
}

/** Questions and who waits for their answers, whatever carries them. */
export abstract class Talk implements Channel {
  private readonly waiting = new Map<number, Waiting>();
  private readonly pushed = new Set<(push: Push) => void>();
  private readonly changed = new Set<(state: ChannelState) => void>();
  /** Those before this page, or beside it, may have asked over the same comm. */
  private last = Math.floor(Math.random() * 2 ** 40);

  constructor(private current: ChannelState) {}

  ask<V extends Verb>(verb: V, params: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    const question: Question = { id: ++this.last, ask: verb, with: params };
    return new Promise<unknown>((settle, fail) => {
      this.waiting.set(question.id, { question, settle, fail });
      this.post(question);
    }) as Promise<Verbs[V]['answer']>;
  }

  onPush(listener: (push: Push) => void): () => void {
    this.pushed.add(listener);
    return () => this.pushed.delete(listener);
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.changed.add(listener);
    listener(this.current);
    return () => this.changed.delete(listener);
  }

  abstract close(): void;

  /** Carry it over, now or as soon as that is possible. */
  protected abstract post(question: Question): void;

  protected get state(): ChannelState {
    return this.current;
  }

  protected become(state: ChannelState): void {
    if (state === this.current) return;
    this.current = state;
    for (const listener of [...this.changed]) listener(state);
  }

  /** All that has not been answered, the oldest first. */
  protected get unanswered(): Question[] {
    return [...this.waiting.values()].map(({ question }) => question);
  }

  /** Answer them oneself: they will not be answered by the other side. */
  protected giveUp(questions: Question[], message: string, hint: string): void {
    for (const { id } of questions) {
      this.waiting.get(id)?.fail(new AskError({ message, hint }));
      this.waiting.delete(id);
    }
  }

  protected receive(message: Message): void {
    if ('push' in message) {
      for (const listener of [...this.pushed]) listener(message);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.problem) waiting?.fail(new AskError(message.problem));
    else waiting?.settle(message.answer);
  }
}
