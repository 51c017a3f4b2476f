/** What a report of a fault should say of the program and the machine. */
import { availableParallelism, release, totalmem } from "node:os";
import zlib from "node:zlib";
import { formatBytes } from "../quantities.ts";
import { version } from "../version.ts";

/** Lines with the program, its Node, the machine, and what compresses with zstd. */
export function machineFacts(): string[] {
  const memory = formatBytes(totalmem());
  const zstd = "zstdCompressSync" in zlib ? "libzstd of Node" : "libzstd in WebAssembly";
  return [
    `isolux ${version}`,
    `Node ${process.version} (${process.execPath})`,
    `${process.platform} ${release()}, ${process.arch}, ${availableParallelism()} cores, ${memory}`,
    `zstd by kernels and ${zstd}`,
  ];
}
