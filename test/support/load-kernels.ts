/** In every test file the kernels are loaded, as in a run; what is to be tested without them calls the twins. */
import { useNodeKernels } from "../../src/kernels/kernel-source-node.ts";
import { loadKernels } from "../../src/kernels/load-kernels.ts";

useNodeKernels();
await loadKernels();
