/** The page: a picture that is always there, and four steps beside it. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { callEngine, openImage } from "./actions.ts";
import { acceptDrops } from "./panels/dropped.ts";
import { LookBar } from "./panels/look-bar.tsx";
import { Steps } from "./panels/steps.tsx";
import { MosaicView } from "./picture/mosaic-view.tsx";
import * as state from "./state.ts";

function App() {
  return (
    <>
      <header>
        <h1>Isolux</h1>
        <p>Flat-field correction, seen before it is written</p>
      </header>
      <main>
        <div class="stage">
          <MosaicView />
          {state.image.value === undefined && <Welcome />}
          <Messages />
          <LookBar />
        </div>
        <Steps />
      </main>
    </>
  );
}

/** What stands in the picture's place before there is one. */
function Welcome() {
  return (
    <div class="welcome">
      <h2>See the grid of tiles disappear</h2>
      <p>Isolux evens out the light of tiled microscope images.</p>
      <button type="button" class="main" onClick={() => openImage({ kind: "example" })}>
        Show an example
      </button>
      <p class="hint">or drop a folder with an OME-Zarr mosaic here</p>
    </div>
  );
}

function Messages() {
  const [busy, trouble] = [state.busy.value, state.trouble.value];
  return (
    <div class="messages" aria-live="polite">
      {busy !== undefined && (
        <div class="busy">
          <span>
            {busy.text}
            {busy.share !== undefined && `: ${Math.round(100 * busy.share)} %`}
          </span>
          <progress {...(busy.share === undefined ? {} : { value: busy.share })} aria-label={busy.text} />
          <button type="button" onClick={busy.stop}>
            Stop
          </button>
        </div>
      )}
      {trouble !== undefined && (
        <div class="trouble" role="alert">
          {trouble}
          <button
            type="button"
            aria-label="Close the message"
            onClick={() => {
              state.trouble.value = undefined;
            }}
          >
            ×
          </button>
        </div>
      )}
    </div>
  );
}

/** The address repeats the look: image, channel, plane, marked tiles. */
function readAddress(): void {
  const asked = new URLSearchParams(location.hash.slice(1));
  const address = asked.get("image");
  if (address === null) return;
  const numbers = (name: string) => (asked.get(name) ?? "").split(",").map(Number).filter(Number.isFinite);
  state.channel.value = Math.max(0, numbers("channel")[0] ?? 0);
  openImage({ kind: "address", address }, asked.get("source") ?? undefined).then(() => {
    const { value: image } = state.image;
    if (image === undefined) return;
    const plane = asked.has("z") ? numbers("z")[0] : undefined;
    if (plane !== undefined) state.z.value = Math.min(image.levels[0]!.shapeZyx[0] - 1, Math.max(0, plane));
    const known = new Set(image.tiles.map(({ number }) => number));
    state.emptyTiles.value = new Set(numbers("tiles").filter((number) => known.has(number)));
  });
}

function keepAddress(): void {
  effect(() => {
    const { value: image } = state.image;
    if (image?.address === undefined) return;
    const look = new URLSearchParams({
      image: image.address,
      channel: `${state.channel.value}`,
      z: `${state.z.value}`,
    });
    if (state.source.value !== undefined) look.set("source", state.source.value);
    if (state.emptyTiles.value.size > 0) look.set("tiles", [...state.emptyTiles.value].join(","));
    history.replaceState(undefined, "", `#${look}`);
  });
}

/** The page's files stay for when there is no network; beside a server of this machine there always is one. */
function keepFiles(): void {
  if (new URLSearchParams(location.hash.slice(1)).has("source")) return;
  // Without it the page works as well
  navigator.serviceWorker?.register("service-worker.js").catch(() => undefined);
}

render(<App />, document.getElementById("app")!);
acceptDrops();
readAddress();
keepAddress();
keepFiles();
/** For whoever holds the page against other programs. */
Object.assign(globalThis, { isolux: { state, callEngine, openImage } });
