import { tmpdir } from "node:os";

/** Where temporary folders lie on a disk, for tests of what a disk does: those of others may lie in memory. */
export const onDisk = process.env.ISOLUX_DISK ?? tmpdir();
