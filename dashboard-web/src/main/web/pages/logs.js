// Container logs: followed live, filtered, downloaded. Bounded: the oldest lines go first.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { selects } from "../core/format.js";
import { query, text } from "../core/http.js";
import { Pod, objectPath } from "../core/kinds.js";
import { readLog } from "../core/logstream.js";
import { collection, Live } from "../core/store.js";
import { takeStream } from "../core/streams.js";
import { Part } from "../ui/element.js";
import { icon } from "../ui/icons.js";
import { failed } from "../ui/toast.js";

const KEEP = 5000;
const SHOW = 2000;
const TAIL = 500;

class LogView extends Part {
  static properties = {
    object: { attribute: false },
    pod: { state: true }, container: { state: true }, previous: { state: true },
    follow: { state: true }, timestamps: { state: true }, wrap: { state: true },
    search: { state: true }, lines: { state: true }, note: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, {
      pod: "", container: "", previous: false, follow: true, timestamps: false, wrap: true,
      search: "", lines: [], note: "", reading: null, first: 0, asked: "",
    });
    this.live = new Live(this, () =>
      this.object?.kind === "Pod" ? [] : [collection(Pod, this.object.metadata.namespace)]);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.reading?.abort();
    this.asked = "";
  }

  pods() {
    if (this.object.kind === "Pod") return [this.object];
    const selector = this.object.spec?.selector;
    return collection(Pod, this.object.metadata.namespace).all
      .filter((p) => selects(selector, p.metadata.labels));
  }

  willUpdate() {
    const pods = this.pods();
    if (!pods.some((p) => p.metadata.name === this.pod)) this.pod = pods[0]?.metadata.name ?? "";
    const names = this.containers().map((c) => c.name);
    if (!names.includes(this.container)) {
      const chosen = this.current()?.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
      this.container = chosen ?? this.current()?.spec.containers[0]?.name ?? "";
    }
    const wanted = [this.pod, this.container, this.previous, this.follow, this.started()].join("|");
    if (this.pod && this.container && wanted !== this.asked) {
      this.asked = wanted;
      void this.read();
    }
  }

  updated() {
    const box = this.querySelector(".log");
    if (box && this.follow && !this.held) box.scrollTop = box.scrollHeight;
  }

  current() {
    return this.pods().find((p) => p.metadata.name === this.pod);
  }

  containers() {
    const spec = this.current()?.spec ?? {};
    return [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
  }

  /** A new run of the container is a new log. */
  started() {
    const { initContainerStatuses = [], containerStatuses = [] } = this.current()?.status ?? {};
    const status = [...containerStatuses, ...initContainerStatuses].find((s) => s.name === this.container);
    return status?.containerID ?? "";
  }

  path(more) {
    return objectPath(Pod, this.object.metadata.namespace, this.pod, "log") + query({
      container: this.container, previous: this.previous || null, ...more,
    });
  }

  async read() {
    this.reading?.abort();
    const reading = (this.reading = new AbortController());
    this.lines = [];
    this.first = 0;
    this.note = "Reading…";
    this.ended = false;
    const follow = this.follow && !this.previous;
    const release = follow ? takeStream() : null;
    let waiting = [];
    let timer = null;
    const flush = () => {
      timer = null;
      if (reading.signal.aborted) return;
      const all = this.lines.concat(waiting);
      waiting = [];
      this.first += Math.max(0, all.length - KEEP);
      this.lines = all.slice(-KEEP);
      this.note = "";
    };
    try {
      await readLog({
        pathOf: (from) => this.path({ timestamps: true, follow: follow && release ? true : null, ...from }),
        tail: TAIL,
        signal: reading.signal,
        onOpen: () => {
          if (!this.lines.length) this.note = follow ? "Waiting for output…" : "";
        },
        onLine: (line) => {
          waiting.push(line);
          timer ??= setTimeout(flush, 60);
        },
      });
      flush();
      this.note = this.lines.length ? follow ? "The log has ended." : "" : "There is no output.";
    } catch (error) {
      if (!reading.signal.aborted) {
        flush();
        this.note = error.code === undefined ? "The connection was lost." : error.message;
      }
    } finally {
      clearTimeout(timer);
      release?.();
      if (!reading.signal.aborted) {
        this.ended = true;
        this.requestUpdate();
      }
    }
  }

  async download() {
    try {
      const all = await text(this.path({ timestamps: this.timestamps || null }));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([all], { type: "text/plain" }));
      link.download = `${this.pod}-${this.container}${this.previous ? "-previous" : ""}.log`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    } catch (error) {
      failed("The log cannot be downloaded", error);
    }
  }

  scrolled(event) {
    const box = event.target;
    this.held = box.scrollHeight - box.scrollTop - box.clientHeight > 30;
  }

  render() {
    const pods = this.pods();
    if (!pods.length) return html`<div class="card"><div class="empty"><p>It has no Pod.</p></div></div>`;
    const wanted = this.search.toLowerCase();
    const numbered = this.lines.map((line, at) => [this.first + at, line]);
    const hits = (wanted ? numbered.filter(([, l]) => l.text.toLowerCase().includes(wanted)) : numbered);
    const check = (name, label, disabled = false) => html`<label class="check"><input type="checkbox"
      .checked=${this[name]} ?disabled=${disabled} @change=${(e) => (this[name] = e.target.checked)}>${label}</label>`;
    return html`<section class="card flush log-card" aria-label="Logs">
      <header class="log-bar">
        ${pods.length > 1 ? html`<label><span class="hidden">Pod</span><select
          @change=${(e) => (this.pod = e.target.value)}>${pods.map((p) => html`<option
          ?selected=${p.metadata.name === this.pod}>${p.metadata.name}</option>`)}</select></label>` : nothing}
        <label><span class="hidden">Container</span><select data-container
          @change=${(e) => (this.container = e.target.value)}>${this.containers().map((c) => html`<option
          ?selected=${c.name === this.container}>${c.name}</option>`)}</select></label>
        ${check("follow", "Follow", this.previous)}${check("previous", "Previous")}
        ${check("timestamps", "Timestamps")}${check("wrap", "Wrap")}
        <span class="grow"></span>
        <label class="filter">${icon("search")}<span class="hidden">Search in log</span>
          <input type="search" placeholder="Search" .value=${this.search} data-filter
            @input=${(e) => (this.search = e.target.value)}></label>
        ${wanted ? html`<span class="count" role="status">${hits.length}</span>` : nothing}
        <button @click=${this.download}>${icon("download")}Download</button>
      </header>
      <div class="log ${this.wrap ? "wrap" : ""}" tabindex="0" role="log" aria-label="Log of ${this.container}"
        aria-live="off" @scroll=${this.scrolled}>
        ${repeat(hits.slice(-SHOW), ([n]) => n, ([, { at, text: line }]) => html`<div class=${level(line)}>${
          this.timestamps ? html`<time>${at} </time>` : nothing}${
          wanted ? marked(line, wanted) : line || "\u200b"}</div>`)}
        ${this.note ? html`<p class="log-note">${this.note} ${this.ended ? html`<button class="link again"
          @click=${this.read}>Read again</button>` : nothing}</p>` : nothing}
      </div></section>`;
  }
}

export function level(line) {
  const head = line.slice(0, 120);
  if (/\b(ERROR|FATAL|SEVERE|panic|E\d{4})\b|"level":"error"/.test(head)) return "bad";
  return /\b(WARN|WARNING|W\d{4})\b|"level":"warn/.test(head) ? "wait" : "";
}

export function marked(line, wanted) {
  const at = line.toLowerCase().indexOf(wanted);
  return html`${line.slice(0, at)}<mark>${line.slice(at, at + wanted.length)}</mark>${
    line.slice(at + wanted.length)}`;
}

customElements.define("log-view", LogView);
