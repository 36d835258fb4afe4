// Cuts the text of a server-sent event stream into events; comments are left out.

export interface Frame {
  event: string;
  id: string | null;
  data: string;
}

export class FrameParser {
  private rest = "";
  private event = "message";
  private id: string | null = null;
  private data: string[] = [];

  /** The events that `text` completes. */
  push(text: string): Frame[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    const frames: Frame[] = [];
    for (const line of lines) {
      const clean = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (clean === "") this.end(frames);
      else if (!clean.startsWith(":")) this.field(clean);
    }
    return frames;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
    else if (name === "data") this.data.push(value);
  }

  private end(frames: Frame[]): void {
    if (this.data.length > 0) frames.push({ event: this.event, id: this.id, data: this.data.join("\n") });
    this.event = "message";
    this.data = [];
  }
}
