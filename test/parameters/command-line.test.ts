import { expect, it } from "vitest";
import { correctSchema } from "../../src/parameters/schema.ts";
import { commandLine } from "../../src/parameters/validate.ts";

it("spells what differs from the defaults, as a shell takes it", () => {
  const parameters = correctSchema.parse({
    image: "my data/raw_image",
    fovList: [1, 3],
    cameraOffset: 100,
    basic: { getDarkfield: false, sortIntensity: true, workingSize: [64, 48] },
    memory: "4GB",
    saveModels: "it's",
  });
  expect(commandLine("correct", correctSchema, parameters)).toBe(
    `isolux correct "my data/raw_image" --fov-list 1,3 --camera-offset 100 --no-get-darkfield --working-size 64,48 ` +
      `--sort-intensity --save-models="it's" --memory 4000000000`,
  );
  expect(commandLine("correct", correctSchema, correctSchema.parse({ image: "x" }))).toBe("isolux correct x");
});
