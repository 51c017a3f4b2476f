/** Below the picture: channel, plane and contrast. */
import * as state from "../state.ts";
import { TypedField } from "./fields.tsx";

export function LookBar() {
  const { value: image } = state.image;
  if (image === undefined) return null;
  const [black, white] = state.grey.value;
  const setGrey = (at: 0 | 1) => (text: string) => {
    const count = Number(text);
    if (text.trim() === "" || !Number.isFinite(count)) return "A number of counts";
    state.isGreySet.value = true;
    state.grey.value = at === 0 ? [count, white] : [black, count];
    return undefined;
  };
  return (
    <div class="look">
      {image.channels.length > 1 && (
        <label>
          Channel
          <select
            value={state.channel.value}
            onChange={(event) => {
              state.isGreySet.value = false;
              state.channel.value = Number(event.currentTarget.value);
            }}
          >
            {image.channels.map(({ label }, index) => (
              <option key={label} value={index}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="grows">
        Plane
        <input
          type="range"
          min={0}
          max={state.depth.value - 1}
          value={state.z.value}
          onInput={(event) => {
            state.z.value = Number(event.currentTarget.value);
          }}
        />
        <output>
          {state.z.value + 1} / {state.depth.value}
        </output>
      </label>
      <TypedField label="Black" type="number" value={`${black}`} take={setGrey(0)} />
      <TypedField label="White" type="number" value={`${white}`} take={setGrey(1)} />
      {image.hasTileTable && (
        <label class="check">
          <input
            type="checkbox"
            checked={state.showsTiles.value}
            onChange={(event) => {
              state.showsTiles.value = event.currentTarget.checked;
            }}
          />
          Tiles
        </label>
      )}
    </div>
  );
}
