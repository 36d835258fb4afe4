// Follows the server's events: a picture first, then every change. A connection that breaks is taken
// up again where it ended (Last-Event-ID), so nothing is lost; silence counts as broken.
//
// This reads the stream by fetch and not by EventSource, which hides the heartbeat, cannot send
// Last-Event-ID of its own accord, and gives up for good on the first answer that is not 200.

import { FrameParser, type Frame } from "./frames";

const SILENT_MS = 15_000; // the server says something every five seconds
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** A row of a topic as it is now; `gone` where it has left the live set. */
export interface Change {
  topic: string;
  id: string;
  seq: number;
  data: { seq: number };
  gone: boolean;
}

export type LineState = "connecting" | "loading" | "live" | "broken" | "ended";

/** How the line is. `heardAt` is in ms since the epoch, 0 before the first word. */
export interface Line {
  state: LineState;
  heardAt: number;
  seq: string | null;
  why: string;
}

export interface Follower {
  /** Replace all by these rows. */
  onPicture: (rows: Change[]) => void;
  onChanges: (rows: Change[]) => void;
  onLine: (line: Line) => void;
}

export class Stream {
  readonly line: Line = { state: "connecting", heardAt: 0, seq: null, why: "" };
  private picture: Change[] | null = null;
  private stopping: AbortController | null = null;
  private ended = false;
  private skipWait: () => void = () => undefined;

  constructor(private readonly address: string, private readonly follower: Follower) {}

  /** Follow until `stop`, or until the server no longer knows who we are. */
  async start(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    const hurry = (): void => this.skipWait();
    self.addEventListener("online", hurry);
    while (!this.ended) {
      try {
        await this.connect(() => {
          wait = FIRST_WAIT_MS;
        });
        this.line.why = "the server closed the connection";
      } catch (error) {
        this.line.why = error instanceof Refused ? error.message : "the server does not answer";
        if (error instanceof Refused && error.status === 401) this.stop();
      }
      if (this.ended) break;
      this.forgetHalf();
      this.say("broken");
      await this.pause(wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    self.removeEventListener("online", hurry);
  }

  /** Follow no more. */
  stop(): void {
    this.ended = true;
    this.stopping?.abort();
    this.skipWait();
    this.say("ended");
  }

  private async connect(onHeard: () => void): Promise<void> {
    const stopping = new AbortController();
    this.stopping = stopping;
    let watch = setTimeout(() => stopping.abort(), SILENT_MS);
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.line.seq !== null) headers["Last-Event-ID"] = this.line.seq;
    if (this.line.state !== "broken") this.say("connecting");
    try {
      const response = await fetch(this.address, {
        headers, credentials: "same-origin", cache: "no-store", signal: stopping.signal,
      });
      if (!response.ok || response.body === null) throw new Refused(response.status);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new FrameParser();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(() => stopping.abort(), SILENT_MS);
        this.line.heardAt = Date.now();
        onHeard();
        this.take(parser.push(value));
      }
    } finally {
      clearTimeout(watch);
    }
  }

  private take(frames: readonly Frame[]): void {
    const changes: Change[] = [];
    for (const { event, id, data } of frames) {
      if (event === "snapshot") {
        this.picture ??= [];
        this.picture.push({ ...(JSON.parse(data) as Change), gone: false });
      } else if (event === "snapshot_end") {
        this.follower.onPicture(this.picture ?? []);
        this.picture = null;
        this.line.seq = id;
      } else if (event === "upsert" || event === "delete") {
        changes.push({ ...(JSON.parse(data) as Change), gone: event === "delete" });
        if (this.picture === null) this.line.seq = id;
      }
    }
    if (changes.length > 0) {
      if (this.picture === null) this.follower.onChanges(changes);
      else this.picture.push(...changes);
    }
    this.say(this.line.seq === null || this.picture !== null ? "loading" : "live");
  }

  /** Half a picture is none: ask for a whole one next time. */
  private forgetHalf(): void {
    if (this.picture === null) return;
    this.picture = null;
    this.line.seq = null;
  }

  private say(state: LineState): void {
    this.line.state = state;
    this.follower.onLine({ ...this.line });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.skipWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

class Refused extends Error {
  constructor(readonly status: number) {
    super(status === 503 ? "the engine is busy or away" : `the server answered ${status}`);
  }
}
