// The functions of the Python module, one for each command, from the schema of the parameters.
const { fieldsOf, meaningWithUnit, defaultWords } = await import("../../dist/parameters/field.js");
const { snakeCase } = await import("../../dist/parameters/spelling.js");
const schemas = {
  ...(await import("../../dist/parameters/schema.js")),
  ...(await import("../../dist/parameters/serve-schema.js")),
};

const functions = {
  inspect: "Returns the tiles of an image, its levels, channels and brightness.",
  estimate: "Finds the profiles of an image and writes only them.",
  correct: "Finds the profiles of an image, or takes given ones, and writes the corrected image.",
  check: "Tells whether a corrected image is better than its source: see the key verdict.",
  fit: "Fits a profile to the planes in a .npy, .npz or TIFF file.",
  convert: "Writes an image, or the tiles of a microscope, as OME-Zarr as it is.",
  serve: "Serves an image over HTTP, corrected when it is read, until the server is closed; nothing is written.",
};
/** Functions whose commands have `--dry-run`. */
const planned = ["estimate", "correct", "convert"];
const types = {
  flag: "bool | None",
  switch: "bool | None",
  text: "PathLike | int | None",
  texts: "Sequence[str] | str | None",
  number: "float | None",
  numbers: "Sequence[int] | int | None",
  "text-or-flag": "PathLike | bool | None",
};

/** The text of the Python module `_commands`. */
export function pythonFunctions(version) {
  const heading = `"""The commands as functions. Written by scripts/wheel/python-functions.mjs: change it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._run import PathLike, Progress, run
from ._serve import Server, serve_image

__version__ = "${version}"
`;
  return [heading, ...Object.entries(functions).map(([name, text]) => functionText(name, text))].join("\n\n");
}

function functionText(name, text) {
  const fields = fieldsOf(schemas[`${name}Schema`]);
  const operands = fields.filter(({ info }) => info.form === "operand");
  const named = fields.filter((field) => !operands.includes(field));
  const parameters = [
    ...operands.map((field) => `${nameOf(field)}: PathLike`),
    "*",
    ...named.map((field) => `${nameOf(field)}: ${types[field.info.form]} = None`),
    ...(planned.includes(name) ? ["dry_run: bool | None = None"] : []),
    "progress: Progress = None",
  ];
  const lines = fields.map((field) => `    ${nameOf(field)}: ${meaningOf(field)}`);
  if (planned.includes(name)) lines.push("    dry_run: Check and plan everything, return the plan, and write nothing.");
  const passed = [
    ...(name === "serve" ? [] : [`"${name}"`]),
    ...operands.map(nameOf),
    "progress=progress",
    // A flag has no opposite: False is the same as not given.
    ...named.map((field) => `${nameOf(field)}=${nameOf(field)}${field.info.form === "flag" ? " or None" : ""}`),
    ...(planned.includes(name) ? ["dry_run=dry_run or None"] : []),
  ];
  const isServer = name === "serve";
  const result = isServer
    ? "The result has the addresses `corrected` and `page`, and ends with `close()` or a `with` block."
    : `The result is what \`isolux ${name} --json\` prints.`;
  return `def ${name}(
    ${parameters.join(",\n    ")},
) -> ${isServer ? "Server" : "dict[str, Any]"}:
    """${text}

    ${result} Parameters that are None are not given.

${lines.join("\n")}
    progress: a function that is called with each event, or True for a progress bar.

    Raises IsoluxError.
    """
    return ${isServer ? "serve_image" : "run"}(
        ${passed.join(",\n        ")},
    )
`;
}

function nameOf({ path }) {
  return snakeCase(path.at(-1));
}

function meaningOf(field) {
  const words = defaultWords(field);
  const meaning = `${meaningWithUnit(field.info)}${words === undefined || field.defaultValue === false ? "" : ` Default: ${words}.`}`;
  return meaning.replaceAll("\\", "\\\\").replaceAll('"""', "'''");
}
