// The catalogue of errors, docs/errors.md, from the source: every error is made with its parts written out, so that its
// sentences are found by reading the code.
import { readdirSync, readFileSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";

/** The page, from the files below `source`, a folder with a slash at its end. */
export function errorsPage(source) {
  const errors = errorsOf(source);
  const sections = kindsOf(source).map(({ kind, meaning }) => {
    const ofKind = [...(errors.get(kind) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const rows = ofKind.map(([what, advice]) => `| ${escaped(what)} | ${[...advice].map(escaped).join("<br>")} |`);
    const table = rows.length === 0 ? "" : `\n| Message | What to do |\n| --- | --- |\n${rows.join("\n")}\n`;
    const usual = usualAdviceOf(kind, source);
    return `## ${kind}\n\n${meaning} Exit code ${exitCodes[kind] ?? 1}.${usual}\n${table}`;
  });
  return `# Errors

<!-- Written by scripts/generate-docs.mjs from the source. -->

Every error is one sentence: what went wrong, where (in brackets), what was found and expected, and what to do. With
\`--json\` these parts are fields ([scripts](scripts.md#json)). Below are all messages by their \`kind\`; … stands for
what depends on your data. Nothing is written or lost by an error, unless it says so.

${sections.join("\n")}`;
}

const exitCodes = { usage: 2, "no-gain": 3, interrupted: 130 };

/** The kinds of errors and what they mean, from the comments of their union. */
function kindsOf(source) {
  const text = readFileSync(`${source}errors.ts`, "utf8");
  const union = text.slice(text.indexOf("export type FaultKind"), text.indexOf("/** The fields"));
  const entries = union.matchAll(/\/\*\* (.*?) \*\/\s*\| "([a-z-]+)"/g);
  return [...entries].map(([, meaning, kind]) => ({ kind, meaning }));
}

/** What errors of a kind say where they have no advice of their own. */
function usualAdviceOf(kind, source) {
  const text = readFileSync(`${source}errors.ts`, "utf8");
  const table = text.slice(text.indexOf("const usualAdvice"), text.indexOf("/** An error for the user"));
  const advice = new RegExp(`^  "?${kind}"?: "(.*)",$`, "m").exec(table)?.[1];
  return advice === undefined ? "" : ` What to do, where a message has no advice of its own: ${advice}.`;
}

/** Messages and pieces of advice by kind. */
function errorsOf(source) {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const trees = files.sort().map((name) => parseAst(readFileSync(source + name, "utf8"), { lang: "ts" }));
  const called = trees.map(callsWithin);
  const errors = new Map();
  for (const [index, tree] of trees.entries()) {
    const calls = (name) => callsTo(name, called[index], called);
    visit(tree, [], (node, functions) => {
      if (node.type !== "ObjectExpression") return;
      const { kind, what, advice, expected } = propertiesOf(node);
      if (kind === undefined || what === undefined) return;
      for (const values of valuesOf({ kind, what, advice, expected }, functions, calls)) add(errors, values);
    });
  }
  return errors;
}

/** Where there is no advice, what was expected says what to do. */
function add(errors, { kind, what, advice, expected }) {
  if (kind === undefined || what === undefined || !/^[A-Z…]/.test(what) || !/[a-z]{3}/.test(what)) return;
  if (!errors.has(kind)) errors.set(kind, new Map());
  const ofKind = errors.get(kind);
  if (!ofKind.has(what)) ofKind.set(what, new Set());
  const action = advice ?? (expected === undefined ? undefined : `Expected: ${expected}`);
  if (action !== undefined) ofKind.get(what).add(action);
}

/** All combinations of texts that the parts of an error may be; parameters of a function take those of its calls. */
function valuesOf(parts, functions, calls) {
  const locals = new Map(functions.flatMap((scope) => [...scope.locals]));
  const names = Object.values(parts).flatMap((node) => namesIn(node, locals));
  const found = functions.findLast(({ parameters }) => names.some((name) => parameters.has(name)));
  const bindings = found === undefined ? [new Map()] : calls(found.name).map((args) => bound(found, args));
  return bindings.flatMap((binding) => {
    const [kinds, whats, advices, expecteds] = ["kind", "what", "advice", "expected"].map((part) =>
      textsOf(parts[part], new Map([...locals, ...binding])),
    );
    return kinds.flatMap((kind) =>
      whats.flatMap((what) =>
        advices.flatMap((advice) => expecteds.map((expected) => ({ kind, what, advice, expected }))),
      ),
    );
  });
}

/** The names that the text of an expression hangs on, through constants and both branches of conditions. */
function namesIn(node, locals) {
  if (node?.type === "ConditionalExpression") {
    return [...namesIn(node.consequent, locals), ...namesIn(node.alternate, locals)];
  }
  if (node?.type !== "Identifier") return [];
  return locals.has(node.name) ? namesIn(locals.get(node.name), locals) : [node.name];
}

/** The arguments of a call by the names that a function has for them. */
function bound({ parameters }, args) {
  const values = new Map();
  for (const [name, { index, property }] of parameters) {
    const arg = args[index];
    const value =
      property === undefined ? arg : arg?.type === "ObjectExpression" ? propertiesOf(arg)[property] : undefined;
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** The texts that an expression may be; `undefined` where nothing tells. */
function textsOf(node, binding) {
  switch (node?.type) {
    case "Literal":
      return [typeof node.value === "string" ? node.value : undefined];
    case "TemplateLiteral":
      return [node.quasis.map(({ value }) => value.cooked).join("…")];
    case "ConditionalExpression":
      return [node.consequent, node.alternate].flatMap((branch) => textsOf(branch, binding));
    case "BinaryExpression":
      return textsOf(node.left, binding).flatMap((left) =>
        textsOf(node.right, binding).map((right) => `${left ?? "…"}${right ?? "…"}`),
      );
    case "Identifier":
      return binding.has(node.name) ? textsOf(binding.get(node.name), without(binding, node.name)) : [undefined];
    default:
      return [undefined];
  }
}

/** A name does not stand for itself: the argument of a call may be called as the parameter is. */
function without(binding, name) {
  return new Map([...binding].filter(([other]) => other !== name));
}

/** The functions that a file declares, and the arguments of all its calls by the name of what is called. */
function callsWithin(tree) {
  const [declares, byName] = [new Set(), new Map()];
  visit(tree, [], (node) => {
    if (isFunction(node)) declares.add(node.id?.name ?? node.key?.name);
    if (node.type !== "CallExpression" && node.type !== "NewExpression") return;
    const name = node.callee.name ?? node.callee.property?.name;
    byName.set(name, [...(byName.get(name) ?? []), node.arguments]);
  });
  return { declares, byName };
}

/** The arguments of the calls to a function of a file: there, and in files that have none of that name. */
function callsTo(name, own, all) {
  return all.filter((file) => file === own || !file.declares.has(name)).flatMap(({ byName }) => byName.get(name) ?? []);
}

const isFunction = ({ type }) => type === "FunctionDeclaration" || type === "MethodDefinition";

function visit(node, functions, look) {
  if (Array.isArray(node)) {
    for (const child of node) visit(child, functions, look);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  if (typeof node.type === "string") look(node, functions);
  const inside = isFunction(node) ? [...functions, declared(node)] : functions;
  for (const [name, child] of Object.entries(node)) if (name !== "type") visit(child, inside, look);
}

/** The name of a function, where its parameters stand (those of an object by their property), and its constants. */
function declared(node) {
  const parameters = new Map();
  for (const [index, given] of (node.params ?? node.value.params).entries()) {
    const parameter = given.type === "AssignmentPattern" ? given.left : given;
    if (parameter.type === "Identifier") parameters.set(parameter.name, { index });
    if (parameter.type !== "ObjectPattern") continue;
    for (const { key, value } of parameter.properties.filter(({ type }) => type === "Property")) {
      parameters.set(value.name ?? value.left?.name, { index, property: key.name });
    }
  }
  const locals = new Map();
  visit(node.body ?? node.value.body, [], ({ type, id, init }) => {
    if (type === "VariableDeclarator" && id.type === "Identifier" && init !== null) locals.set(id.name, init);
  });
  return { name: node.id?.name ?? node.key?.name, parameters, locals };
}

function propertiesOf({ properties }) {
  return Object.fromEntries(
    properties.flatMap(({ type, key, value }) => (type === "Property" ? [[key.name, value]] : [])),
  );
}

/** A text within a table of Markdown. */
function escaped(text) {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replaceAll("{", "&#123;")
    .replaceAll("*", "\\*")
    .replaceAll("_", "\\_");
}
