// Signing in and out. The cookie is the server's affair; the page only holds the token that unsafe
// requests must carry, and forgets it with the page.

import { api, told, useToken, type Me } from "../api/client";
import { setPerson } from "../api/person";
import { Problem } from "../api/problem";
import { field, submitting } from "../kit/dialog";
import { fill, h } from "../kit/dom";

/** Who the cookie says we are; null where there is none. */
export async function whoAmI(): Promise<Me | null> {
  try {
    return remember(await told(api.GET("/api/v1/me")));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** End the session at the server. */
export async function signOut(): Promise<void> {
  await told(api.POST("/api/v1/logout", { body: {} }));
  setPerson(null);
  useToken("");
}

function remember(me: Me): Me {
  setPerson(me);
  useToken(me.csrf_token ?? "");
  return me;
}

/** Show the form in `place`; `onSignedIn(me)` is called once somebody has signed in. */
export function showSignIn(place: HTMLElement, onSignedIn: (me: Me) => void, reason = ""): void {
  const user = h("input", { type: "text", autocomplete: "username", spellcheck: "false", autocapitalize: "off", maxlength: "64" });
  const password = h("input", { type: "password", autocomplete: "current-password", maxlength: "1000" });
  const wrong = h("div", { class: "problem", role: "alert", hidden: !reason }, reason);
  const go = h("button", { type: "submit", class: "primary" }, "Sign in");
  const form = h("form", { class: "form sign-in", novalidate: true },
    h("h1", {}, "tradeoms"), h("p", { class: "soft" }, "Orders, compliance and allocation on one record."),
    field("sign-in-user", "User", user), field("sign-in-password", "Password", password),
    wrong, h("div", { class: "buttons" }, go));
  submitting(form, go, wrong, { "/username": user, "/password": password }, async () => {
    const body = { username: user.value.trim(), password: password.value };
    try {
      onSignedIn(remember(await told(api.POST("/api/v1/login", { body }))));
    } catch (error) {
      password.value = "";
      password.focus();
      throw error;
    }
  });
  fill(place, h("div", { class: "sign-in-page" }, form));
  user.focus();
}
