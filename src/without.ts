/** An object without some of its properties. */
export function without<From extends object, Name extends keyof From>(
  object: From,
  ...names: readonly Name[]
): Omit<From, Name> {
  const left = { ...object };
  for (const name of names) delete left[name];
  return left;
}
