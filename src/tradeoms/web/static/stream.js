// Follows the server's events: a picture first, then every change. A connection that breaks is taken
// up again where it ended (Last-Event-ID), so nothing is lost; silence counts as broken.
//
// This reads the stream by fetch and not by EventSource, which hides the heartbeat, cannot send
// Last-Event-ID of its own accord, and gives up for good on the first answer that is not 200.

import { address, problemOf, signedOut } from "./api.js";

const SILENT_MS = 15_000; // the server says something every five seconds
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export class Stream {
  /** `onPicture(rows)` replaces all; `onChanges(rows)` adds to it; `onState` is told of the line. */
  constructor({ topics, onPicture, onChanges, onState }) {
    this.topics = topics;
    this.tell = { onPicture, onChanges, onState };
    this.state = "connecting"; // loading, live, broken, ended
    this.heardAt = 0;
    this.seq = null;
    this.why = "";
    this.picture = null;
    this.stopping = null;
    this.ended = false;
  }

  /** Follow until `stop`. */
  async start() {
    let wait = FIRST_WAIT_MS;
    this.skipWait = () => {};
    const hurry = () => this.skipWait();
    window.addEventListener("online", hurry);
    while (!this.ended) {
      try {
        await this.#connect(() => {
          wait = FIRST_WAIT_MS;
        });
      } catch (error) {
        this.why = error.detail ?? "the connection broke";
        if (error.status === 401) {
          this.stop();
          signedOut();
          break;
        }
      }
      if (this.ended) break;
      this.#forgetHalf();
      this.#say("broken");
      await this.#pause(wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    window.removeEventListener("online", hurry);
  }

  /** Follow no more. */
  stop() {
    this.ended = true;
    this.stopping?.abort();
    this.skipWait?.();
    this.#say("ended");
  }

  async #connect(onHeard) {
    const stopping = new AbortController();
    this.stopping = stopping;
    let watch = setTimeout(() => stopping.abort(), SILENT_MS);
    const headers = { Accept: "text/event-stream" };
    if (this.seq !== null) headers["Last-Event-ID"] = this.seq;
    if (this.state !== "broken") this.#say("connecting");
    try {
      const response = await fetch(address("/stream", {}, { topics: this.topics.join(",") }), {
        headers,
        credentials: "same-origin",
        cache: "no-store",
        signal: stopping.signal,
      });
      if (!response.ok) throw await problemOf(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new FrameParser();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(() => stopping.abort(), SILENT_MS);
        this.heardAt = performance.now();
        onHeard();
        this.#take(parser.push(value));
      }
    } finally {
      clearTimeout(watch);
    }
  }

  #take(frames) {
    const changes = [];
    for (const { event, id, data } of frames) {
      if (event === "snapshot") {
        this.picture ??= [];
        this.picture.push(JSON.parse(data));
      } else if (event === "snapshot_end") {
        this.tell.onPicture(this.picture ?? []);
        this.picture = null;
        this.seq = id;
      } else if (event === "upsert" || event === "delete") {
        changes.push({ ...JSON.parse(data), gone: event === "delete" });
        if (this.picture === null) this.seq = id;
      }
    }
    if (changes.length > 0) {
      if (this.picture === null) this.tell.onChanges(changes);
      else this.picture.push(...changes);
    }
    this.#say(this.seq === null || this.picture !== null ? "loading" : "live");
  }

  /** Half a picture is none: ask for a whole one next time. */
  #forgetHalf() {
    if (this.picture === null) return;
    this.picture = null;
    this.seq = null;
  }

  #say(state) {
    this.state = state;
    this.tell.onState(this);
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.skipWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Cuts the text of a stream into events; comments are left out. */
export class FrameParser {
  constructor() {
    this.rest = "";
    this.event = "message";
    this.id = null;
    this.data = [];
  }

  /** The events that `text` completes. */
  push(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    const frames = [];
    for (const line of lines) {
      const clean = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (clean === "") this.#end(frames);
      else if (!clean.startsWith(":")) this.#field(clean);
    }
    return frames;
  }

  #field(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
    else if (name === "data") this.data.push(value);
  }

  #end(frames) {
    if (this.data.length > 0) {
      frames.push({ event: this.event, id: this.id, data: this.data.join("\n") });
    }
    this.event = "message";
    this.data = [];
  }
}
