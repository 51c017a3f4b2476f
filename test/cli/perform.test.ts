import { Command } from "commander";
import { expect, it } from "vitest";
import { perform } from "../../src/cli/perform.ts";
import { fakeDoor } from "./fake-door.ts";

it("a warning that two steps of a run have is said once", async () => {
  const { door, stderr } = fakeDoor();
  await perform(new Command("correct"), door, {
    warnings: ["Few planes."],
    run: async ({ report }) => {
      for (const text of ["A chunk is damaged.", "Few planes.", "A chunk is damaged."])
        report({ kind: "warning", text });
      return {};
    },
    show: () => "done\n",
    whenInterrupted: "Nothing has been written",
  });
  expect(stderr.text.split("\n").filter((line) => line.startsWith("warning: "))).toEqual([
    "warning: Few planes.",
    "warning: A chunk is damaged.",
  ]);
});
