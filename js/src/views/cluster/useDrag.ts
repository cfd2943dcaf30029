import { useRef, useState } from 'preact/hooks';

interface Handlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
  onPointerCancel: (event: PointerEvent) => void;
  onClickCapture: (event: MouseEvent) => void;
}

/** How far the pointer moves before it is not a click, in pixels. */
const SLACK = 4;

/**
 * Follow a drag: `begin` answers what to call with how far it has come, in pixels. The click that
 * ends it is swallowed.
 */
export function useDrag(begin: (event: PointerEvent) => (dx: number, dy: number) => void): {
  dragging: boolean;
  handlers: Handlers;
} {
  const [dragging, setDragging] = useState(false);
  const drag = useRef<{ x: number; y: number; move: (dx: number, dy: number) => void } | null>(
    null,
  );
  const moved = useRef(false);
  const stop = (): void => {
    drag.current = null;
    setDragging(false);
  };
  const handlers: Handlers = {
    onPointerDown(event) {
      moved.current = false;
      if (event.button !== 0) return;
      drag.current = { x: event.clientX, y: event.clientY, move: begin(event) };
    },
    onPointerMove(event) {
      if (!drag.current) return;
      if (!event.buttons) {
        stop(); // it was let go elsewhere
        return;
      }
      const dx = event.clientX - drag.current.x;
      const dy = event.clientY - drag.current.y;
      if (!moved.current) {
        if (Math.hypot(dx, dy) < SLACK) return;
        moved.current = true;
        setDragging(true);
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      }
      drag.current.move(dx, event.pointerType === 'mouse' ? dy : 0);
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onClickCapture(event) {
      if (!moved.current) return;
      moved.current = false;
      event.stopPropagation();
    },
  };
  return { dragging, handlers };
}
