import { expect, it } from "vitest";
import { losesImage, refuseOffset, refuseZeroing } from "../../src/advise/lost-image.ts";
import type { Subject } from "../../src/advise/subject.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { randomStream } from "../../src/sample/choose-planes.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";

const shapeYx = [32, 32] as const;

/** A plane of an offset of 100 with noise, whose left part of a width in pixels is brighter by 300. */
function subjectOf(brightColumns: number): Subject {
  const random = randomStream(1, 0);
  const planes = new MemoryStack("uint16", 1, shapeYx);
  for (let i = 0; i < planes.pixels.length; i++) {
    planes.pixels[i] = Math.round(96 + 8 * random()) + (i % 32 < brightColumns ? 300 : 0);
  }
  return { planes, fieldYx: shapeYx, target: { channel: { label: "488", index: 0 } } } as unknown as Subject;
}

function profileOf(dark: number): Profile {
  const [flatfield, darkfield] = [new Float32Array(32 * 32).fill(1), new Float32Array(32 * 32).fill(dark)];
  return { shapeYx, flatfield, darkfield, baseline: 0 };
}

it("darkness around the camera's offset is no lost image", async () => {
  expect(await losesImage([subjectOf(16)], [profileOf(100.7)])).toBe(false);
  expect(await losesImage([subjectOf(16)], [undefined])).toBe(false);
});

it("what is darker than a dark-field by more than its noise is lost", async () => {
  expect(await losesImage([subjectOf(16)], [profileOf(120)])).toBe(true);
  expect(await losesImage([subjectOf(32)], [profileOf(120)])).toBe(false);
  await expect(refuseZeroing([subjectOf(16)], [profileOf(120)])).rejects.toMatchObject({
    kind: "estimation",
    message: expect.stringContaining("50"),
  });
});

it("does not ask for an offset that was given", async () => {
  const refusal = (offset?: number) => refuseZeroing([subjectOf(16)], [profileOf(120)], offset);
  await expect(refusal()).rejects.toThrow("or give the camera's offset (--camera-offset)");
  await expect(refusal(120)).rejects.toThrow("or give a smaller --camera-offset than 120, or none");
  await expect(refusal(0)).rejects.toThrow("or give no --camera-offset, so that it is looked for");
});

it("an offset that is brighter than a part of the image is none of the camera's", async () => {
  const error = {
    kind: "invalid",
    message: expect.stringMatching(/above what the image shows.*488.*100.00 %.*500 counts/),
  };
  await expect(refuseOffset([subjectOf(16)], 500)).rejects.toMatchObject(error);
  await expect(refuseOffset([subjectOf(16)], 100)).resolves.toBeUndefined();
  await expect(refuseOffset([subjectOf(16)], undefined)).resolves.toBeUndefined();
});
