/** Which tiles and planes have no sample: found, and changed by hand. */
import { findEmpty, markProposed } from "../actions.ts";
import * as state from "../state.ts";
import { TypedField, WorkButton } from "./fields.tsx";
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
        <WorkButton onClick={findEmpty}>Find empty tiles and planes</WorkButton>
      </div>
      <Proposed />
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

/** What was found, where the marks are others. */
function Proposed() {
  const proposal = state.found.value?.proposal;
  if (proposal === undefined || proposal.kind === "none") return null;
  const tiles = writeNumbers(proposal.fovList ?? []);
  const ends = proposal.kind === "planes" ? proposal.zLevels : undefined;
  const isMarked = tiles === writeNumbers([...state.emptyTiles.value]) && `${ends}` === `${state.emptyPlanes.value}`;
  if (isMarked) return null;
  const places = [tiles !== "" && `tiles ${tiles}`, ends && `planes before ${ends[0]} and after ${ends[1]}`];
  return (
    <div class="row aligned">
      <span class="hint">Found empty: {places.filter(Boolean).join(", ")}</span>
      <button type="button" onClick={markProposed}>
        Mark these
      </button>
    </div>
  );
}

/** The marked tiles as text, for who prefers keys to the picture. */
function MarkedTiles() {
  const take = (text: string) => {
    const known = new Set(state.image.value!.tiles.map(({ number }) => number));
    const numbers = parseNumbers(text, known);
    if (numbers === undefined) return "Numbers of tiles of this image, such as 1, 3, 7-9";
    state.emptyTiles.value = new Set(numbers);
    return undefined;
  };
  return (
    <TypedField
      label="Empty tiles"
      kind="inline"
      type="text"
      placeholder="none, or such as 1, 3, 7-9"
      value={writeNumbers([...state.emptyTiles.value])}
      take={take}
    />
  );
}
