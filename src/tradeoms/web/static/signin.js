// Signing in and out. The cookie is the server's affair; the page only holds the token that unsafe
// requests must carry, and forgets it with the page.

import { api, useToken } from "./api.js";
import { setError, showProblem, field } from "./dialog.js";
import { fill, h } from "./dom.js";
import { setPerson } from "./permissions.js";

/** Who the cookie says we are; null where there is none. */
export async function whoAmI() {
  try {
    return remember(await api("GET", "/me", { quiet: true }));
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

/** End the session at the server. */
export async function signOut() {
  await api("POST", "/logout", { body: {}, quiet: true });
  setPerson(null);
  useToken("");
}

function remember(me) {
  setPerson(me);
  useToken(me.csrf_token);
  return me;
}

/** Show the form in `place`; `onSignedIn(me)` is called once somebody has signed in. */
export function showSignIn(place, onSignedIn, reason = "") {
  const user = h("input", { type: "text", autocomplete: "username", spellcheck: "false", autocapitalize: "off", maxlength: "64" });
  const password = h("input", { type: "password", autocomplete: "current-password", maxlength: "1000" });
  const wrong = h("div", { class: "problem", role: "alert", hidden: !reason }, reason);
  const go = h("button", { type: "submit", class: "primary" }, "Sign in");
  const form = h("form", { class: "form sign-in", novalidate: true },
    h("h1", {}, "tradeoms"),
    field("sign-in-user", "User", user), field("sign-in-password", "Password", password),
    wrong, h("div", { class: "buttons" }, go));
  const places = { "/username": user, "/password": password };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    wrong.hidden = true;
    Object.values(places).forEach((control) => setError(control, ""));
    try {
      const body = { username: user.value.trim(), password: password.value };
      onSignedIn(remember(await api("POST", "/login", { body, quiet: true })));
    } catch (problem) {
      password.value = "";
      showProblem(problem, places, wrong);
      if (!document.activeElement?.closest(".sign-in")) password.focus();
    } finally {
      go.disabled = false;
    }
  });
  fill(place, form);
  user.focus();
}
