import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { File, Group } from "h5wasm";
import type { OpenSynchronously, SynchronousFile } from "../../../src/acquisition/bdv/hdf5-module.ts";

/** A committed file, see `make_fixtures.py` beside it. */
export function bdvFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/bdv/${name}`, import.meta.url))));
}

/** A file in memory that counts how often it was released and how much was read of it. */
export class FileInMemory implements SynchronousFile {
  readonly location: string;
  bytes: Uint8Array;
  readonly byteLength: number;
  releases = 0;
  bytesRead = 0;

  constructor(bytes: Uint8Array, location = "memory:/a.h5") {
    this.bytes = bytes;
    this.byteLength = bytes.length;
    this.location = location;
  }

  read(into: Uint8Array, offset: number): number {
    const found = this.bytes.subarray(offset, offset + into.length);
    into.set(found);
    this.bytesRead += found.length;
    return found.length;
  }

  release(): void {
    this.releases++;
  }
}

/** Opens the same bytes, whatever is asked for. */
export function opening(bytes: Uint8Array): OpenSynchronously {
  return (location) => new FileInMemory(bytes, location);
}

/** What a view of a generated file holds: its setup, its pixels by level, and what its type is called. */
export interface ViewToWrite {
  readonly setup: number;
  readonly type?: "<h" | "<H" | "<B" | "<f" | "<i";
  readonly levels?: number;
}

export const [planes, rows, columns] = [3, 4, 5];

/** The pixels of a view of a generated file at a level. */
export function pixelsOfSetup(setup: number, level = 0): Uint16Array {
  const length = planes * (rows >> level) * (columns >> level);
  return Uint16Array.from({ length }, (_, n) => 60000 * (setup % 2) + 100 * setup + 10 * level + n);
}

/** A BigDataViewer file with headers of `announced` setups, as the library itself writes it. */
export async function bdvFile(announced: number, views: readonly ViewToWrite[], timepoints = 1): Promise<Uint8Array> {
  const { ready, File } = await import("h5wasm");
  const { FS } = await ready;
  const path = "/made.h5";
  const file = new File(path, "w");
  for (let setup = 0; setup < announced; setup++) writeHeader(file, setup);
  for (let timepoint = 0; timepoint < timepoints; timepoint++) {
    const group = file.create_group(`t${String(timepoint).padStart(5, "0")}`);
    for (const view of views) writeView(group, view);
  }
  file.close();
  const bytes = FS!.readFile(path).slice();
  FS!.unlink(path);
  return bytes;
}

const groupName = (setup: number) => `s${String(setup).padStart(2, "0")}`;

function writeHeader(file: File, setup: number): void {
  const group = file.create_group(groupName(setup));
  group.create_dataset({ name: "resolutions", data: Float64Array.of(1, 1, 1), shape: [1, 3], dtype: "<d" });
}

function writeView(timepoint: Group, { setup, type = "<h", levels = 1 }: ViewToWrite): void {
  const group = timepoint.create_group(groupName(setup));
  for (let level = 0; level < levels; level++) {
    const shape = [planes, rows >> level, columns >> level];
    const pixels = pixelsOfSetup(setup, level);
    const data =
      type === "<h" ? new Int16Array(pixels.buffer) : [...pixels].map((pixel) => (type === "<B" ? pixel % 256 : pixel));
    group.create_group(String(level)).create_dataset({ name: "cells", data, shape, dtype: type, chunks: [1, 2, 2] });
  }
}
