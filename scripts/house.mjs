// Figures of the shape of src/: how long files and ways are, and what has only one user. `npm run house` prints them, and
// fails where one of shape is beyond its limit; totals stand beside earlier ones, as features may raise them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the shape of the source must keep to. */
export const limits = {
  leastMedianLines: 130,
  mostLines: 260,
  mostFilesInFolder: 25,
  shortFile: 40,
  mostOneUserExports: 803,
  mostArrayQuestions: 0,
  ways: { "a chunk": 35, "--fov-list": 16, "a profile": 12 },
  mostTypesOfProfile: 4,
  mostFovListFiles: 16,
};

/** The totals of the last release; until there is one, those of the day before files were put together by subject. */
const lastRelease = { files: 656, lines: 56205, exports: 2056 };

/** Modules that are programs or surfaces of the package: nothing in src/ need import them. */
const entries = ["index.ts", "index-node.ts", "node.ts", "cli/main.ts", "fractal/main.ts"];

/**
 * @typedef {object} Module
 * @property {string} path below src/
 * @property {string} text
 * @property {number} lines
 * @property {readonly string[]} exports names that it declares and exports, types among them
 * @property {readonly { from: string, names: readonly string[] }[]} uses what it takes from other modules; `*` for all
 * @property {readonly string[]} lazy modules that it loads when they are called for
 */

/** @param {string} folder @returns {Module[]} all modules of a source folder */
export function readModules(folder = join(root, "src")) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  return names
    .filter((name) => name.endsWith(".ts"))
    .map((path) => parse(path, readFileSync(join(folder, path), "utf8")));
}

/** @param {string} path @param {string} text @returns {Module} */
export function parse(path, text) {
  const inside = (name) => posix.join(posix.dirname(path), name);
  const declared = text.matchAll(
    /^export (?:declare |abstract |async )*(?:function\*?|class|interface|type|const|let|enum) (\w+)/gm,
  );
  const listed = text.matchAll(/^export (?:type )?\{([^}]*)\};$/gm);
  const taken = text.matchAll(/^(?:import|export) (?:type )?([^;"]*?) from "(\.[^"]+)";$/gm);
  const lazy = [...text.matchAll(/\bimport\("(\.[^"]+)"\)/g)].map(([, name]) => inside(name));
  return {
    path,
    text,
    lines: text.split("\n").length - 1,
    exports: [
      ...new Set([...declared].map(([, name]) => name).concat([...listed].flatMap(([, list]) => namesIn(list)))),
    ],
    uses: [
      ...[...taken].map(([, clause, name]) => ({ from: inside(name), names: namesIn(clause) })),
      ...lazyUses(text, inside),
    ],
    lazy,
  };
}

/** The names in `{ a, type b as c }`; `*` where a whole module is taken. */
function namesIn(clause) {
  if (clause.includes("*")) return ["*"];
  const names = clause.replace(/[{}]/g, "").split(",");
  return names.flatMap((name) => /^(?:type )?(\w+)/.exec(name.trim())?.[1] ?? []);
}

/** Names that are taken from a module as it is loaded: `const { a } = await import()`, `(await import()).a`, types. */
function lazyUses(text, inside) {
  return [...text.matchAll(/\bimport\("(\.[^"]+)"\)(?:\)?\.(\w+))?/g)].map((match) => {
    const [, name, member] = match;
    const pattern = /(?:const|let) \{([^{}]*)\} = (?:\(?await )?$/.exec(text.slice(0, match.index));
    return { from: inside(name), names: pattern ? namesIn(pattern[1]) : member ? [member] : ["*"] };
  });
}

/** @param {readonly Module[]} modules @returns {{ path: string, name: string, users: readonly string[] }[]} */
export function usersOfExports(modules) {
  const users = new Map();
  for (const { path, uses } of modules) {
    for (const { from, names } of uses) {
      for (const name of names) {
        const key = `${from} ${name}`;
        users.set(key, (users.get(key) ?? new Set()).add(path));
      }
    }
  }
  return modules.flatMap(({ path, exports }) =>
    exports.map((name) => {
      const all = [...(users.get(`${path} ${name}`) ?? []), ...(users.get(`${path} *`) ?? [])];
      return { path, name, users: [...new Set(all)] };
    }),
  );
}

/**
 * The files that CONTRIBUTING.md lists as a way, in their order: `1. \`path\` ...` below a heading that names it.
 * @returns {string[]}
 */
export function filesOfWay(name, text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8")) {
  const section = text.split(/^### /m).find((part) => part.startsWith(`The way of ${name}`)) ?? "";
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map((match) => match[1] ?? "");
}

/** The types that a way names: in how many forms a thing is handed on. @returns {string[]} */
export function typesOfWay(name, text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8")) {
  const section = text.split(/^### /m).find((part) => part.startsWith(`The way of ${name}`)) ?? "";
  const steps = section.split("\n").filter((line) => /^\d+\. /.test(line));
  return [...new Set(steps.flatMap((line) => [...line.matchAll(/`([A-Z]\w+)`/g)].map(([, type]) => type ?? "")))];
}

/** @param {readonly Module[]} modules */
export function measure(modules) {
  const lines = modules.map((module) => module.lines).sort((a, b) => a - b);
  const largest = modules.reduce((best, module) => (module.lines > best.lines ? module : best));
  const folders = new Map();
  for (const { path } of modules) folders.set(posix.dirname(path), (folders.get(posix.dirname(path)) ?? 0) + 1);
  const [folder, members] = [...folders].reduce((best, one) => (one[1] > best[1] ? one : best));
  const exports = usersOfExports(modules);
  const isLazy = new Set(modules.flatMap(({ lazy }) => lazy));
  const drawers = modules.filter(
    ({ path, lines: length, exports: names }) =>
      length < limits.shortFile && names.length === 1 && !isLazy.has(path) && !entries.includes(path),
  );
  const questions = modules.filter(({ path }) => !path.startsWith("kernels/"));
  return {
    totals: { files: modules.length, lines: lines.reduce((sum, n) => sum + n, 0), exports: exports.length },
    medianLines: lines[lines.length >> 1],
    largestFile: { path: largest.path, lines: largest.lines },
    largestFolder: { path: folder, files: members },
    drawers: drawers
      .map(({ path }) => path)
      .filter((path) => {
        const users = exports.find((one) => one.path === path)?.users ?? [];
        // What the library alone offers has nowhere else to be.
        return users.length === 1 && users[0] !== "index.ts";
      }),
    oneUserExports: exports.filter(({ users }) => users.length === 1).length,
    unusedExports: exports.filter(({ users }) => users.length === 0).map(({ path, name }) => `${path}: ${name}`),
    arrayQuestions: questions.reduce((sum, { text }) => sum + (text.match(/\bmemoryOf\(/g)?.length ?? 0), 0),
    ways: Object.fromEntries(Object.keys(limits.ways).map((name) => [name, filesOfWay(name).length])),
    typesOfProfile: typesOfWay("a profile").length,
    fovListFiles: modules.filter(({ text }) => /fovList|fov-list/.test(text)).map(({ path }) => path),
  };
}

/** What of the shape is beyond its limit, a sentence each. @param {ReturnType<typeof measure>} shape */
export function faults(shape) {
  const { largestFile, largestFolder, drawers, oneUserExports, arrayQuestions, ways, fovListFiles } = shape;
  return [
    shape.medianLines < limits.leastMedianLines && `the median file has ${shape.medianLines} lines`,
    largestFile.lines > limits.mostLines && `${largestFile.path} has ${largestFile.lines} lines`,
    largestFolder.files > limits.mostFilesInFolder && `${largestFolder.path}/ has ${largestFolder.files} files`,
    ...drawers.map((path) => `${path} is short, and its one export has one user: it belongs there`),
    oneUserExports > limits.mostOneUserExports && `${oneUserExports} exports have one user`,
    arrayQuestions > limits.mostArrayQuestions && `${arrayQuestions} questions where an array lies`,
    shape.typesOfProfile > limits.mostTypesOfProfile &&
      `a profile goes through ${shape.typesOfProfile} types on its way`,
    fovListFiles.length > limits.mostFovListFiles && `${fovListFiles.length} files spell fovList`,
    ...Object.entries(limits.ways).map(([name, most]) => {
      const files = ways[name];
      return (files > most && `the way of ${name} has ${files} files`) || (files === 0 && `no way of ${name} is told`);
    }),
  ].filter((sentence) => typeof sentence === "string");
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function print(shape) {
  const { totals, largestFile, largestFolder, drawers, oneUserExports, ways } = shape;
  const rows = [
    ["files", totals.files, `before: ${lastRelease.files}`],
    ["lines", totals.lines, `before: ${lastRelease.lines}`],
    ["exports", totals.exports, `before: ${lastRelease.exports}`],
    ["median lines of a file", shape.medianLines, `at least ${limits.leastMedianLines}`],
    ["largest file", largestFile.lines, `at most ${limits.mostLines}: ${largestFile.path}`],
    ["largest folder", largestFolder.files, `at most ${limits.mostFilesInFolder} files: ${largestFolder.path}/`],
    ["short files for one user", drawers.length, "none"],
    [
      "exports with one user",
      oneUserExports,
      `${percent(oneUserExports / totals.exports)}, at most ${limits.mostOneUserExports}`,
    ],
    ["questions where an array lies", shape.arrayQuestions, `at most ${limits.mostArrayQuestions}`],
    ["files that spell fovList", shape.fovListFiles.length, `at most ${limits.mostFovListFiles}`],
    ["types of a profile", shape.typesOfProfile, `at most ${limits.mostTypesOfProfile}`],
    ...Object.entries(ways).map(([name, files]) => [`way of ${name}`, files, `at most ${limits.ways[name]} files`]),
  ];
  for (const [name, figure, note] of rows) {
    console.log(`${name.padEnd(30)} ${String(figure).padStart(7)}   ${note}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const given = process.argv[2];
  const shape = measure(readModules(given !== undefined && existsSync(given) ? given : undefined));
  print(shape);
  if (process.argv.includes("--list")) console.log([...shape.drawers, ...shape.unusedExports].join("\n"));
  const wrong = faults(shape);
  for (const sentence of wrong) console.error(`house: ${sentence}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
