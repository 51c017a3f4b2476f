import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { sha256 } from "../../src/profile/checksum.ts";

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
