import { planResize, resizePlane } from "../estimate/basic/resize.ts";
import type { Profile } from "../profile/profile.ts";
import { resampleProfile } from "../profile/resample.ts";
import { elementCount, type Yx } from "../shapes.ts";
import { fieldShape } from "../tiles/tile.ts";
import type { ChannelProfile } from "./channel-profile.ts";

/** A profile as it lies over the tiles of a level, whose fields have `fieldYx` pixels. */
export function profileAtField({ target, profile, alignment }: ChannelProfile, fieldYx: Yx): Profile {
  const fullYx = fieldShape(target.tiles[0]!);
  const { flatfield, darkfield, baseline } = resampleProfile(profile, fullYx, alignment);
  const resize = planResize(fullYx, fieldYx);
  const resized = (image: Float32Array) => {
    const target = new Float32Array(elementCount(fieldYx));
    resizePlane(resize, image, target);
    return target;
  };
  return { shapeYx: fieldYx, flatfield: resized(flatfield), darkfield: resized(darkfield), baseline };
}
