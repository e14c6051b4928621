// SPDX-License-Identifier: Apache-2.0

// Everything here enhances pages that are whole without it.
import { Bars } from "./bars";
import { Counter } from "./counter";
import { Link } from "./link";
import { Live } from "./live";
import { WorldMap } from "./map";
import { Minutes } from "./minutes";
import { Passkey } from "./passkey";
import { Png } from "./png";

customElements.define("hd-counter", Counter);
customElements.define("hd-bars", Bars);
customElements.define("hd-minutes", Minutes);
customElements.define("hd-map", WorldMap);
customElements.define("hd-link", Link);
customElements.define("hd-live", Live);
customElements.define("hd-passkey", Passkey);
customElements.define("hd-png", Png);
