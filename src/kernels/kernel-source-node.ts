import { readFile } from "node:fs/promises";
import { setKernelSource } from "./load-kernels.ts";

/** Lets the kernels be read from the files beside this one. */
export function useNodeKernels(): void {
  setKernelSource((name) => readFile(new URL(`./${name}`, import.meta.url)) as Promise<BufferSource>);
}
