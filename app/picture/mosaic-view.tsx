/** The picture: a plane of the mosaic to pan and zoom, a line between before and after, the tiles over it. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { toggleTile } from "../actions.ts";
import type { ImageFacts } from "../engine/messages.ts";
import * as state from "../state.ts";
import { greyRange, readBackdrop, readCoarsest, readDetail, wholeExtent } from "./load-planes.ts";
import { type LoadedPlane, Painter } from "./painter.ts";
import { SplitLine } from "./split-line.tsx";
import { TileMap } from "./tile-map.tsx";

/** A movement of fewer screen pixels is a click. */
const clickPx = 4;
const settleMs = 120;

export function MosaicView() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => startPicture(canvas.current!), []);
  const { value: image } = state.image;
  return (
    <div class={image === undefined ? "picture idle" : "picture"} data-testid="picture">
      <canvas
        ref={canvas}
        role="img"
        tabIndex={0}
        aria-label={`Plane ${state.z.value + 1} of ${image?.name ?? "the mosaic"}. Arrow keys move, plus and minus zoom, 0 shows all.`}
      />
      <TileMap canvas={canvas} />
      {state.result.value !== undefined && <SplitLine />}
    </div>
  );
}

/** Draws whenever something changes, and reads what is missing. @returns ends that */
function startPicture(canvas: HTMLCanvasElement): () => void {
  let painter: Painter;
  try {
    painter = new Painter(canvas);
  } catch (error) {
    state.trouble.value = (error as Error).message;
    return () => undefined;
  }
  let backdrop: LoadedPlane | undefined;
  let shownImage: ImageFacts | undefined;
  let frame = 0;
  let settling = 0;
  const redraw = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw(painter));
  };
  const show = (planes: readonly (LoadedPlane | undefined)[]) => {
    painter.setPlanes(planes.filter((plane) => plane !== undefined));
    redraw();
  };
  const addDetail = async () => {
    const { value: image } = state.image;
    const [channel, z, view] = [state.channel.value, state.z.value, state.view.value];
    if (image === undefined || backdrop === undefined) return;
    const isStill = () =>
      image === state.image.value &&
      z === state.z.value &&
      channel === state.channel.value &&
      view === state.view.value;
    const detail = await readDetail(image, channel, z, view, canvas).catch(
      (error) => void (isStill() && failed(error)),
    );
    if (isStill() && backdrop !== undefined) show([backdrop, detail]);
  };
  const settle = () => {
    clearTimeout(settling);
    settling = window.setTimeout(addDetail, settleMs);
  };
  const ends = [
    effect(() => {
      const { value: image } = state.image;
      if (image !== undefined) showAll(canvas);
    }),
    effect(() => {
      const [image, channel, z] = [state.image.value, state.channel.value, state.z.value];
      if (image === undefined) return;
      const isStill = () => image === state.image.value && channel === state.channel.value && z === state.z.value;
      const isFirst = image !== shownImage;
      shownImage = image;
      let isComplete = false;
      const sooner = isFirst ? readCoarsest(image, channel, z) : undefined;
      sooner?.then(
        (plane) => {
          if (!isStill() || isComplete) return;
          if (!state.isGreySet.value) state.grey.value = greyRange(plane.counts);
          show([plane]);
        },
        // Said of the finer one
        () => undefined,
      );
      readBackdrop(image, channel, z).then(
        (plane) => {
          if (!isStill()) return;
          isComplete = true;
          backdrop = plane;
          if (!state.isGreySet.value) state.grey.value = greyRange(plane.counts);
          show([plane]);
          settle();
        },
        (error) => void (isStill() && failed(error)),
      );
    }),
    effect(() => painter.setProfiles(state.result.value?.profiles ?? [])),
    effect(() => {
      void [state.view.value, state.grey.value, state.split.value, state.result.value, state.channel.value];
      redraw();
    }),
    effect(() => {
      void state.view.value;
      settle();
    }),
    listen(canvas),
    watchSize(canvas, redraw),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function failed(error: Error): void {
  state.trouble.value = `The picture lacks a part: ${error.message}`;
}

function draw(painter: Painter): void {
  const { value: image } = state.image;
  if (image === undefined) return;
  painter.draw({
    view: state.view.value,
    grey: state.grey.value,
    tint: [1, 1, 1],
    split: state.result.value === undefined ? 1 : state.split.value,
    tiles: image.tiles,
    channel: state.channel.value,
  });
}

/** Shows all of the mosaic. */
function showAll(canvas: { readonly width: number; readonly height: number }): void {
  const { value: image } = state.image;
  if (image === undefined || canvas.width === 0) return;
  const [, , right, bottom] = wholeExtent(image);
  const scale = 0.98 * Math.min(canvas.width / right, canvas.height / bottom);
  state.showsAll.value = true;
  state.view.value = { x: right / 2, y: bottom / 2, scale };
}

/** Keeps the canvas as fine as the screen. */
function watchSize(canvas: HTMLCanvasElement, redraw: () => void): () => void {
  const observer = new ResizeObserver(() => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    state.pictureSize.value = [canvas.clientWidth, canvas.clientHeight];
    if (state.showsAll.value) showAll(canvas);
    redraw();
  });
  observer.observe(canvas);
  return () => observer.disconnect();
}

/** Zooms by a factor around a point of the picture, in its pixels. */
function zoom(canvas: HTMLCanvasElement, factor: number, [x, y] = [canvas.width / 2, canvas.height / 2]): void {
  const { value: view } = state.view;
  const scale = Math.min(32, Math.max(1e-4, view.scale * factor));
  const [dx, dy] = [x - canvas.width / 2, y - canvas.height / 2];
  state.showsAll.value = false;
  state.view.value = {
    x: view.x + dx / view.scale - dx / scale,
    y: view.y + dy / view.scale - dy / scale,
    scale,
  };
}

function pan(dx: number, dy: number): void {
  const { value: view } = state.view;
  state.showsAll.value = false;
  state.view.value = { ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale };
}

/** The mouse, fingers and keys. @returns ends that */
function listen(canvas: HTMLCanvasElement): () => void {
  const ratio = () => canvas.width / Math.max(1, canvas.clientWidth);
  const fingers = new Map<number, readonly [number, number]>();
  let moved = 0;
  const handlers = {
    pointerdown(event: PointerEvent) {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
      moved = 0;
    },
    pointermove(event: PointerEvent) {
      const before = fingers.get(event.pointerId);
      if (before === undefined) return;
      const [dx, dy] = [event.offsetX - before[0], event.offsetY - before[1]];
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (other !== undefined) pinch(canvas, before, [event.offsetX, event.offsetY], other, ratio());
      else pan(dx * ratio(), dy * ratio());
      moved += Math.abs(dx) + Math.abs(dy);
      fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    },
    pointerup(event: PointerEvent) {
      fingers.delete(event.pointerId);
      if (moved < clickPx) pickTile(canvas, event.offsetX * ratio(), event.offsetY * ratio());
    },
    pointercancel(event: PointerEvent) {
      fingers.delete(event.pointerId);
    },
    wheel(event: WheelEvent) {
      event.preventDefault();
      zoom(canvas, Math.exp(-event.deltaY / 400), [event.offsetX * ratio(), event.offsetY * ratio()]);
    },
    keydown(event: KeyboardEvent) {
      const step = 60 * ratio();
      const moves: Record<string, () => void> = {
        ArrowLeft: () => pan(step, 0),
        ArrowRight: () => pan(-step, 0),
        ArrowUp: () => pan(0, step),
        ArrowDown: () => pan(0, -step),
        "+": () => zoom(canvas, 1.25),
        "=": () => zoom(canvas, 1.25),
        "-": () => zoom(canvas, 0.8),
        "0": () => showAll(canvas),
      };
      const move = moves[event.key];
      if (move === undefined) return;
      event.preventDefault();
      move();
    },
  };
  for (const [name, handler] of Object.entries(handlers)) {
    canvas.addEventListener(name, handler as EventListener, { passive: false });
  }
  return () => {
    for (const [name, handler] of Object.entries(handlers)) canvas.removeEventListener(name, handler as EventListener);
  };
}

type Point = readonly [x: number, y: number];

function pinch(canvas: HTMLCanvasElement, before: Point, after: Point, other: Point, ratio: number): void {
  const apart = (one: Point) => Math.hypot(one[0] - other[0], one[1] - other[1]);
  zoom(canvas, apart(after) / Math.max(1, apart(before)), [
    ((after[0] + other[0]) / 2) * ratio,
    ((after[1] + other[1]) / 2) * ratio,
  ]);
}

function pickTile(canvas: HTMLCanvasElement, x: number, y: number): void {
  const [image, view] = [state.image.value, state.view.value];
  if (image === undefined || !image.hasTileTable || !state.showsTiles.value) return;
  const at = [view.x + (x - canvas.width / 2) / view.scale, view.y + (y - canvas.height / 2) / view.scale] as const;
  const tile = image.tiles.find(
    ({ start, stop }) => at[0] >= start[2] && at[0] < stop[2] && at[1] >= start[1] && at[1] < stop[1],
  );
  if (tile !== undefined) toggleTile(tile.number);
}
