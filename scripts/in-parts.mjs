// Does a long proof in parts, one for each core at a time: each is the same script with its share of the cases.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Runs `script CASES ...words` in as many processes as there are cores, or as many as are asked for, which share the cases;
 * ends this process with an exit code of 1 where one of them fails.
 */
export async function runInParts(script, cases, words, parts = Math.max(1, availableParallelism())) {
  const share = (part) => Math.floor((cases * (part + 1)) / parts) - Math.floor((cases * part) / parts);
  const began = Date.now();
  const codes = await Promise.all(
    Array.from({ length: parts }, (_, part) => {
      const child = spawn(process.execPath, [script, `${share(part)}`, ...words], { stdio: "inherit" });
      return new Promise((resolve) => child.on("exit", resolve));
    }),
  );
  console.log(`${cases} in ${parts} parts: ${Math.round((Date.now() - began) / 1000)} s`);
  if (codes.some((code) => code !== 0)) process.exit(1);
}
