import { useEffect, useState, type MutableRef } from 'preact/hooks';

/** Whether the element can be seen: its tab is in front, and its page too. */
export function useVisible(element: MutableRef<Element | null>): boolean {
  const [inView, setInView] = useState(true);
  const [inFront, setInFront] = useState(() => !document.hidden);
  useEffect(() => {
    const turned = (): void => setInFront(!document.hidden);
    document.addEventListener('visibilitychange', turned);
    return () => document.removeEventListener('visibilitychange', turned);
  }, []);
  useEffect(() => {
    if (!element.current || typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver((entries) => {
      setInView(entries.at(-1)?.isIntersecting ?? true);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return inView && inFront;
}
