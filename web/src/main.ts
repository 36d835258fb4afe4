// The start of the web app.

import "@fontsource-variable/inter/wght.css";
import "./styles/theme.css";
import "./styles/layout.css";
import "./styles/forms.css";
import "./styles/grid.css";
import "./styles/detail.css";

import { start } from "./shell/app";

void start();
