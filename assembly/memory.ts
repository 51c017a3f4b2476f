/** Where a kernel with more than one result leaves them: 64 bytes. */
export const results: usize = memory.data(64, 16);

/** The address of {@link results}. */
export function resultsAddress(): usize {
  return results;
}

/** From here on the memory is the caller's. */
export function firstFreeAddress(): usize {
  return __heap_base;
}
