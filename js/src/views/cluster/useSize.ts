import { useLayoutEffect, useState, type MutableRef } from 'preact/hooks';

export interface Size {
  width: number;
  height: number;
}

/** The room inside an element, in pixels; a likely one until it is measured. */
export function useSize(element: MutableRef<Element | null>): Size {
  const [size, setSize] = useState<Size>({ width: 640, height: 360 });
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = measured;
      if (!width) return;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    };
    measure();
    if (typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
