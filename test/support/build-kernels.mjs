import { buildKernels } from "../../scripts/build-kernels.mjs";

/** Before any test: the kernels are compiled, where they are missing or out of date. */
export async function setup() {
  await buildKernels();
}
