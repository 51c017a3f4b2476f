/** Which tiles and planes have no sample: found, and changed by hand. */
import { findEmpty } from "../actions.ts";
import * as state from "../state.ts";
import { parseNumbers, writeNumbers } from "./number-lists.ts";

export function EmptyForm() {
  const { value: planes } = state.emptyPlanes;
  const depth = state.depth.value;
  const image = state.image.value!;
  const setPlanes = (at: 0 | 1) => (event: Event) => {
    const number = Number((event.currentTarget as HTMLInputElement).value);
    const [below, above] = planes ?? [0, depth];
    state.emptyPlanes.value = at === 0 ? [number, Math.max(number, above)] : [Math.min(below, number), number];
  };
  return (
    <>
      {image.hasTileTable ? (
        <p class="hint">
          Tiles without sample show the light itself. Let them be found, and click tiles in the picture to change that.
        </p>
      ) : (
        <p class="hint">The image has no table of tiles: all of it counts as one.</p>
      )}
      <div class="row">
        <button type="button" onClick={findEmpty} disabled={state.busy.value !== undefined}>
          Find empty tiles and planes
        </button>
      </div>
      {image.hasTileTable && <MarkedTiles />}
      <label class="check">
        <input
          type="checkbox"
          checked={planes !== undefined}
          onChange={(event) => {
            state.emptyPlanes.value = event.currentTarget.checked
              ? [Math.ceil(depth / 10), Math.floor(depth * 0.9)]
              : undefined;
          }}
        />
        only planes at the ends of the stack
      </label>
      {planes !== undefined && (
        <div class="ends">
          <label>
            before <output>{planes[0]}</output>
            <input type="range" min={0} max={depth} value={planes[0]} onInput={setPlanes(0)} />
          </label>
          <label>
            after <output>{planes[1]}</output>
            <input type="range" min={0} max={depth} value={planes[1]} onInput={setPlanes(1)} />
          </label>
        </div>
      )}
    </>
  );
}

/** The marked tiles as text, for who prefers keys to the picture. */
function MarkedTiles() {
  const text = writeNumbers([...state.emptyTiles.value]);
  const take = (event: Event) => {
    const field = event.currentTarget as HTMLInputElement;
    const known = new Set(state.image.value!.tiles.map(({ number }) => number));
    const numbers = parseNumbers(field.value, known);
    field.setCustomValidity(numbers === undefined ? "Numbers of tiles of this image, such as 1, 3, 7-9" : "");
    if (numbers === undefined) return void field.reportValidity();
    state.emptyTiles.value = new Set(numbers);
    field.value = writeNumbers(numbers);
  };
  return (
    <label class="inline">
      Empty tiles
      <input
        type="text"
        class="long"
        inputMode="text"
        placeholder="none, or such as 1, 3, 7-9"
        value={text}
        onChange={take}
      />
    </label>
  );
}
