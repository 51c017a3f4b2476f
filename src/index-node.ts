/**
 * `isolux` as Node gets it: the module that runs anywhere, with its kernels, deflate and checksums from this machine.
 */
import { useNodeKernels } from "./kernels/kernel-source-node.ts";
import { useNodeDeflate } from "./pipeline/deflate-node.ts";
import { useNodeDigest } from "./profile/checksum-node.ts";

export * from "./index.ts";

useNodeDeflate();
useNodeKernels();
useNodeDigest();
