/** Serves images over HTTP: chunks that are made when they are requested. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { IsoluxError } from "../errors.ts";
import type { ServeParameters } from "../parameters/serve-schema.ts";
import { type Answered, answerWith, type ServerPages } from "./answer-node.ts";
import { isLoopback } from "./http-rules.ts";

/** What a server serves, and where. */
interface ServerSettings extends Pick<Answered, "images" | "token" | "shared"> {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The page at the root, and those that it sends elsewhere, by their names. @param address with its token */
  readonly pages: (address: string) => Promise<ServerPages>;
}

/** A server that listens. */
export interface ListeningServer {
  /** Its address with the token, without a slash at the end. */
  readonly address: string;
  /** Ends connections, and listens no more. */
  close(): Promise<void>;
}

/** Connections beyond these are closed at once. */
const mostConnections = 1024;
/** Where there are more, idle ones are closed for others. */
const manyConnections = 768;
const longestHeaderBytes = 16_384;
/** How often requests that take too long to arrive are looked for. */
const lookEveryMs = 1000;

/** Starts a server. @throws IsoluxError `usage` where it cannot listen there */
export async function listen(settings: ServerSettings): Promise<ListeningServer> {
  const { host, port, token } = settings;
  const server = createServer({
    maxHeaderSize: longestHeaderBytes,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: lookEveryMs,
  });
  server.maxConnections = mostConnections;
  letIdleOnesGo(server);
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(host, port, cause)));
    server.listen({ host, port, backlog: mostConnections }, resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  const shown = isEverywhere(host) ? hostname() : host.includes(":") ? `[${host}]` : host;
  const address = [`http://${shown}:${own}`, ...(token === undefined ? [] : [token])].join("/");
  server.on("request", answerWith({ ...settings, hosts: namesOf(host), pages: await settings.pages(address) }));
  return { address, close: () => closeServer(server) };
}

/** Closes connections that ask for nothing, the oldest first, where there are many: one client cannot take all of them. */
function letIdleOnesGo(server: Server): void {
  const idle = new Set<Socket>();
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    idle.add(socket);
    socket.once("close", () => {
      open--;
      idle.delete(socket);
    });
    const [oldest] = idle;
    if (open > manyConnections && oldest !== socket) oldest?.destroy();
  });
  server.on("request", ({ socket }, response) => {
    idle.delete(socket);
    response.once("close", () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}

/** Refuses a place where no server can listen, before minutes are spent on profiles. @throws IsoluxError `usage` */
async function checkFree({ host, port }: Pick<ServerSettings, "host" | "port">): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (cause) => reject(cannotListen(host, port, cause)));
    probe.listen({ host, port }, resolve);
  });
  await closeServer(probe);
}

const isEverywhere = (host: string) => host === "0.0.0.0" || host === "::";

/** The names by which others may call this machine. */
function namesOf(host: string): string[] {
  const own = host.includes(":") ? `[${host}]` : host;
  if (!isEverywhere(host)) return [own.toLowerCase()];
  const addresses = Object.values(networkInterfaces()).flatMap((some = []) => some.map(({ address }) => address));
  const name = hostname().toLowerCase();
  return [name, `${name}.local`, ...addresses.map((one) => (one.includes(":") ? `[${one}]` : one))];
}

function cannotListen(host: string, port: number, cause: Error): IsoluxError {
  const { code } = cause as NodeJS.ErrnoException;
  const what = code === "EADDRINUSE" ? "The port is in use already" : "The server cannot listen there";
  const advice = code === "EADDRINUSE" ? "Give another --port, or 0 for any that is free" : "Give another --host";
  return new IsoluxError({
    kind: "usage",
    what,
    where: `${host}:${port}`,
    found: code ?? cause.message,
    advice,
    cause,
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** Refuses what can be refused before an image is opened. @throws IsoluxError `usage` */
export async function checkServer({
  host,
  port,
  token,
}: Pick<ServeParameters, "host" | "port" | "token">): Promise<void> {
  if (isLoopback(host) || token !== undefined) return await checkFree({ host, port });
  throw new IsoluxError({
    kind: "usage",
    what: "A server that other machines can reach needs a token",
    found: `--host ${host}`,
    advice: "Add --token with a secret of your own, which becomes a part of the address",
  });
}
