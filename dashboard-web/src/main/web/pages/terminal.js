// A shell in a container, over the exec subresource's WebSocket (v5.channel.k8s.io): one line at a
// time, without an emulation of a terminal.
import { html } from "lit";
import { Access } from "../core/access.js";
import { query } from "../core/http.js";
import { Pod, objectPath } from "../core/kinds.js";
import { session } from "../core/session.js";
import { Part } from "../ui/element.js";

const KEEP = 200000;
const STDIN = 0;
const ERROR = 3;
/** A connection that breaks before it stood may have met a change of the network. */
const AGAIN_MS = [100, 400, 1200];

class PodTerminal extends Part {
  static properties = {
    pod: { attribute: false }, container: { state: true }, output: { state: true },
    open: { state: true }, note: { state: true },
  };

  constructor() {
    super();
    this.access = new Access(this);
    Object.assign(this, { container: "", output: "", open: false, note: "", history: [], at: 0 });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.socket?.close();
  }

  connect(command, tries = 0) {
    this.socket?.close();
    let stood = false;
    const { namespace, name } = this.pod.metadata;
    const container = this.container || this.pod.spec.containers[0].name;
    const path = objectPath(Pod, namespace, name, "exec")
      + query({ container, stdin: true, stdout: true, stderr: true })
      + command.map((word) => `&command=${encodeURIComponent(word)}`).join("");
    const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
    if (session.token) {
      const encoded = btoa(session.token).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
      protocols.push(`base64url.bearer.authorization.k8s.io.${encoded}`);
    }
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${path}`, protocols);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.output = "";
    this.note = "Connecting…";
    const decoder = new TextDecoder();
    socket.onopen = () => {
      stood = true;
      this.open = true;
      this.note = "";
    };
    socket.onmessage = ({ data }) => {
      const frame = new Uint8Array(data);
      const words = decoder.decode(frame.subarray(1), { stream: true });
      if (frame[0] === ERROR) this.ended(words);
      else this.output = (this.output + words.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "")).slice(-KEEP);
    };
    socket.onclose = ({ code, reason }) => {
      if (this.socket !== socket) return;
      this.open = false;
      if (!stood && tries < AGAIN_MS.length) {
        setTimeout(() => this.socket === socket && this.isConnected && this.connect(command, tries + 1),
          AGAIN_MS[tries]);
        return;
      }
      if (!this.note || this.note === "Connecting…") {
        this.note = code === 1000 ? "The shell has ended." : reason || "The server refused the connection.";
      }
    };
  }

  ended(words) {
    try {
      const status = JSON.parse(words);
      this.note = status.status === "Success" ? "The shell has ended." : status.message;
    } catch {
      this.note = words;
    }
  }

  updated() {
    const box = this.querySelector(".log");
    if (box) box.scrollTop = box.scrollHeight;
    if (this.open) this.querySelector(".prompt input")?.focus();
  }

  submit(event) {
    event.preventDefault();
    const input = event.target.elements.line;
    this.history.push(input.value);
    this.at = this.history.length;
    this.output += `$ ${input.value}\n`;
    const words = new TextEncoder().encode(`${input.value}\n`);
    const frame = new Uint8Array(words.length + 1);
    frame[0] = STDIN;
    frame.set(words, 1);
    this.socket.send(frame);
    input.value = "";
  }

  recall(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.at = Math.max(0, Math.min(this.history.length, this.at + step));
    event.target.value = this.history[this.at] ?? "";
  }

  render() {
    const { namespace, name } = this.pod.metadata;
    const allowed = this.access.can("create", Pod, namespace, name, "exec");
    return html`<section class="card flush log-card" aria-label="Terminal">
      <header class="log-bar"><label><span class="hidden">Container</span><select
          @change=${(e) => (this.container = e.target.value)}>${this.pod.spec.containers.map((c) =>
          html`<option>${c.name}</option>`)}</select></label>
        <button class="primary" ?disabled=${!allowed} title=${allowed ? "" : "You may not do this"}
          @click=${() => this.connect(["sh"])}>${this.open ? "New shell" : "Open a shell"}</button>
        <span class="dim">${this.note}</span></header>
      <div class="log wrap" tabindex="0" role="log" aria-label="Output"><div>${this.output}</div></div>
      <form class="prompt" @submit=${this.submit}><span aria-hidden="true">$</span>
        <input name="line" class="mono" autocomplete="off" spellcheck="false" aria-label="Command"
          ?disabled=${!this.open} @keydown=${this.recall}></form></section>`;
  }
}
customElements.define("pod-terminal", PodTerminal);
