import type { Problem, Push, Verb, Verbs } from '../protocol';

/** The way to whoever knows the jobs. */
export interface Channel {
  /** Rejects with an `AskError` that a person can read. */
  ask<V extends Verb>(verb: V, params: Verbs[V]['ask']): Promise<Verbs[V]['answer']>;
  /** Hear all that comes unasked, until the returned function is called. */
  onPush(listener: (push: Push) => void): () => void;
  /** Hear when it opens (again, too) and when it is lost; called at once with how it is now. */
  onState(listener: (state: ChannelState) => void): () => void;
  /** What was asked and not answered never is. */
  close(): void;
}

export type ChannelState = 'opening' | 'open' | 'lost';

/** What went wrong with a question, in the words of the other side. */
export class AskError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = 'AskError';
  }
}

/** What went wrong, whatever was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof AskError) return error.problem;
  return { message: error instanceof Error ? error.message : String(error), hint: '' };
}
