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
          <button type="button" aria-disabled={busy.stop === undefined} onClick={busy.stop}>
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
  const [channel] = numbers("channel");
  const [z] = numbers("z");
  openImage(
    { kind: "address", address },
    {
      place: asked.get("source") ?? undefined,
      channel: Math.max(0, channel ?? 0),
      z: asked.has("z") ? Math.max(0, z ?? 0) : undefined,
      tiles: numbers("tiles"),
    },
  );
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

/** The first picture is not to wait for files that are kept. */
const keepAfterMs = 3000;

/** The page's files stay for when there is no network; beside a server of this machine there always is one. */
function keepFiles(): void {
  if (new URLSearchParams(location.hash.slice(1)).has("source")) return;
  // Without it the page works as well
  const keep = () => navigator.serviceWorker?.register("service-worker.js").catch(() => undefined);
  setTimeout(keep, keepAfterMs);
}

render(<App />, document.getElementById("app")!);
acceptDrops();
readAddress();
keepAddress();
keepFiles();
/** For comparisons of the page with other programs. */
Object.assign(globalThis, { isolux: { state, callEngine, openImage } });
