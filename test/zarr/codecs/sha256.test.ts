import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { setSha256, sha256 } from "../../../src/zarr/codecs/sha256.ts";
import { useNodeDigest } from "../../../src/zarr/deflate-node.ts";

it("gives the digests that Node gives, however the bytes are parted", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
  fc.assert(
    fc.property(parts, (pieces) => {
      const truth = createHash("sha256");
      for (const piece of pieces) truth.update(piece);
      expect(sha256(...pieces)).toBe(truth.digest("hex"));
    }),
  );
});

it("gives the same digests through Node's own engine", () => {
  const pieces = [Uint8Array.of(1, 2, 3), new Uint8Array(1000).fill(7)];
  const portable = sha256(...pieces);
  useNodeDigest();
  expect(sha256(...pieces)).toBe(portable);
  setSha256();
});
