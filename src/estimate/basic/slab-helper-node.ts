/** A thread of Node that helps with one fit. */
import { workerData } from "node:worker_threads";
import { type HelperPost, helpWithSlabs } from "./slab-team.ts";

helpWithSlabs(workerData as HelperPost);
