/**
 * The kernels, one WebAssembly module: arithmetic on memory that its caller owns and addresses. Tests hold each, to the bit, to
 * plain code in TypeScript (`test/support/reference`, or `src` where that does the same for other types). Nothing here
 * allocates, collects or throws; addresses and extents are taken as they are given, `src/kernels/bind.ts` makes them.
 */
export { areAlike } from "./alike";
export { shuffleBits, unshuffleBits } from "./bit-shuffle";
export { addRows } from "./blur";
export { correctRectangle } from "./correct";
export { shuffleColumns, turnBack, turnForward, unshuffleColumns } from "./cosine";
export { averageRow, halvePlane } from "./downsample";
export { radixFive, radixFour, radixTwo } from "./fourier";
export { multiplyRows, oddRadix } from "./fourier-odd";
export { kindOfBytes } from "./kind-of-bytes";
export { descend, shrinkAll, shrinkWeighted } from "./ladmap-images";
export { updateMultipliers } from "./ladmap-multipliers";
export { updateResiduals } from "./ladmap-residuals";
export { addParts } from "./ladmap-sums";
export { gatherLowest } from "./lowest";
export { decodeLz4 } from "./lz4-decode";
export { encodeLz4 } from "./lz4-encode";
export { medianOverPlanes } from "./median";
export { medianOfFloats } from "./median-floats";
export { firstFreeAddress, resultsAddress } from "./memory";
export { gatherRows, reverseItems, sumDifferences, takeDifferences } from "./move-items";
export { addShares, divideAll } from "./normalise";
export { divideFloats, fillFloats, leaveResidual, reweightPlane, takeUpPlane } from "./plane-steps";
export { gatherPixels, multiplyByGram, sumSquares } from "./plane-sums";
export { resizePlane } from "./resize";
export { shuffleFour, shuffleTwo, unshuffleFour, unshuffleTwo } from "./shuffle";
export { sumRuns } from "./sum-runs";
export { thinPlanes } from "./thin";
export {
  addScaled,
  dotOf,
  narrow,
  scaleAndAdd,
  smallestOf,
  squaredDistanceOf,
  sumOf,
} from "./vectors";
export { decodeZstd } from "./zstd-decode";
export { encodeZstd } from "./zstd-encode";
