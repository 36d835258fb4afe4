// A tab's end of the stream: through the shared worker where the browser has one, else by itself.

import { BASE } from "../api/client";
import { HERE_MS, type FromWorker, type ToWorker } from "./shared";
import { TOPICS } from "./store";
import { Stream, type Follower } from "./stream";

/** Follow for `person`; answers what stops it. */
export function follow(person: string, follower: Follower): () => void {
  const address = `${BASE}/stream?topics=${TOPICS.join(",")}`;
  if (typeof SharedWorker === "undefined") return alone(address, follower);
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), {
    type: "module", name: `tradeoms ${__BUILD__}`,
  });
  const say = (message: ToWorker): void => worker.port.postMessage(message);
  const join = (): void => say({ kind: "follow", person, address: location.origin + address });
  worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === "picture") follower.onPicture(data.rows);
    else if (data.kind === "changes") follower.onChanges(data.rows);
    else follower.onLine(data.line);
  };
  const leave = (): void => say({ kind: "leave" });
  const back = (event: PageTransitionEvent): void => {
    if (event.persisted) join();
  };
  const beat = setInterval(() => say({ kind: "here" }), HERE_MS);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", back);
  join();
  return () => {
    clearInterval(beat);
    removeEventListener("pagehide", leave);
    removeEventListener("pageshow", back);
    leave();
    worker.port.close();
  };
}

function alone(address: string, follower: Follower): () => void {
  const stream = new Stream(address, follower);
  void stream.start();
  return () => stream.stop();
}
