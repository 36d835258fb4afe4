// One stream for all tabs of a browser, since HTTP/1.1 allows it six connections. It keeps the picture
// up to date, so that a tab which comes later gets it at once.

import { FORGOTTEN_MS, HERE_MS, type FromWorker, type ToWorker } from "./shared";
import { Stream, type Change } from "./stream";

interface Tab {
  person: string;
  heardAt: number;
}

const tabs = new Map<MessagePort, Tab>();
let followed: { person: string; stream: Stream; rows: Map<string, Change> | null } | null = null;

function post(message: FromWorker, port: MessagePort | null = null): void {
  for (const one of port === null ? tabs.keys() : [port]) {
    if (port !== null || tabs.get(one)?.person === followed?.person) one.postMessage(message);
  }
}

function keep(rows: Map<string, Change>, changes: readonly Change[]): void {
  for (const change of changes) {
    const name = `${change.topic}/${change.id}`;
    if (change.gone) rows.delete(name);
    else rows.set(name, change);
  }
}

function follow(person: string, address: string): void {
  followed?.stream.stop();
  const mine = { person, rows: null as Map<string, Change> | null, stream: null as unknown as Stream };
  mine.stream = new Stream(address, {
    onPicture: (rows) => {
      mine.rows = new Map();
      keep(mine.rows, rows);
      if (followed === mine) post({ kind: "picture", rows });
    },
    onChanges: (rows) => {
      if (mine.rows !== null) keep(mine.rows, rows);
      if (followed === mine) post({ kind: "changes", rows });
    },
    onLine: (line) => {
      if (followed === mine) post({ kind: "line", line });
    },
  });
  followed = mine;
  void mine.stream.start();
}

function join(port: MessagePort, person: string, address: string): void {
  tabs.set(port, { person, heardAt: Date.now() });
  if (followed === null || followed.person !== person || followed.stream.line.state === "ended") {
    follow(person, address);
    return;
  }
  if (followed.rows !== null) post({ kind: "picture", rows: [...followed.rows.values()] }, port);
  post({ kind: "line", line: { ...followed.stream.line } }, port);
}

function leave(port: MessagePort): void {
  tabs.delete(port);
  if (tabs.size > 0 || followed === null) return;
  followed.stream.stop();
  followed = null;
}

(self as unknown as SharedWorkerGlobalScope).onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "follow") join(port, data.person, data.address);
    else if (data.kind === "leave") leave(port);
    else {
      const tab = tabs.get(port);
      if (tab !== undefined) tab.heardAt = Date.now();
    }
  };
};

setInterval(() => {
  for (const [port, tab] of tabs) if (Date.now() - tab.heardAt > FORGOTTEN_MS) leave(port);
}, HERE_MS);
