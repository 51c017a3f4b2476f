import type { Zyx } from "../shapes.ts";
import type { DownsampleBoxes } from "./downsample-boxes.ts";

/**
 * Writes the means over blocks of `factors` pixels, each over the pixels that exist. Integers round half up;
 * floating-point means are taken in double precision.
 */
export function downsampleTwin(boxes: DownsampleBoxes, factors: Zyx): void {
  const { source, target, sourceShape, targetShape, sourceExtent, targetExtent } = boxes;
  const isInteger = !(source instanceof Float32Array || source instanceof Float64Array);
  const [fz, fy, fx] = factors;
  const sourceRow = sourceShape[2];
  const sourcePlane = sourceShape[1] * sourceRow;
  for (let z = 0; z < targetExtent[0]; z++) {
    const z1 = Math.min((z + 1) * fz, sourceExtent[0]);
    for (let y = 0; y < targetExtent[1]; y++) {
      const y1 = Math.min((y + 1) * fy, sourceExtent[1]);
      const out = boxes.targetStart + (z * targetShape[1] + y) * targetShape[2];
      for (let x = 0; x < targetExtent[2]; x++) {
        const x0 = x * fx;
        const x1 = Math.min(x0 + fx, sourceExtent[2]);
        let sum = 0;
        for (let sz = z * fz; sz < z1; sz++) {
          for (let sy = y * fy; sy < y1; sy++) {
            const row = boxes.sourceStart + sz * sourcePlane + sy * sourceRow;
            for (let i = row + x0; i < row + x1; i++) sum += source[i]!;
          }
        }
        const count = (z1 - z * fz) * (y1 - y * fy) * (x1 - x0);
        target[out + x] = isInteger ? Math.floor((2 * sum + count) / (2 * count)) : sum / count;
      }
    }
  }
}
