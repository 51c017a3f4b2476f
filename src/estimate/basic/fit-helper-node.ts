/** The script of a thread of Node that helps with one fit. */
import { workerData } from "node:worker_threads";
import { type HelperPost, helpWithParts } from "./fit-team.ts";

helpWithParts(workerData as HelperPost);
