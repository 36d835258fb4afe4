// Typing a new limit or quantity into a cell: Enter asks the server for it, Escape leaves it.

import type { Order } from "../api/client";
import { tellProblem } from "../api/problem";
import { h } from "../kit/dom";
import { note } from "../kit/notes";
import { amendOrder, type Amendment } from "./actions";
import { plain } from "./plain";
import { inWords } from "./words";

const FIELDS: Readonly<Record<string, { name: keyof Amendment; of: (order: Order) => string }>> = {
  quantity: { name: "quantity", of: (order) => order.quantity },
  limit: { name: "limit_price", of: (order) => order.limit_price ?? "" },
};

/** Edit a cell of `order` in place; `onDone` gives the focus back. */
export function editCell(order: Order, columnId: string, cell: HTMLElement, onDone: () => void): void {
  const edited = FIELDS[columnId];
  if (edited === undefined) return;
  const old = edited.of(order);
  const box = cell.getBoundingClientRect();
  const input = h("input", { class: "cell-editor", inputmode: "decimal", value: old, "aria-label": `New ${columnId} of ${inWords(order)}` });
  input.style.left = `${box.left}px`;
  input.style.top = `${box.top}px`;
  input.style.width = `${box.width}px`;
  input.style.height = `${box.height}px`;
  let open = true;
  const close = (focus: boolean): void => {
    if (!open) return;
    open = false;
    input.remove();
    if (focus) onDone();
  };
  const send = async (): Promise<void> => {
    const value = plain(input.value);
    if (value === old) {
      close(true);
      return;
    }
    input.disabled = true;
    try {
      const answer = await amendOrder(order, { [edited.name]: value });
      close(true);
      note(answer.pending_terms ? `${inWords(order)}: the broker was asked.` : `${inWords(answer)}: ${columnId} is ${value}.`);
    } catch (error) {
      input.disabled = false;
      input.setAttribute("aria-invalid", "true");
      input.focus();
      note(`${inWords(order)}: ${tellProblem(error)}`, "bad");
    }
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") void send();
    else if (event.key === "Escape") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("blur", () => {
    if (!input.disabled) close(false);
  });
  document.body.append(input);
  input.focus();
  input.select();
}
