import type { TaskProgram } from "./run-task.ts";
/** x */
export const correctFlatfield: TaskProgram = async () => ({ output: {}, told: "" });
