import type { TaskProgram } from "./run-task.ts";
/** x */
export const initCorrectFlatfield: TaskProgram = async () => ({ output: {}, told: "" });
