// A fractal-server of its own with its local runner, in a scratch folder, for a proof that talks to it.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "./free-port.mjs";
import { startPostgres } from "./private-postgres.mjs";

/**
 * Starts the server with a database of its own.
 * @param projects the folder in which its user may have images
 * @returns `request`, which speaks with it; `until`, which waits for something that it does; `stop`
 */
export async function startFractal({ python, postgres, folder, projects, fail }) {
  const database = startPostgres(postgres, folder, "fractal");
  const port = await freePort();
  const env = {
    ...process.env,
    JWT_SECRET_KEY: randomBytes(32).toString("hex"),
    JWT_EXPIRE_SECONDS: "84600",
    POSTGRES_HOST: database.host,
    POSTGRES_PORT: String(database.port),
    POSTGRES_USER: database.user,
    POSTGRES_DB: database.database,
    FRACTAL_RUNNER_BACKEND: "local",
    FRACTAL_DEFAULT_GROUP_NAME: "All",
  };
  // Not by its own first line: that names the place where the environment was made.
  const fractalctl = join(dirname(python), "fractalctl");
  const control = (...args) => {
    const { status, stdout, stderr } = spawnSync(python, [fractalctl, ...args], { cwd: folder, env, encoding: "utf8" });
    if (status !== 0) fail(`fractalctl ${args[0]} failed: ${stdout}${stderr}`);
  };
  const admin = { username: "admin@example.org", password: "1234" };
  control("set-db");
  control(
    ..."init-db-data --resource default --profile default".split(" "),
    ...["--admin-email", admin.username, "--admin-pwd", admin.password, "--admin-project-dir", projects],
  );
  const log = join(folder, "server.log");
  const output = openSync(log, "w");
  const stdio = ["ignore", output, output];
  const server = spawn(python, [fractalctl, "start", "--port", String(port)], { cwd: folder, env, stdio });
  const stop = () => {
    server.kill();
    database.stop();
  };

  const base = `http://127.0.0.1:${port}`;
  let token;
  async function request(method, path, { json, form } = {}) {
    const response = await fetch(base + path, {
      method,
      headers: {
        // The server closes connections that wait, at times just as a request comes
        connection: "close",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(method === "GET" ? {} : { body: json === undefined ? form : JSON.stringify(json) }),
    });
    const text = await response.text();
    if (!response.ok) fail(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async function until(what, seconds, isTrue) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      if (await isTrue()) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    fail(`${what}: not within ${seconds} s\n${readFileSync(log, "utf8").slice(-4000)}`);
  }

  await until("the server starts", 600, async () => (await fetch(`${base}/api/alive/`).catch(() => undefined))?.ok);
  token = (await request("POST", "/auth/token/login/", { form: new URLSearchParams(admin) })).access_token;
  return { request, until, stop };
}
