// What a page of the app is. A page that a person may not see is never made, and nothing of it is in
// the document.

export interface View {
  readonly element: HTMLElement;
  /** Come to the front, about `path`: the parts of the address after the page's name. */
  shown: (path: readonly string[]) => void;
  /** Another page comes to the front. */
  hidden?: () => void;
  /** The session ends: stop listening and asking. */
  destroy?: () => void;
}

export interface Page {
  /** Stands in the address: #/<id>. */
  readonly id: string;
  readonly title: string;
  readonly when?: () => boolean;
  /** Made once a session, when it is first shown. */
  readonly make: () => View;
}
