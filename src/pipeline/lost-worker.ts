/** The warning where a worker died whose work another took up. */
export function lostWorker(found: string): string {
  return (
    `A worker thread ended unexpectedly (${found}); another does its work. ` +
    `If memory ran out, give fewer workers or a smaller memory budget.`
  );
}
