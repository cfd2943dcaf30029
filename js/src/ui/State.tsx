import type { JSX } from 'preact';

import type { Tone } from '../protocol';

/** A state by its shape, its colour and its word: each alone tells it. */
export function State({ tone, word }: { tone: Tone; word: string }): JSX.Element {
  return (
    <span class={`poj-state poj-is-${tone}`}>
      <Mark tone={tone} />
      <span class="poj-word">{word}</span>
    </span>
  );
}

/** The shape alone, where the word stands beside it. */
export function Mark({ tone }: { tone: Tone }): JSX.Element {
  return (
    <svg class={`poj-mark poj-is-${tone}`} viewBox="0 0 12 12" aria-hidden="true">
      {SHAPES[tone]}
    </svg>
  );
}

const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6 } as const;
const round = { ...line, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' } as const;

// The same shapes as the package's marks in text: ○ ◌ ● ✓ ↺ ✗ ■
const SHAPES: Record<Tone, JSX.Element> = {
  idle: <circle cx="6" cy="6" r="4" {...line} />,
  waiting: <circle cx="6" cy="6" r="4" {...line} stroke-dasharray="2.1 1.04" />,
  running: <circle cx="6" cy="6" r="4.6" fill="currentColor" />,
  done: <path d="M2 6.6 4.8 9.4 10.2 3.2" {...round} stroke-width={1.9} />,
  cached: <path d="M2.6 3.4A4.4 4.4 0 1 1 1.7 7M2.5 1v2.6h2.6" {...round} />,
  failed: <path d="M2.6 2.6 9.4 9.4M9.4 2.6 2.6 9.4" {...round} stroke-width={1.9} />,
  stopped: <rect x="2" y="2" width="8" height="8" rx="1" fill="currentColor" />,
};
