/** The module `isolux` in Node: as elsewhere, with kernels from files, and Node's own deflate and checksums. */
import { useNodeKernels } from "./kernels/kernel-source-node.ts";
import { useNodeDeflate, useNodeDigest } from "./zarr/deflate-node.ts";

export * from "./index.ts";

useNodeDeflate();
useNodeKernels();
// Node computes digests many times faster than the portable code.
useNodeDigest();
