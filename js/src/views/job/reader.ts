import { batch, signal } from '@preact/signals';

import { AskError, problemOf, type Channel } from '../../channels/channel';
import type { LogPart, Problem } from '../../protocol';
import { t } from '../../words';
import { Lines } from './lines';

export type Stream = 'stdout' | 'stderr';

/** Bytes: what is shown first, what is asked at once, how far behind it jumps instead of reading. */
export const FIRST = 64_000;
export const STEP = 256_000;
export const FAR = 4_000_000;
/** Fewer bytes than this are not asked for: the other side would send more. */
const LEAST = 1_024;

/** Reads one stream of a job: its end, and as it grows; its start, and what lies between. */
export class Reader {
  readonly lines = new Lines();
  /** Moves with each change of the lines. */
  readonly version = signal(0);
  readonly size = signal(0);
  /** Whether nothing will be added. */
  readonly ended = signal(false);
  readonly following = signal(true);
  readonly loading = signal(false);
  readonly problem = signal<Problem | null>(null);
  private turn = 0;
  private told = 0; // how often it was told how long the file is

  constructor(
    private readonly channel: Channel,
    private readonly key: string,
    private readonly stream: Stream,
  ) {}

  /** The end of it, and what is added from now on. */
  async toEnd(): Promise<void> {
    this.following.value = true;
    if (this.turn && this.near()) await this.more();
    else await this.jump(-1);
  }

  async toStart(): Promise<void> {
    this.following.value = false;
    if (this.lines.from > 0 || !this.turn) await this.jump(0);
  }

  stay(): void {
    this.following.value = false;
  }

  /** What comes before the lines that are held. */
  async earlier(): Promise<void> {
    if (this.lines.from > 0) await this.alone((turn) => this.readEarlier(turn));
  }

  /** What comes after them. */
  async later(): Promise<void> {
    if (this.lines.to < this.size.value) await this.alone((turn) => this.readLater(turn));
  }

  /** As much of the file as can be held. */
  async all(): Promise<void> {
    await this.alone(async (turn) => {
      const { lines } = this;
      while (turn === this.turn && lines.from > 0 && !lines.full) await this.readEarlier(turn);
      while (turn === this.turn && lines.to < this.size.value && !lines.full) {
        if (!(await this.readLater(turn))) break;
      }
    });
  }

  /** It was told how long the file is now. */
  async grown(size: number, ended: boolean): Promise<void> {
    this.told += 1;
    batch(() => {
      this.size.value = size;
      this.ended.value = ended;
    });
    if (!this.turn) return;
    if (size < this.lines.to) await this.jump(-1);
    else if (this.following.value) await this.more();
  }

  /** Look whether there is more, where it is not told. */
  async look(): Promise<void> {
    if (!this.version.value || !this.following.value || this.ended.value) return;
    await this.alone((turn) => this.readLater(turn));
  }

  async again(): Promise<void> {
    if (this.following.value || !this.version.value) await this.jump(-1);
    else await this.later();
  }

  dispose(): void {
    this.turn = -1;
  }

  private near(): boolean {
    return this.version.value > 0 && this.size.value - this.lines.to <= FAR;
  }

  /** Catch up with what was added, if it is followed. */
  private async more(): Promise<void> {
    if (!this.following.value || this.lines.to >= this.size.value) return;
    if (this.near()) await this.later();
    else await this.jump(-1);
  }

  private async jump(at: number): Promise<void> {
    if (this.turn < 0) return;
    this.turn += 1;
    this.loading.value = false;
    await this.alone(async (turn) => {
      const part = await this.ask(at, at < 0 ? FIRST : STEP);
      if (turn === this.turn) this.changed(part, () => this.lines.replace(part));
    });
  }

  private async readEarlier(turn: number): Promise<void> {
    const end = this.lines.from;
    if (end < LEAST) return this.jump(0);
    const at = end - STEP < LEAST ? 0 : end - STEP;
    const part = await this.ask(at, end - at);
    if (turn !== this.turn) return;
    // An escape sequence that the lines held here begin in the middle of may be missing.
    if (part.to <= end - LEAST || part.to > end) {
      throw new AskError({ message: t('The file has changed.'), hint: '' });
    }
    this.changed(part, () => this.lines.prepend({ ...part, to: end }));
  }

  /** False when nothing came. */
  private async readLater(turn: number): Promise<boolean> {
    const part = await this.ask(this.lines.to, STEP);
    if (turn !== this.turn) return false;
    if (part.size < this.lines.to) {
      this.changed(part, () => this.lines.replace({ ...part, text: '', from: 0, to: 0 }));
      return false;
    }
    const any = part.to > part.from;
    this.changed(part, () => any && this.lines.append(part));
    return any;
  }

  private changed(part: LogPart, change: () => unknown): void {
    batch(() => {
      if (change() !== false) this.version.value += 1;
      this.size.value = Math.max(part.size, this.lines.to);
      this.ended.value = part.ended;
    });
  }

  private async ask(at: number, most: number): Promise<LogPart> {
    const { told } = this;
    const part = await this.channel.ask('log', { key: this.key, stream: this.stream, at, most });
    // What it was told meanwhile is newer than an answer that was on its way.
    return told === this.told ? part : { ...part, size: this.size.value, ended: this.ended.value };
  }

  /** One question at a time; what a later jump overtook is forgotten. */
  private async alone(work: (turn: number) => Promise<unknown>): Promise<void> {
    const { turn, told } = this;
    if (this.loading.value || turn < 0) return;
    const version = this.version.value;
    let problem: Problem | null = null;
    this.loading.value = true;
    try {
      await work(turn);
    } catch (error) {
      problem = problemOf(error);
    }
    if (turn !== this.turn) return;
    batch(() => {
      this.loading.value = false;
      this.problem.value = problem;
    });
    const isNews = this.version.value !== version || this.told !== told;
    if (!problem && isNews) await this.more();
  }
}
