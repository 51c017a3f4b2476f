import type { Field } from "./field.ts";

/** Where a parameter is named: on a command line, in a parameter file or by a caller of the library. */
export type Spelling = "option" | "file" | "key";

/** `nZplanes` as files write it: `n_zplanes`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `nZplanes` as command lines write it: `n-zplanes`. */
export function kebabCase(key: string): string {
  return snakeCase(key).replaceAll("_", "-");
}

/** A parameter's name where users meet it: `--n-zplanes` or IMAGE, `n_zplanes` or `basic.epsilon`. */
export function spell({ path, info }: Pick<Field, "path" | "info">, spelling: Spelling): string {
  if (spelling === "key") return path.join(".");
  if (spelling === "file") return path.map(snakeCase).join(".");
  const key = path.at(-1) ?? "";
  return info.form === "operand" ? key.toUpperCase() : `--${kebabCase(key)}`;
}
