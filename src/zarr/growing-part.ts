/** Bytes that an object in the making holds in memory before it sends them to a bucket. */
export const growingPartBytes = 1 << 23;
