/// <reference types="vite/client" />
/** Names what was built, so that a tab of a new version does not join the worker of an old one. */
declare const __BUILD__: string;

interface SharedWorkerGlobalScope {
  onconnect: ((event: MessageEvent) => void) | null;
}
