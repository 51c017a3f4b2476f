/** The line in the picture between before and after. */
import * as state from "../state.ts";

/** Is dragged, or moved with the arrow keys. */
export function SplitLine() {
  const drag = (event: PointerEvent) => {
    const line = event.currentTarget as HTMLElement;
    if (!line.hasPointerCapture(event.pointerId)) return;
    const { left, width } = line.parentElement!.getBoundingClientRect();
    state.split.value = Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const keys = ({ key }: KeyboardEvent) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[key];
    if (step !== undefined) state.split.value = Math.min(1, Math.max(0, state.split.value + step));
  };
  return (
    <div
      class="split"
      role="slider"
      tabIndex={0}
      aria-label="Line between before and after"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * state.split.value)}
      style={{ left: `${100 * state.split.value}%` }}
      onPointerDown={(event) => (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={keys}
    >
      <span class="before">before</span>
      <span class="grip" aria-hidden="true" />
      <span class="after">after</span>
    </div>
  );
}
