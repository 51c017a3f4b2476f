import { MemoryStore } from "../../src/zarr/memory-store.ts";
import type { ByteRange } from "../../src/zarr/store.ts";

/** Counts what is read. */
export class CountingStore extends MemoryStore {
  bytes = 0;
  reads = 0;

  override async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    const bytes = await super.getRange(key, range);
    this.reads++;
    this.bytes += bytes?.length ?? 0;
    return bytes;
  }
}
