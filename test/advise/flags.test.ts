import { expect, it } from "vitest";
import { keepsBackground } from "../../src/advise/flags.ts";
import type { Origin } from "../../src/advise/recipe.ts";
import type { Subject } from "../../src/advise/subject.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";

const shapeYx = [16, 16] as const;
const planes = new MemoryStack("uint16", 2, shapeYx);
planes.pixels.forEach((_, i) => {
  planes.pixels[i] = 100 + (i % 50);
});
const target = { channel: { label: "488", index: 0 }, tiles: [] };
const subject = { target, fieldYx: shapeYx, planes } as unknown as Subject;
const length = shapeYx[0] * shapeYx[1];
const profile: Profile = {
  shapeYx,
  flatfield: new Float32Array(length).fill(1),
  darkfield: new Float32Array(length),
  baseline: 125,
};

it("a baseline that is subtracted is announced where it sets dim pixels to 0, and one that is kept is not", async () => {
  const flagOf = (origin: Origin) => keepsBackground([subject], { origin, refined: true }, [profile]);
  expect(await flagOf({ kind: "empty", cameraOffset: 0 })).toMatchObject({ kind: "zeroed", channels: ["488"] });
  // The typical brightness of the planes, which a correction keeps.
  expect(await flagOf({ kind: "even", cameraOffset: 0 })).toBeUndefined();
});
