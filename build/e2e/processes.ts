// The programs that a test needs, each started once it is needed and ended by its own id.
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";

/** A program that runs until it is told to end; what it printed is kept for when a test fails. */
export class Program {
  output = "";
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  /** Without input that is to stay open, the program's standard input ends with what it is given. */
  constructor(command: string, args: string[], env: Record<string, string> = {}, input?: string, where: { folder?: string; open?: boolean } = {}) {
    this.child = spawn(command, args, { cwd: where.folder, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    if (where.open !== true) this.child.stdin?.end(input);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (part: Buffer) => {
        this.output += part.toString();
      });
    }
    this.ended = new Promise((done) => {
      this.child.on("error", (reason) => {
        this.output += String(reason);
        done();
      });
      this.child.on("exit", () => {
        done();
      });
    });
  }

  get alive(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until look answers something; fails with the program's own words when it ended instead. */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seconds = 30): Promise<T> {
    const end = Date.now() + seconds * 1000;
    while (this.alive && Date.now() < end) {
      const seen = await look();
      if (seen !== undefined) return seen;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`${what}: ${this.alive ? "not in time" : "it ended"}\n${this.output}`);
  }

  async end(): Promise<void> {
    if (this.alive) this.child.kill("SIGTERM");
    const slow = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(slow);
  }
}

/** Runs a program to its end and returns what it printed. */
export async function ran(command: string, args: string[], env: Record<string, string> = {}, input?: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
    child.stdin.end(input);
    child.on("error", fail);
    child.on("exit", (code) => {
      if (code === 0) done(output);
      else fail(new Error(`${command} ${args.join(" ")}: exit ${code}\n${output}`));
    });
  });
}

export async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") done(address.port);
        else fail(new Error("no free port"));
      });
    });
  });
}
