import type { Command } from "commander";
import type { Door } from "./door.ts";

/** A sub-command: its line in the list, and the module that sets it up, loaded when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly configure: (command: Command, door: Door) => void }>;
}

/** All sub-commands, in the order of the list. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: "correct",
    summary: "find the profiles of an image and write it evenly lit",
    load: () => import("./correct-command.ts"),
  },
  {
    name: "estimate",
    summary: "find the profiles of an image and write only them",
    load: () => import("./estimate-command.ts"),
  },
  {
    name: "check",
    summary: "tell whether a corrected image is better than its source, whoever corrected it",
    load: () => import("./check-command.ts"),
  },
  {
    name: "fit",
    summary: "fit a profile to planes in a .npy, .npz or TIFF file",
    load: () => import("./fit-command.ts"),
  },
  {
    name: "profile",
    summary: "draw profiles; convert them from and to the formats of other programs",
    load: () => import("./profile-command.ts"),
  },
  {
    name: "convert",
    summary: "write an image, or the tiles of a microscope, as OME-Zarr as it is",
    load: () => import("./convert-command.ts"),
  },
  {
    name: "inspect",
    summary: "show the tiles of an image as they lie, its levels, channels and brightness",
    load: () => import("./inspect-command.ts"),
  },
  {
    name: "init",
    summary: "write a commented parameter file, flatfield.yaml",
    load: () => import("./init-command.ts"),
  },
  {
    name: "run",
    summary: "correct an image as a parameter file says",
    load: () => import("./run-command.ts"),
  },
  {
    name: "slurm",
    summary: "write and submit jobs that correct an image on a SLURM cluster",
    load: () => import("./slurm-command.ts"),
  },
  {
    name: "prepare",
    summary: "begin a correction that several processes share: checks and profiles",
    load: () => import("./prepare-command.ts"),
  },
  {
    name: "work",
    summary: "correct a unit of the pixels of a prepared correction",
    load: () => import("./work-command.ts"),
  },
  {
    name: "finish",
    summary: "complete a prepared correction and put its output in place",
    load: () => import("./finish-command.ts"),
  },
  {
    name: "status",
    summary: "show how far a prepared correction is, and what to do next",
    load: () => import("./status-command.ts"),
  },
  {
    name: "demo",
    summary: "correct a made-up image with known shading; show how well it went",
    load: () => import("./demo-command.ts"),
  },
];
