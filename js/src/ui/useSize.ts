import { useEffect, type MutableRef } from 'preact/hooks';

/** Hear the inner size of an element, in pixels; nothing is told while it is not in the page. */
export function useSize(
  element: MutableRef<HTMLElement | null>,
  hear: (width: number, height: number) => void,
): void {
  useEffect(() => {
    const seen = element.current;
    if (!seen || typeof ResizeObserver === 'undefined') return;
    const look = (): void => {
      if (seen.clientWidth) hear(seen.clientWidth, seen.clientHeight);
    };
    const observer = new ResizeObserver(look);
    observer.observe(seen);
    look();
    return () => observer.disconnect();
  }, [element]);
}
